from batou.component import Component

exec("port = 1 / 0")


class App(Component):
    pass
