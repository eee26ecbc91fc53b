from batou.component import Component


class Database(Component)
    pass
