from batou.component import Component
from batou.lib.systemd import Service


class Agent(Component):
    """A service of a user."""

    def configure(self):
        self += Service("agent", command="/bin/sleep 1000", user=True)
