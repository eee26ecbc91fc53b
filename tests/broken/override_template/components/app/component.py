from batou.component import Attribute, Component


class Name(Component):
    value = Attribute(str)


class Syntax(Component):
    value = Attribute(str)


class Filter(Component):
    value = Attribute(str)
