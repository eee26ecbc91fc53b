from batou.component import Component
from batou.lib.file import File


class Maintenance(Component):
    """Is deployed before every shop, on whatever host."""

    def configure(self):
        self.require("database:client", reverse=True, dirty=True)
        self += File("maintenance.html", content="<p>Back in a minute.</p>\n")
