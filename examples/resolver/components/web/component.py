from batou.component import Attribute, Component, ConfigString
from batou.lib.file import File
from batou.utils import Address


class Web(Component):
    address = Attribute(Address, default=ConfigString("www.example.com:8080"))

    def configure(self):
        self += File("web.conf", source="web.conf")
