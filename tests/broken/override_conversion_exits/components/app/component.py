import sys

from batou.component import Attribute, Component


def port(text):
    assert int(text) < 65536, f"{text} is no port"
    return int(text)


class App(Component):
    port = Attribute(port)


class Web(Component):
    port = Attribute(sys.exit)
