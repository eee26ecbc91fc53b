from batou.component import Component


class App(Component):

    def update(self):
        self.cmd("touch updated")
