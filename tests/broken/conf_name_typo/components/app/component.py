from batou.component import Component


class App(Component):

    def configure(self):
        self += File("app.cfg", content="x")
