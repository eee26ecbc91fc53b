"""Markdown pages as sessions: their files are written, their commands run.

A page's examples run in order in a directory of their own:

- a block after ``<!-- file: PATH -->`` is written to PATH; with ``<!-- shows: PATH -->``
  it must be what the file contains, or a part of it
- ``<!-- project: examples/NAME -->`` begins a new directory with a copy of that project,
  ``<!-- project: new -->`` with an empty one
- a ``console`` block is a session: each line that begins with ``$`` is run by bash, what
  follows is what it must print; ``...`` stands for anything. The last command must
  succeed, unless ``<!-- exit: N -->`` precedes the block
- a ``python`` block without such a comment is executed, with the names of those before it
- ``<!-- not run: REASON -->`` is for what needs another machine
- ``<!-- needs: PROGRAM … -->`` skips the page where a program is missing; CI fails instead
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"(?P<comments>(?:^[ ]*<!-- (?:file|shows|exit|not run): [^\n]*? -->\n\s*)*)"
    r"^(?P<indent>[ ]*)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^[ ]*```$"
    r"|^[ ]*<!-- project: (?P<project>\S+) -->$",
    re.M | re.S,
)
COMMENT = re.compile(r"<!-- (file|shows|exit|not run): ([^\n]*?) -->")


@dataclass(frozen=True)
class Block:
    """A block of a page, with what the comments before it say."""

    page: Path
    line: int
    language: str
    text: str
    comments: dict[str, str]
    project: str = ""


def blocks(page: Path) -> Iterator[Block]:
    """All blocks of *page*, in order."""
    source = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(source):
        line = source[: match.start()].count("\n") + 1
        if match["project"]:
            yield Block(page, line, "", "", {}, match["project"])
        else:
            text = textwrap.dedent(match["text"])
            comments = dict(COMMENT.findall(match["comments"]))
            yield Block(page, line, match["language"], text, comments)


@dataclass
class Session:
    """The state of a page while its blocks are run."""

    base: Path
    directory: Path = field(init=False)
    names: dict = field(default_factory=dict)
    count: int = 0
    ran: int = 0

    def __post_init__(self) -> None:
        self.begin("new")

    def begin(self, project: str) -> None:
        """Go to a new directory, with a copy of *project*."""
        self.count += 1
        self.directory = self.base / f"project{self.count}"
        if project == "new":
            self.directory.mkdir()
        else:
            ignored = shutil.ignore_patterns("work", ".batou*", "__pycache__")
            shutil.copytree(ROOT / project, self.directory, ignore=ignored, symlinks=True)
        launcher = self.directory / "batou"
        if not launcher.exists():
            launcher.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m batou "$@"\n')
            launcher.chmod(0o755)

    def run(self, block: Block) -> None:
        """Do what *block* shows; AssertionError if that is not so."""
        if block.project:
            self.begin(block.project)
        elif "not run" in block.comments:
            assert block.comments["not run"].strip(), f"{place(block)}: say why it is not run"
        elif "file" in block.comments:
            path = self.directory / block.comments["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif "shows" in block.comments:
            shown = (ROOT / block.comments["shows"]).read_text(encoding="utf-8")
            assert block.text in shown, f"{place(block)} is not in {block.comments['shows']}"
        elif block.language == "console":
            self.console(block)
        elif block.language == "python":
            self.ran += 1
            self.python(block)

    def python(self, block: Block) -> None:
        before = os.getcwd()
        os.chdir(self.directory)
        try:
            code = compile("\n" * block.line + block.text, str(block.page), "exec")
            exec(code, self.names)
        finally:
            os.chdir(before)

    def console(self, block: Block) -> None:
        commands = list(session_commands(block.text))
        assert commands, f"{place(block)}: no command in this session"
        wanted = int(block.comments.get("exit", 0))
        for command, expected in commands:
            self.ran += 1
            code, printed = self.shell(command)
            is_last = (command, expected) == commands[-1]
            assert code == (wanted if is_last else 0), (
                f"{place(block)}: {command!r} ended with {code}:\n{printed}"
            )
            assert matches(expected, printed), (
                f"{place(block)}: {command!r} printed\n{printed}\ninstead of\n{expected}"
            )

    def shell(self, command: str) -> tuple[int, str]:
        scripts = str(Path(sys.executable).parent)
        env = {
            **os.environ,
            "PATH": f"{scripts}:{os.environ['PATH']}",
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "APPENV_BASEDIR": "",
        }
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.directory,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=110,
        )
        return done.returncode, done.stdout


def session_commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a session, with what it must print."""
    for chunk in re.split(r"^\$ ", text, flags=re.M)[1:]:
        lines = chunk.split("\n")
        command = [lines.pop(0)]
        while command[-1].endswith("\\"):
            command.append(lines.pop(0).removeprefix("> "))
        yield "\n".join(command), "\n".join(lines).strip("\n")


def matches(expected: str, printed: str) -> bool:
    """Whether *printed* is as *expected*; ``...`` stands for anything."""
    flags = ELLIPSIS | NORMALIZE_WHITESPACE
    return OutputChecker().check_output(expected.strip() + "\n", printed.strip() + "\n", flags)


def place(block: Block) -> str:
    """Where *block* stands."""
    return f"{block.page.relative_to(ROOT)}:{block.line}"
