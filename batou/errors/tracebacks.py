"""The part of a traceback that a person who deploys can act on: frames of their own code."""

import contextlib
import linecache
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType, FrameType, TracebackType

from batou.errors.texts import clipped, hide_passwords, prepare_error, shown_path

_BATOU = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_BATOU_LIB = os.path.join(_BATOU, "lib") + os.sep
_STANDARD = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED = ("/site-packages/", "/dist-packages/", "/.batou/runtimes/")

LONGEST_LINE = 120
CALLERS = 3


@dataclass(frozen=True)
class Frame:
    """A place in the code that was being run; *is_own* unless it belongs to a library."""

    path: str
    line: int
    function: str
    is_own: bool = True
    in_class: bool = field(default=False, compare=False)

    @property
    def source(self) -> str:
        """The line of code, without passwords, and cut if it is very long."""
        return hide_passwords(
            clipped(linecache.getline(self.path, self.line).strip(), LONGEST_LINE)
        )

    @property
    def shown(self) -> str:
        """The path for people: relative to the project, or to where libraries are installed."""
        return shown_path(self.path) if self.is_own else _library_path(self.path)

    def __str__(self) -> str:
        place = f"{self.shown}:{self.line}"
        return (
            place if self.in_class or self.function == "<module>" else f"{place} in {self.function}"
        )


def _is_machinery(path: str) -> bool:
    """Whether a frame in *path* tells nothing: it is batou's own, or in no file."""
    if path.startswith("<") or path == contextlib.__file__:
        return True
    return path.startswith(_BATOU) and not path.startswith(_BATOU_LIB)


@lru_cache(maxsize=4096)
def is_own(path: str) -> bool:
    """Whether *path* is code of the people who deploy, and not of a library."""
    if path.startswith((_BATOU, "<")):
        return False
    installed = any(part in path for part in _INSTALLED)
    return not installed and not path.startswith(_STANDARD)


def _library_path(path: str) -> str:
    for part in _INSTALLED[:2]:
        if part in path:
            return path.rpartition(part)[2]
    for base in (os.path.dirname(_BATOU.rstrip(os.sep)) + os.sep, _STANDARD):
        if path.startswith(base):
            return path[len(base) :]
    return path


def _frame(code: CodeType, line: int) -> Frame:
    is_class_body = not code.co_flags & 1 and code.co_name != "<module>"  # CO_OPTIMIZED
    return Frame(code.co_filename, line, code.co_name, is_own(code.co_filename), is_class_body)


def user_frames(tb: TracebackType | None) -> list[Frame]:
    """The frames of *tb* that are not batou's machinery, outermost first.

    A frame that recurs stands there once, at its innermost place.
    """
    frames: dict[Frame, None] = {}
    for frame, line in traceback.walk_tb(tb):
        if not _is_machinery(frame.f_code.co_filename):
            entry = _frame(frame.f_code, line)
            frames.pop(entry, None)
            frames[entry] = None
    return list(frames)


def stack_frame() -> Frame | None:
    """The innermost frame of the current stack that is neither batou's nor a library's."""
    frame: FrameType | None
    for frame, line in traceback.walk_stack(sys._getframe(1)):
        if not _is_machinery(frame.f_code.co_filename):
            entry = _frame(frame.f_code, line)
            if entry.is_own:
                return entry
    return None


def own_place() -> tuple[str, int] | None:
    """File and line of the user's code that is running now; quick."""
    frame: FrameType | None = sys._getframe(1)
    while frame and not is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame else None


def own_frame(frames: Iterable[Frame]) -> Frame | None:
    """The innermost of *frames* that is the user's own."""
    own = [frame for frame in frames if frame.is_own]
    return own[-1] if own else None


def frame_rows(frames: Iterable[Frame]) -> list[tuple[str, str]]:
    """Where and what, how the code got there, and where in a library it ended."""
    every = list(frames)
    own = [frame for frame in every if frame.is_own]
    if not own:
        others = [frame for frame in every if not frame.path.startswith(_BATOU)]
        return [("Raised in", str(others[-1]))] if others else []
    rows = [("Where", str(own[-1]))]
    if source := own[-1].source:
        rows.append(("Code", source))
    if callers := list(_callers(own)):
        rows.append(("Called from", "\n".join(map(str, callers[:CALLERS]))))
    if not every[-1].is_own and not every[-1].path.startswith(_BATOU):
        rows.append(("Raised in", str(every[-1])))
    return rows


def machinery_rows(tb: TracebackType | None) -> list[tuple[str, str]]:
    """Where in batou itself something went wrong."""
    places = [
        f"{_library_path(frame.f_code.co_filename)}:{line} in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(tb)
        if frame.f_code.co_filename.startswith(_BATOU)
    ]
    return [("Raised in", places[-1])] if places else []


def _callers(own: list[Frame]) -> Iterator[Frame]:
    """Who called the innermost frame, from inside out; a class is not called by its module."""
    inner = own[-1]
    for frame in reversed(own[:-1]):
        if not (inner.in_class and frame.path == inner.path):
            yield frame
        inner = frame


def is_said_by_batou(error: BaseException) -> bool:
    """Whether batou itself raised *error*, so that its text is a sentence of ours."""
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return False
    path, line = frames[-1][0].f_code.co_filename, frames[-1][1]
    return path.startswith(_BATOU) and linecache.getline(path, line).lstrip().startswith("raise ")


def prepare_traceback(tb: TracebackType | None) -> str:
    """The frames of the user's code in *tb* as text."""
    frames = user_frames(tb)
    if not frames:
        return "<no code outside of batou was involved>"
    return "\n".join(f"{frame}\n    {frame.source}" for frame in frames)


def prepare_traceback_from_stack() -> str:
    """The place in the user's code that is running now, as text."""
    frame = stack_frame()
    return f"{frame}\n    {frame.source}" if frame else "<no code outside of batou is running>"


__all__ = [
    "Frame",
    "frame_rows",
    "is_own",
    "is_said_by_batou",
    "machinery_rows",
    "own_frame",
    "own_place",
    "prepare_error",
    "prepare_traceback",
    "prepare_traceback_from_stack",
    "shown_path",
    "stack_frame",
    "user_frames",
]
