from batou.component import Component


class Part(Component):

    def configure(self):
        self += self.parent


class App(Component):

    def configure(self):
        self += Part()
