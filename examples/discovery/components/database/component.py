from batou.component import Attribute, Component
from batou.lib.file import File


class Database(Component):
    """Lets its clients in, wherever they are."""

    port = Attribute(int, default=5432)

    def configure(self):
        self.provide("database", f"{self.host.fqdn}:{self.port}")
        self.clients = self.require("database:client", reverse=True)
        self += File("allowed.conf", source="allowed.conf")
