from batou.component import Component, platform


class App(Component):
    pass


@platform("debian")
class DebianApp(Component):
    pass
