"""batou on a real terminal: a pty whose screen pyte keeps."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LIMIT = 90
"""Seconds that anything may take before a test gives up."""


class Terminal:
    """A terminal in which a command of batou runs."""

    def __init__(self, project: Path, columns: int = 100, lines: int = 24) -> None:
        import pyte

        self.project = project
        self.screen = pyte.HistoryScreen(columns, lines, history=5000, ratio=1)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.master, self.slave = pty.openpty()
        self.process: subprocess.Popen[bytes] | None = None
        self.resize(columns, lines)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size, as a window manager does."""
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def silence(self) -> None:
        """Do not show what is typed, from the beginning."""
        attributes = termios.tcgetattr(self.slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(self.slave, termios.TCSANOW, attributes)

    def start(self, *arguments: str, **environ: str) -> "Terminal":
        """Run ``batou ARGUMENTS`` with this as its controlling terminal."""
        quiet = {"CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONBREAKPOINT"}
        env = {name: value for name, value in os.environ.items() if name not in quiet}
        env |= {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "batou", *arguments],
            cwd=self.project,
            env={**env, "APPENV_BASEDIR": str(self.project), **environ},
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            preexec_fn=self._take_terminal,
        )
        return self

    def _take_terminal(self) -> None:
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.master, text.encode())

    def read(self, seconds: float = 0.2) -> bool:
        """Take in what has been printed; whether there was anything within *seconds*."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        data = os.read(self.master, 65536)
        self.raw += data
        self.stream.feed(data)
        return True

    def wait_for(self, condition: "str | Callable[[], object]") -> None:
        """Read until a text is seen on the screen, or *condition* holds."""
        wanted = condition if callable(condition) else lambda: condition in self.shown
        deadline = time.monotonic() + LIMIT
        while not wanted():
            self.read()
            assert time.monotonic() < deadline, f"waited for {condition!r}:\n{self.text}"

    def finish(self) -> int:
        """Read until the command has ended; its exit code."""
        assert self.process is not None
        deadline = time.monotonic() + LIMIT
        while self.process.poll() is None:
            self.read()
            assert time.monotonic() < deadline, self.text
        while self.read(0.0):
            pass
        return self.process.returncode

    @property
    def display(self) -> list[str]:
        """The lines that are on the screen now."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def shown(self) -> str:
        """The screen as one text."""
        return "\n".join(self.display)

    @property
    def text(self) -> str:
        """Everything, also what has scrolled away."""
        columns = self.screen.columns
        above = [
            "".join(line[column].data for column in range(columns)).rstrip()
            for line in self.screen.history.top
        ]
        return "\n".join([*above, *self.display])

    def close(self) -> None:
        """End the command, if it has not ended by itself."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


COMPONENTS = '''
import os
import time

from batou import UpdateNeeded
from batou.component import Attribute, Component
from batou.lib.file import File


class Gate(Component):
    """Waits, while it is updated, until the test lets it pass."""

    def verify(self):
        raise UpdateNeeded("always")

    def update(self):
        base = self.environment.base_dir
        open(f"{base}/reached-{self.host.name}", "w").close()
        deadline = time.monotonic() + 90
        while not os.path.exists(f"{base}/pass"):
            assert time.monotonic() < deadline
            time.sleep(0.02)


class App(Component):
    text = Attribute(str, "some text")

    def configure(self):
        self += File("app[bold].conf", content=self.text + "\\n")


class Slow(Component):
    def configure(self):
        self += Gate()


class Broken(Component):
    def verify(self):
        raise ValueError("no [red]good[/red]")
'''


class Project:
    """A project whose components wait for the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.component(COMPONENTS)

    def component(self, text: str, name: str = "all") -> None:
        folder = self.path / "components" / name
        folder.mkdir(parents=True)
        (folder / "component.py").write_text(text)

    def hosts(self, *lines: str, rest: str = "") -> None:
        folder = self.path / "environments" / "local"
        folder.mkdir(parents=True, exist_ok=True)
        text = "\n".join(["[environment]", "connect_method = local", "[hosts]", *lines, rest])
        (folder / "environment.cfg").write_text(text)

    def let_pass(self) -> None:
        """Let `Gate` end."""
        (self.path / "pass").touch()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def terminal(project: Project) -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def open_terminal(columns: int = 100, lines: int = 24) -> Terminal:
        made.append(Terminal(project.path, columns, lines))
        return made[-1]

    yield open_terminal
    for one in made:
        one.close()
