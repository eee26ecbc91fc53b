from batou.component import Component


class App(Component):

    def __enter__(self):
        self.connection = open("/nonexistent/socket")
