from batou.component import Component


class App(Component):
    def configure(self):
        a = 1
	b = 2
