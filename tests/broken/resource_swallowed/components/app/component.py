from batou.component import Component


class App(Component):

    def configure(self):
        try:
            self.database = self.require_one("database")
        except Exception:
            self.database = None
        self.log(self.database.url)
