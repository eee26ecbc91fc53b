from batou.component import Component


class Part(Component):

    def __init__(self, port):
        self.port = port


class App(Component):

    def configure(self):
        self += Part(80)
