from batou.component import Component


class App(Component):

    def verify(self):
        with open(self.defdir + "/motd", encoding="utf-8") as file:
            file.read()
