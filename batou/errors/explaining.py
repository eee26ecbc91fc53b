"""What people are told about an exception, whatever its kind: text, place, facts, advice."""

import linecache
import re
import sys
from dataclasses import dataclass, field, replace
from textwrap import dedent
from typing import Any

from batou.errors.base import Location, ReportingException, Rows
from batou.errors.suggestions import advice_for
from batou.errors.texts import prepare_error, relative, shown_path, text_of
from batou.errors.tracebacks import frame_rows, is_own, is_said_by_batou, own_frame, user_frames
from batou.report.events import Failure


@dataclass(frozen=True)
class Explanation:
    """An exception in words; *where* are rows about its place, *facts* all others."""

    text: str
    where: Rows = field(default_factory=list)
    facts: Rows = field(default_factory=list)
    advice: str = ""
    location: Location | None = None


def explain(error: BaseException) -> Explanation:
    """*error* in words; the current directory is that of the project."""
    told = _explained(error)
    return replace(told, text=relative(told.text), advice=relative(told.advice))


def _explained(error: BaseException) -> Explanation:
    if isinstance(error, ReportingException):
        return _own(error)
    if isinstance(error, SyntaxError) and error.filename:
        return _syntax(error)
    frames = user_frames(error.__traceback__)
    text = text_of(error) if is_said_by_batou(error) else prepare_error(error)
    rows = frame_rows(frames)
    if text == text_of(error):  # a sentence of ours says enough
        rows = [row for row in rows if row[0] != "Raised in"]
    frame = own_frame(frames)
    location = Location(frame.shown, frame.line) if frame else None
    return Explanation(text, rows, cause_rows(error), advice_for(error), location)


def _own(error: ReportingException) -> Explanation:
    rows = error._where or frame_rows(user_frames(error.__traceback__))
    rows = [row for row in rows if row[0] != "Raised in"]
    facts = list(error.failure().rows)
    own = [] if error._where else [row for row in facts if row[0] in ("Where", "Code")]
    if own:  # the error knows a better place than that where it was raised
        callers = [value for key, value in rows if key in ("Where", "Called from")]
        callers = [value for value in callers if ("Where", value) not in own]
        rows = [*own, *([("Called from", "\n".join(callers))] if callers else [])]
    facts = [row for row in facts if row[0] not in ("Where", "Code")]
    location = error.location.shown() if error.location else None
    text = error.summary()
    if type(error).summary is ReportingException.summary and facts[-1:] and is_unnamed(error):
        key, words = facts.pop()  # what it tells in report() says more
        text, _, rest = words.removeprefix("ERROR: ").partition("\n")
        facts.extend([(key, dedent(rest))] if rest.strip() else [])
    return Explanation(text, rows, facts, error.hint() or "", location)


def is_unnamed(error: ReportingException) -> bool:
    """Whether *error* tells what it is in nothing but a ``report`` of its own."""
    kind = type(error)
    return (
        kind.report is not ReportingException.report and kind.__str__ is ReportingException.__str__
    )


def locate(error: ReportingException) -> None:
    """Let *error* know where in the user's code it was raised."""
    told = _own(error)
    frame = own_frame(user_frames(error.__traceback__))
    error._where = told.where or None
    error.location = told.location or (Location(frame.shown, frame.line) if frame else None)


def class_rows(kind: type) -> Rows:
    """Where class *kind* is defined, if that is the user's code."""
    methods = (getattr(value, "__code__", None) for value in vars(kind).values())
    paths = [code.co_filename for code in methods if code]
    module = sys.modules.get(f"batou.c.{kind.__module__}") or sys.modules.get(kind.__module__)
    path = paths[0] if paths else getattr(module, "__file__", "")
    return (
        [("Where", f"{shown_path(path)}:{class_line(path, kind)}")] if path and is_own(path) else []
    )


def class_line(path: str, kind: type) -> int:
    """The line of the statement that makes class *kind*; 1 if it cannot be found."""
    start = re.compile(rf"\s*class\s+{re.escape(kind.__name__)}\b")
    for number, line in enumerate(linecache.getlines(path), 1):
        if start.match(line):
            return number
    return 1


def place_of(component: Any, phase: str) -> Location | None:
    """Where the user's code defines *phase* of *component*, or else creates the component."""
    code = getattr(getattr(type(component), phase, None), "__code__", None)
    places = [(code.co_filename, code.co_firstlineno)] if code else []
    while component is not None:
        places.append(getattr(component, "_created_at", None) or ("", 0))
        component = getattr(component, "parent", None)
    for path, line in places:
        if path and is_own(path):
            return Location(path, line)
    return None


def _syntax(error: SyntaxError) -> Explanation:
    location = Location(shown_path(str(error.filename)), error.lineno or 0)
    rows = [("Where", str(location))]
    if error.text and error.text.strip():
        rows.append(("Code", error.text.strip()[:120]))
    frames = [frame for frame in user_frames(error.__traceback__) if frame.is_own]
    if frames:
        rows.append(("Called from", "\n".join(str(frame) for frame in reversed(frames[-3:]))))
    return Explanation(prepare_error(error), rows, [], advice_for(error), location)


def thread_failure(error: BaseException, host: str = "") -> Failure:
    """A warning that *error* ended a thread, which nobody else notices."""
    told = explain(error)
    rows = (*told.where, *told.facts, *([("Host", host)] if host else []))
    text = f"a thread failed, the component does not know: {told.text}"
    return Failure(text, rows, told.advice, type(error).__name__, "warning")


def hidden_failure(component: Any, error: BaseException) -> Failure:
    """A warning that *error* of *component* was hidden by its ``__exit__``."""
    told = explain(error)
    rows = (*told.where, *told.facts, ("Host", component.root.host.name))
    text = f"{component._breadcrumbs} failed, but its __exit__ hides that: {told.text}"
    advice = told.advice or "an __exit__ that returns True ends the error: return nothing"
    return Failure(text, rows, advice, type(error).__name__, "warning")


def cause_rows(error: BaseException) -> Rows:
    """What *error* was raised from, or while what was handled."""
    causes: list[str] = []
    seen = {id(error)}
    while cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        if id(cause) in seen or len(causes) == 3:
            break
        seen.add(id(cause))
        told = prepare_error(cause)
        if told not in (prepare_error(error), *causes):
            causes.append(told)
        error = cause
    return [("Cause", "\n".join(causes))] if causes else []
