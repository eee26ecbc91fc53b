from batou.component import Component


class App(Component):

    @property
    def url(self):
        return "http://" + self.domain

    def configure(self):
        self.log(self.url)
