import os
import sys

from batou.component import Component


class App(Component):

    def verify(self):
        for stream in (sys.stdout, sys.stderr, sys.stdin):
            stream.close()
        print("into nothing")
        raise RuntimeError("after closing")
