"""What tests of environments share."""

import sys
import textwrap

import pytest

import batou.c
from batou.environment import Environment


class Project:
    """A project in a directory; the test writes its files."""

    def __init__(self, base):
        self.base = base

    def write(self, path, text):
        path = self.base / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def component(self, directory, source):
        """Write ``components/DIRECTORY/component.py``; batou's names need no import."""
        head = (
            "import batou\nimport batou.c\n"
            "from batou.component import *\nfrom batou.utils import Address\n"
        )
        self.write(f"components/{directory}/component.py", head + textwrap.dedent(source))

    def classes(self, *names):
        """Define empty components with these names."""
        for name in names:
            self.component(name.lower(), f"class {name}(Component): pass")

    def environment(self, text, name="dev"):
        self.write(f"environments/{name}/environment.cfg", text)

    def load(self, name="dev", **kw):
        environment = Environment(name, basedir=self.base, **kw)
        environment.load()
        return environment

    def configure(self, name="dev"):
        environment = self.load(name)
        assert environment.exceptions == []
        environment.configure()
        return environment


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project; it is the current directory."""
    monkeypatch.chdir(tmp_path)
    known = set(sys.modules)
    yield Project(tmp_path)
    for name in set(sys.modules) - known:
        if name.startswith("batou.c."):
            del sys.modules[name]
            vars(batou.c).pop(name.split(".")[2], None)
