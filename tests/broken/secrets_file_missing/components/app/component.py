from batou.component import Component


class App(Component):

    def configure(self):
        self.key = self.environment.secret_files["app.key"]
