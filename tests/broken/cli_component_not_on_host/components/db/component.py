from batou.component import Component


class Db(Component):
    pass
