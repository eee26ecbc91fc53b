from batou.component import Attribute, Component, ConfigString


class App(Component):

    url = Attribute(str, ConfigString("http://{{hosts.fqdn}}/"))

    def configure(self):
        self.log(self.url)
