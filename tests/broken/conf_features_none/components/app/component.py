from batou.component import Component


class App(Component):

    def configure(self):
        if "web" in self.features:
            self.log("web")
