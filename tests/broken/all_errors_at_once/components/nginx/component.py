from batou.component import Component
import nonexisting


class Nginx(Component):
    pass
