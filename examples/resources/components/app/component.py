from batou.component import Attribute, Component, ConfigString
from batou.lib.file import File
from batou.utils import Address


class App(Component):
    address = Attribute(Address, default=ConfigString("{{host.fqdn}}:8080"))

    def configure(self):
        self.database = self.require_one("database")
        self.provide("app", self.address)
        self += File(f"{self.host.name}.conf", content="database = {{component.database}}\n")


class Balancer(Component):
    def configure(self):
        self.backends = self.require("app")
        self += File(
            "backends.conf",
            content="{% for backend in component.backends %}server {{backend}}\n{% endfor %}",
        )
