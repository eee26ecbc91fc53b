from batou.component import Component


class App(Component):

    def __init__(self, port):
        super().__init__(port=port)
