import os

from batou import UpdateNeeded
from batou.component import Attribute, Component


class LineInFile(Component):
    """A line that a file must have; other lines are not touched."""

    namevar = "line"
    path = Attribute(str, map=True)

    def configure(self):
        self.path = self.map(self.path)

    def verify(self):
        if self.line not in self._lines():
            raise UpdateNeeded(f"{self.line!r} is missing")

    def update(self):
        lines = [*self._lines(), self.line]
        temporary = self.path + ".new"
        with open(temporary, "w") as file:
            file.write("\n".join(lines) + "\n")
        os.replace(temporary, self.path)

    def _lines(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            return file.read().splitlines()


class Motd(Component):
    owner = Attribute(str, default="operations")

    def configure(self):
        self += LineInFile("This host is deployed by batou.", path="motd")
        self += LineInFile(f"Ask {self.owner} before you change it.", path="motd")
