from batou.component import Component


class App(Component):

    def verify(self):
        raise ValueError("Straße nicht gefunden: 東京 🚀")
