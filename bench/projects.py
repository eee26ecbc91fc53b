"""Projects of any size."""

from pathlib import Path

COMPONENT = """
from batou.component import Component, Attribute
from batou.lib.file import File


class App{number}(Component):
    port = Attribute(int, {number})

    def configure(self):
        if {number} < {last}:
            self.provide("app{number}", self.port)
        self.before = self.require("app{previous}", host=self.host, strict=False)
        self += File("app.conf", content="port {{{{component.port}}}} on {{{{host.name}}}}\\n")
"""

FILES = """
from batou.component import Component
from batou.lib.file import File


class Files(Component):
    def configure(self):
        for number in range({files}):
            self += File(
                f"{{number}}.conf",
                content="number " + str(number) + " on {{{{host.name}}}}\\n" * 20,
                mode=0o640,
            )
"""


def write_project(directory: Path, hosts: int, components: int) -> None:
    """A project where every host has all components, each with a templated file."""
    for number in range(components):
        folder = directory / "components" / f"app{number:03}"
        folder.mkdir(parents=True)
        text = COMPONENT.format(number=number, previous=number - 1, last=components - 1)
        (folder / "component.py").write_text(text)
    names = ", ".join(f"app{number}" for number in range(components))
    lines = [f"host{number} = {names}" for number in range(hosts)]
    write_environment(directory, lines)


def write_files_project(directory: Path, files: int) -> None:
    """A project with one host and one component of many templated files."""
    folder = directory / "components" / "files"
    folder.mkdir(parents=True)
    (folder / "component.py").write_text(FILES.format(files=files))
    write_environment(directory, ["localhost = files"])


def write_environment(directory: Path, hosts: list[str]) -> None:
    """The environment ``bench`` with *hosts* as lines of ``[hosts]``."""
    folder = directory / "environments" / "bench"
    folder.mkdir(parents=True)
    text = ["[environment]", "connect_method = local", "[hosts]", *hosts]
    (folder / "environment.cfg").write_text("\n".join(text) + "\n")
