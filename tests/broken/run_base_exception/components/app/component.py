from batou.component import Component


class Alarm(BaseException):
    pass


class App(Component):

    def verify(self):
        raise Alarm("fire")
