from batou.component import Component


class App(Component):

    def configure(self):
        raise OSError(28, "No space left on device", "/srv/app")
