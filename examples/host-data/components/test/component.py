from batou.component import Component
from batou.lib.file import File


class Test(Component):
    def configure(self):
        self.alias = self.host.data["alias"]
        self += File("alias.conf", content="server_name {{component.alias}};\n")
