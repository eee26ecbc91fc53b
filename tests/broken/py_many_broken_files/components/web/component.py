from batou.component import Component


class Web(Component):
    port = PORT
