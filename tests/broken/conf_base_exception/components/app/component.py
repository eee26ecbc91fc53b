from batou.component import Component


class Alarm(BaseException):
    pass


class App(Component):

    def configure(self):
        raise Alarm("fire")
