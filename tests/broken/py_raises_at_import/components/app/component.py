import json

from batou.component import Component

SETTINGS = json.loads("{'port': 80}")


class App(Component):
    pass
