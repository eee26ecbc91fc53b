from batou.component import Component, HookComponent
from batou.lib.file import File


class LogFile(HookComponent):
    """A log that wants to be rotated on its host."""

    namevar = "path"
    key = "logs:file"
    keep = 7

    def configure(self):
        super().configure()
        self.path = self.map(self.path)


class Rotate(Component):
    """Rotates all logs of its host, whoever has them."""

    def configure(self):
        self.logs = self.require(LogFile.key, host=self.host, strict=False)
        self += File("rotate.conf", source="rotate.conf")
