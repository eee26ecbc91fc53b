from batou.component import Component


class App(Component):

    db = None

    def configure(self):
        self.url = "mysql://" + self.db.host
