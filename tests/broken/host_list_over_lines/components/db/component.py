from batou.component import Component


class Db(Component):
    pass


class Web(Component):
    pass
