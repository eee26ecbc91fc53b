from batou.component import Component


class App(Component):

    def configure(self):
        with open("motd.txt", encoding="utf-8") as file:
            self.motd = file.read()
