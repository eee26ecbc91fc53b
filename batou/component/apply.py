"""Verify and update one tree. The only place that changes the working directory."""

import os
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from batou.component.blame import blame, blaming
from batou.component.blame import failed_component as failed_component
from batou.component.events import BEFORE_UPDATE, trigger
from batou.component.prepare import call
from batou.errors.explaining import hidden_failure
from batou.errors.texts import prepare_error, text_of
from batou.goal import Goal
from batou.report import output, say
from batou.report.events import Heading
from batou.report.events import Outcome as OutcomeEvent

if TYPE_CHECKING:
    from batou.component.component import Component


class Outcome(Enum):
    """How one component ended."""

    UNCHANGED = "unchanged"
    UPDATED = "updated"
    WOULD_UPDATE = "would update"
    FAILED = "failed"
    NOT_REACHED = "not reached"


Watcher = Callable[["Component", Outcome], None]

Carried = Callable[["Component"], bool]

_watcher: ContextVar[Watcher | None] = ContextVar("batou.component.watcher", default=None)
_carried: ContextVar[Carried | None] = ContextVar("batou.component.carried", default=None)

SLOW_VERIFY = SLOW_UPDATE = 1.0  # seconds
SLOW_TOTAL = 10.0


@contextmanager
def watching_outcomes(watcher: Watcher) -> Iterator[None]:
    """*watcher* is told about each component that changed, before its update is called."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def carrying_changes(carried: Carried) -> Iterator[None]:
    """Components of which *carried* is true count as changed, as they did in an earlier run."""
    token = _carried.set(carried)
    try:
        yield
    finally:
        _carried.reset(token)


def apply(component: "Component", goal: Goal) -> Outcome:
    """Verify *component* and what is below it, and update what needs it.

    With `Goal.PREDICT` nothing is updated. Raises whatever the component's code
    raises; `failed_component` tells which component that was.
    """
    predicting = not goal.changes_hosts
    component.changed = False
    _apply_below(component, predicting)
    start = monotonic()
    heading = LazyHeading(component)
    output.clear_buffer()
    output.buffer("heading", heading)
    hidden: list[BaseException] = []
    try:
        with _workdir(component, predicting):
            outcome, reason = _apply_own(component, heading, predicting, hidden)
    except BaseException as error:
        blame(error, component, "enter" if _is_entering(error) else "exit")
        raise
    finally:
        output.clear_buffer()
    for failure in hidden:
        say(hidden_failure(component, failure))
    if outcome is not Outcome.UNCHANGED:
        component.changed = True
        _say_outcome(heading(), outcome, reason, monotonic() - start)
    elif (carried := _carried.get()) and carried(component):
        component.changed = True
    _note_slowness(component, heading)
    return outcome


def _apply_below(component: "Component", predicting: bool) -> None:
    for sub_component in component.sub_components:
        with component._timer.step("sub"):
            sub_component.deploy(predicting)
        if sub_component.changed:
            component.changed = True


class LazyHeading:
    """Makes a component's heading, once; most components have nothing to say."""

    __slots__ = ("_component", "_heading")

    def __init__(self, component: "Component") -> None:
        self._component = component
        self._heading: Heading | None = None

    def __call__(self) -> Heading:
        if self._heading is None:
            root = self._component.root
            self._heading = Heading(root.host.name, root.name, self._component._breadcrumbs)
        return self._heading


def _apply_own(
    component: "Component", heading: LazyHeading, predicting: bool, hidden: list[BaseException]
) -> tuple[Outcome, str]:
    """Outcome and reason; a failure that the component's ``__exit__`` hides is in *hidden*."""
    outcome, reason = Outcome.UNCHANGED, ""
    with component:
        try:
            needed = _verify(component, predicting)
            if needed is None:
                return outcome, reason
            reason = needed
            _flush_heading(heading(), reason)
            with blaming(component, "before-update"):
                trigger(BEFORE_UPDATE, component, predicting)
            outcome = Outcome.WOULD_UPDATE if predicting else Outcome.UPDATED
            watcher = _watcher.get()
            if watcher:
                with blaming(component, "before-update"):
                    watcher(component, outcome)
            if not predicting:
                with blaming(component, "update"), component._timer.step("update"):
                    call(component, "update")
            component.changed = True
        except BaseException as error:
            hidden.append(error)
            raise
    return outcome, reason


def _verify(component: "Component", predicting: bool) -> str | None:
    """Why an update is needed, maybe empty; None if it is not."""
    verify = component.verify
    function = getattr(verify, "__func__", verify)
    kw = {"predicting": predicting} if _accepts_predicting(function) else {}
    try:
        with blaming(component, "verify"), component._timer.step("verify"):
            call(component, "verify", **kw)
    except AssertionError as error:
        return text_of(error)
    except Exception as error:
        if predicting and _follows_changes(component):
            return f"cannot tell before the changes above are made: {prepare_error(error)}"
        raise
    return None


def _follows_changes(component: "Component") -> bool:
    """Whether something before *component* changed or would change in this run."""
    node: Any = component
    if node.changed:
        return True
    while (parent := getattr(node, "parent", None)) is not None:
        siblings = getattr(parent, "sub_components", [])
        for sibling in siblings:
            if sibling is node:
                break
            if sibling.changed:
                return True
        node = parent
    roots = component.root.host.components.values()
    return any(root._component is not None and root._component.changed for root in roots)


@lru_cache(maxsize=1024)
def _accepts_predicting(verify: Callable[..., Any]) -> bool:
    import inspect

    parameters = inspect.signature(verify).parameters.values()
    return any(p.name == "predicting" or p.kind is p.VAR_KEYWORD for p in parameters)


def _flush_heading(heading: Heading, reason: str) -> None:
    """Print the component's name, with the reason unless it has explained itself before."""
    if output.buffered:
        output.clear_buffer()
        shown = Heading(heading.host, heading.root, heading.component, reason)
        output.heading(shown)
    elif reason:
        output.annotate(f"update needed: {reason}", debug=True)


def _say_outcome(heading: Heading, outcome: Outcome, reason: str, seconds: float) -> None:
    event = OutcomeEvent(
        heading.host, heading.root, heading.component, outcome.value, reason, round(seconds, 3)
    )
    say(event)


def _note_slowness(component: "Component", heading: LazyHeading) -> None:
    timer = component._timer
    slow, _ = timer.above_threshold(verify=SLOW_VERIFY, update=SLOW_UPDATE, total=SLOW_TOTAL)
    if slow:
        steps = timer.humanize("total", "verify", "update", "sub")
        shown = heading()
        output.line(f"{shown.host}: {shown.component} [{steps}]", icon="💤", bold=True)


@contextmanager
def _workdir(component: "Component", predicting: bool) -> Iterator[None]:
    """Be in the component's work directory.

    When predicting, a missing one is not made: the component finds itself in an
    empty directory instead.
    """
    before = os.getcwd()
    workdir = os.fspath(component.workdir)
    scratch = None
    with blaming(component, "workdir"):
        try:
            os.chdir(workdir)
        except FileNotFoundError:
            if predicting:
                scratch = tempfile.TemporaryDirectory(prefix="batou-predict-")
                os.chdir(scratch.name)
            else:
                os.makedirs(workdir, exist_ok=True)  # hosts on one machine share it
                os.chdir(workdir)
    try:
        yield
    finally:
        os.chdir(before)
        if scratch:
            scratch.cleanup()


def _is_entering(error: BaseException) -> bool:
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_code.co_name == "__enter__" for frame, _ in frames)
