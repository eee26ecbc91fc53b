from batou.component import Component


class Web(Component):
    pass
