from batou.component import Attribute, Component
from batou.lib.file import File


class Settings(Component):
    """A building block: hosts get it as part of the others, or by its own name."""

    name = Attribute(str, default="settings")
    namevar = "name"

    def configure(self):
        self += File(f"{self.name}.ini", content="[{{component.name}}]\nhost = {{host.name}}\n")


class Frontend(Component):
    def configure(self):
        self += Settings("frontend")


class Backend(Component):
    def configure(self):
        self += Settings("backend")
        self += Settings("worker")
