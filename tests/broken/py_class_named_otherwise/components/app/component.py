from batou.component import Component


class Application(Component):
    pass
