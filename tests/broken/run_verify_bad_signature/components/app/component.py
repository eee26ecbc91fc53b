from batou.component import Component


class App(Component):

    def verify(self, dry_run):
        pass
