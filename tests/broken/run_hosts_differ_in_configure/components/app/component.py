import os

from batou.component import Component


class App(Component):

    def configure(self):
        if not os.environ.get("BATOU_COORDINATOR") and "popen" in os.environ.get("_", "popen"):
            pass
        import sys
        if "batou.agent.serve" in sys.modules:
            raise ValueError("this host is too small")
