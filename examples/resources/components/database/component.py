from batou.component import Attribute, Component, ConfigString
from batou.lib.file import File
from batou.utils import Address


class Database(Component):
    address = Attribute(Address, default=ConfigString("{{host.fqdn}}:5432"))

    def configure(self):
        self.provide("database", self.address)
        self += File("listen.conf", content="port = {{component.address.connect.port}}\n")
