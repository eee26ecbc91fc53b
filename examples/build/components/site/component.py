import os

from batou.component import Component
from batou.lib.file import File


class Index(Component):
    """The words of some files, made again when one of them is newer."""

    namevar = "path"
    sources = ()

    def configure(self):
        self.path = self.map(self.path)

    def verify(self):
        self.assert_component_is_current(self.sources)

    def update(self):
        words = set()
        for source in self.sources:
            with open(source.path) as file:
                words |= set(file.read().split())
        with open(self.path, "w") as file:
            file.write("\n".join(sorted(words)) + "\n")

    def last_updated(self):
        return os.stat(self.path).st_mtime if os.path.exists(self.path) else None


class Site(Component):
    def configure(self):
        self += File("about.txt", content="we sell books\n")
        about = self._
        self += File("contact.txt", content="call us\n")
        self += Index("index", sources=[about, self._])
