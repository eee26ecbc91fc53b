from batou.component import Attribute, Component


def no_text(text):
    raise KeyError


class App(Component):

    port = Attribute(lambda text: {"80": 80}[text])
