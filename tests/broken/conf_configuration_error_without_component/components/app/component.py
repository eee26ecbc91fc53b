from batou import ConfigurationError
from batou.component import Component


class App(Component):

    def configure(self):
        raise ConfigurationError("app needs a port")
