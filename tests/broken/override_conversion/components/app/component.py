from batou.component import Attribute, Component
from batou.utils import Address


class Number(Component):
    value = Attribute(int)


class Flag(Component):
    value = Attribute(bool)


class Literal(Component):
    value = Attribute("literal")


class Address(Component):
    value = Attribute(Address)
