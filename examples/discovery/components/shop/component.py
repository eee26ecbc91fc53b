import batou.c
from batou.component import Component
from batou.lib.file import File


class Shop(Component):
    def configure(self):
        self.provide("database:client", self.host.fqdn)
        self.database = self.require_one("database")
        self.cache = self.require_one("cache", strict=False)
        self += batou.c.logs.LogFile("access.log")
        self += batou.c.logs.LogFile("error.log", keep=30)
        self += File("shop.conf", source="shop.conf")
