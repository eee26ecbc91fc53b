from batou.component import Component

print("loaded")


class App(Component):

    def configure(self):
        raise ValueError("no port")
