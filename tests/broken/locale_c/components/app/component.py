from batou.component import Component


class Bücherei(Component):
    pass
