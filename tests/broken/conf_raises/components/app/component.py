from batou.component import Component


def port_of(text):
    return int(text)


class App(Component):

    def configure(self):
        self.port = port_of("eighty")
