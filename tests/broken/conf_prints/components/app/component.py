import os
import sys

from batou.component import Component


class App(Component):

    def configure(self):
        print("configuring")
        sys.stderr.write("on stderr\n")
        os.write(1, b"past Python\n")
        raise ValueError("after printing")
