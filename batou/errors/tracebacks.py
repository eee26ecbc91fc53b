"""The part of a traceback that a person who deploys can act on: frames of their own code."""

import linecache
import os
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType, TracebackType

_INTERNAL = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = os.path.join(_INTERNAL, "lib") + os.sep


@dataclass(frozen=True)
class Frame:
    """A place in the code that was being run."""

    path: str
    line: int
    function: str
    source: str

    def __str__(self) -> str:
        return f"{shown_path(self.path)}:{self.line} in {self.function}"


def shown_path(path: str) -> str:
    """*path* relative to the current directory if that is shorter."""
    if not os.path.isabs(path):
        return path
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return path if relative.startswith("..") else relative


def _is_internal(path: str) -> bool:
    return path.startswith((_INTERNAL, "<frozen ", "<remote exec>", "<string>")) and not (
        path.startswith(_LIBRARY)
    )


def user_frames(tb: TracebackType | None) -> list[Frame]:
    """The frames of *tb* that are not batou's machinery, outermost first."""
    frames = []
    for frame, line in traceback.walk_tb(tb):
        path = frame.f_code.co_filename
        if not _is_internal(path):
            source = linecache.getline(path, line).strip()
            frames.append(Frame(path, line, frame.f_code.co_name, source))
    return frames


def stack_frame() -> Frame | None:
    """The innermost frame of the current stack that is neither batou's nor its library's."""
    frame: FrameType | None
    for frame, line in traceback.walk_stack(None):
        path = frame.f_code.co_filename
        if not path.startswith((_INTERNAL, "<frozen ", "<string>")):
            return Frame(path, line, frame.f_code.co_name, linecache.getline(path, line).strip())
    return None


def frame_rows(frames: Iterable[Frame]) -> list[tuple[str, str]]:
    """Where and what, for the innermost of *frames*, and how the code got there."""
    own = list(frames)
    if not own:
        return []
    rows = [("Where", str(own[-1]))]
    if own[-1].source:
        rows.append(("Code", own[-1].source))
    if len(own) > 1:
        rows.append(("Called from", "\n".join(str(frame) for frame in reversed(own[:-1][-3:]))))
    return rows


def prepare_error(error: BaseException) -> str:
    """An exception as ``Type: text``."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


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
