from batou.component import Component


class App(Component):

    def configure(self):
        self.domain = self.environment.hostdomain
