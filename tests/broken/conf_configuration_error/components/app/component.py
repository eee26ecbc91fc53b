from batou import ConfigurationError
from batou.component import Component


class App(Component):

    port = 0

    def configure(self):
        if not self.port:
            raise ConfigurationError("app needs a port", self)
