from batou.component import Component


class Ring(Component):

    own = wanted = ""

    def configure(self):
        self.provide(self.own, self.host.name)
        self.require(self.wanted)


class One(Ring):
    own, wanted = "first", "second"


class Two(Ring):
    own, wanted = "second", "third"


class Three(Ring):
    own, wanted = "third", "first"


class Four(Component):

    def configure(self):
        self.require("first")
