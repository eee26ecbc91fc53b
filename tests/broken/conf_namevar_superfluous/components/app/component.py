from batou.component import Component


class Part(Component):
    port = 80


class App(Component):

    def configure(self):
        self += Part("x", port=81)
