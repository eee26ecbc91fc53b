"""What hosts say, checked: a host is not trusted."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from batou.agent.stage0 import OLDEST
from batou.component.apply import Outcome
from batou.errors import FarError
from batou.report.escapes import without_escapes as without_escapes
from batou.report.events import OF_HOSTS, Event, Failure, Line, from_wire
from batou.transport.ship import ShippingFailed
from batou.transport.watchdog import Stalled


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_escapes(value)
    if isinstance(value, tuple):
        return tuple(map(_clean, value))
    return value


def check_python(host: str, facts: Mapping[Any, Any]) -> None:
    """Raise ShippingFailed if *host* has a Python that nothing can be shipped for."""
    version = tuple(facts["python"])
    if version[:2] < OLDEST:
        found = ".".join(map(str, version[:3]))
        where = without_escapes(str(facts.get("executable", "python3")))[:200]
        wanted = ".".join(map(str, OLDEST))
        expected = f"Python {wanted} or newer; say where it is with python = /path in its section"
        raise ShippingFailed(host, f"its Python {found} ({where}) is too old", expected)


def checked_events(host: str, message: Mapping[Any, Any]) -> list[Event]:
    """The events in *message*, which came from *host*."""
    events = message.get("events")
    if not isinstance(events, (list, tuple)):
        events = [None]
    return [checked_event(host, wire) for wire in events]


def checked_event(host: str, wire: object) -> Event:
    """The event that *wire* describes, of *host*; a line about it if it makes no sense."""
    try:
        event = from_wire(wire)
        if type(event) not in OF_HOSTS:
            raise ValueError(f"{event.kind!r} is not for hosts to tell")
    except ValueError as error:
        return Line(f"{host}: sent something that is no event: {error}", ("red",))
    values = {f.name: _clean(getattr(event, f.name)) for f in fields(event)}
    if "host" in values:
        values["host"] = host
    return replace(event, **values)


def checked_outcome(message: Mapping[Any, Any]) -> tuple[str, Outcome]:
    """The root and its outcome in *message*; an unknown word means failed."""
    try:
        outcome = Outcome(message.get("outcome"))
    except ValueError:
        outcome = Outcome.FAILED
    return without_escapes(str(message.get("root"))), outcome


class FarFailure(FarError):
    """An error in a host's own words, or about the line to it."""

    @classmethod
    def of(cls, host: str, wire: Any) -> "FarFailure":
        """The error that *wire* describes, as *host* sent it."""
        order = wire.get("order") if isinstance(wire, Mapping) else None
        about = wire.get("affected_host") if isinstance(wire, Mapping) else None
        rest = {k: v for k, v in wire.items() if k not in ("order", "affected_host")}
        failure = checked_event(host, rest)
        if not isinstance(failure, Failure):
            failure = Failure(f"host {host!r} sent an error that makes no sense")
        error = cls(
            failure.error,
            failure.headline,
            list(failure.rows),
            failure.hint,
            without_escapes(about) if isinstance(about, str) and about else host,
        )
        error.order = order if isinstance(order, int) else 100  # type: ignore[misc]  # its own
        return error

    @classmethod
    def refused(cls, host: str, message: Mapping[Any, Any]) -> "FarFailure":
        """That *host* cannot or must not do what it was asked for."""
        rows = [("Host", host)]
        if expected := message.get("expected"):
            rows.append(("Expected", without_escapes(str(expected))))
        why = without_escapes(str(message.get("why", "the host refuses to go on")))
        return cls("Refused", why, rows, "", host)

    @classmethod
    def lost(
        cls, host: str, when: str, cause: BaseException | None, in_hand: str = ""
    ) -> BaseException:
        """That the line to *host* broke; *cause* itself if it explains that to people.

        *in_hand* is the component that was being deployed.
        """
        from batou.errors import ReportingException

        rows = [("In hand", in_hand)] if in_hand else []
        if isinstance(cause, Stalled):
            rows = [("Phase", when), *rows]
            return cls("Stalled", cause.summary(), rows, cause.hint() or "", host)
        if isinstance(cause, ReportingException):
            return cause
        if cause is not None and str(cause).strip():
            rows.append(("Cause", without_escapes(str(cause).strip().splitlines()[-1])))
        hint = (
            "it ended its process, was killed, or its host went away; what it did may be unfinished"
        )
        headline = f"the line to host {host!r} broke {when}"
        return cls("LineLost", headline, rows, hint if in_hand else "", host)


def failures_of(host: str, message: Mapping[Any, Any]) -> list[FarFailure]:
    """The errors in an answer of *host*."""
    wires = message.get("failures")
    if wires is None:
        wires = [message.get("failure")]
    if not isinstance(wires, (list, tuple)):
        wires = [{}]
    return [FarFailure.of(host, wire if isinstance(wire, Mapping) else {}) for wire in wires]
