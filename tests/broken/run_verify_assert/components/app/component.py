from batou.component import Component


class App(Component):

    port = 80

    def verify(self):
        assert self.port == 81, "port is not 81"

    def update(self):
        raise ValueError("cannot change the port")
