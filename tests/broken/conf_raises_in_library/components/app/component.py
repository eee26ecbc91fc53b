import json

from batou.component import Component


class App(Component):

    def configure(self):
        self.settings = json.loads("{'port': 80}")
