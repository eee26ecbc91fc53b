from batou.component import Component


class App(Component):

    port = 80

    @property
    def url(self):
        return "http://example.com"
