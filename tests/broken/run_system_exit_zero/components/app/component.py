from batou.component import Component


class App(Component):

    def verify(self):
        raise SystemExit(0)
