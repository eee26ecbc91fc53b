from batou.component import Component


class App(Component):

    def configure(self):
        try:
            {}["port"]
        except KeyError as error:
            raise RuntimeError("app has no port") from error
