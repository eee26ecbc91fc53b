"""What the tests of files share."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component, RootComponent
from batou.report.output import Output

NOBODY = 65534

Unprivileged = Callable[[], "contextlib.AbstractContextManager[None]"]


@contextlib.contextmanager
def _unprivileged() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


@pytest.fixture
def unprivileged() -> Unprivileged:
    """Inside the block the test is not root, whoever runs it."""
    return _unprivileged


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A directory that everybody may use and reach."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o777)
    yield path
    for directory, _, _ in os.walk(path):
        os.chmod(directory, 0o700)
    shutil.rmtree(path)


class Lines:
    """A backend that keeps lines together with the names of their colours."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, set[str]]] = []

    def line(self, message: str, **format: Any) -> None:
        self.lines.append((message, {name for name, value in format.items() if value}))

    def sep(self, sep: str, title: str, **format: Any) -> None:
        self.line(title, **format)

    def write(self, content: str, **format: Any) -> None:
        self.line(content, **format)

    def colours_of(self, text: str) -> set[str]:
        """The colours of the line that is *text*."""
        found = [colours for line, colours in self.lines if line == text]
        assert found, f"{text!r} was not printed, but {[line for line, _ in self.lines]}"
        return found[0]


@pytest.fixture
def lines(output: Output, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What is printed, line by line, with colours."""
    backend = Lines()
    monkeypatch.setattr(output, "backend", backend)
    return backend


@pytest.fixture
def add(root: RootComponent) -> Callable[[Component], Any]:
    """Add a component to the root's, and return it."""

    def add(component: Component) -> Component:
        root.component += component
        return component

    return add


@pytest.fixture
def deploy(root: RootComponent) -> Callable[[Component], Any]:
    """Add a component alone, deploy it, and return it."""

    def deploy(component: Component, predict_only: bool = False) -> Component:
        root.component.sub_components.clear()
        root.component += component
        root.component.deploy(predict_only)
        return component

    return deploy


@pytest.fixture
def workdir(root: RootComponent) -> Path:
    """The directory that relative targets are below."""
    return Path(root.workdir)


@pytest.fixture
def defdir(root: RootComponent) -> Path:
    """The directory that relative sources are below."""
    return Path(root.defdir)
