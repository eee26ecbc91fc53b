import struct

from batou.component import Component


def read(data):
    return struct.unpack("<I", data)


def header(data):
    return read(data[:3])


HEADER = header(b"abcdef")


class App(Component):
    pass
