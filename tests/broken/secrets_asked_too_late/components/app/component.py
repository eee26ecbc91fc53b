from batou.component import Attribute, Component


class App(Component):

    password = Attribute(str)

    def verify(self):
        self.environment.secret_files["app.key"]
