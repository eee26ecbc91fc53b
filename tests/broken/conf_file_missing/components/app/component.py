from batou.component import Component


class App(Component):

    def configure(self):
        with open("version.txt") as file:
            self.version = file.read()
