"""The same error from many hosts is one error that names the hosts."""

import re
import traceback
from collections.abc import Iterable
from dataclasses import replace

from batou.errors.base import ReportingException
from batou.errors.texts import relative
from batou.report.events import Failure


def merged(errors: Iterable[BaseException], with_traceback: bool = False) -> list[Failure]:
    """Errors as failures, equal ones once, in the order of their sort keys.

    Errors about several hosts get a row ``Hosts`` that names them. Tracebacks
    are those of what the errors were made of.
    """
    groups: list[list[ReportingException]] = []
    for error in errors:
        if not isinstance(error, ReportingException):
            continue
        for group in groups:
            if group[0].should_merge(error):
                group.append(error)
                break
        else:
            groups.append([error])
    groups.sort(key=lambda group: _rank(group[0]))
    return [_failure(group, with_traceback) for group in groups]


def traceback_of(error: BaseException) -> str:
    """The whole traceback of what *error* was made of; empty if it was never raised."""
    original = getattr(error, "_original", None) or error.__cause__ or error
    if original.__traceback__ is None:
        return ""
    return "".join(traceback.format_exception(original))


def _names(headline: str, hosts: Iterable[str]) -> bool:
    """Whether *headline* says already that it is about *hosts*."""
    return "host" in headline and all(
        re.search(rf"\bhosts? (?:'[^']*', )*{re.escape(repr(host))}", headline) for host in hosts
    )


def _rank(error: ReportingException) -> tuple[float, tuple[str, ...]]:
    """The sort key in a form that can be compared with that of any other class."""
    first, *rest = error.sort_key
    return float(first), tuple(map(str, rest))


def _failure(group: list[ReportingException], with_traceback: bool) -> Failure:
    error, hosts = type(group[0]).merge(group)
    failure = error.failure(traceback_of(group[0]) if with_traceback else "")
    failure = replace(failure, headline=relative(failure.headline), hint=relative(failure.hint))
    if not hosts:
        return failure
    rows = tuple(row for row in failure.rows if row[0] not in ("Host", "Hosts"))
    if _names(failure.headline, hosts):
        return replace(failure, rows=rows)
    key = "Host" if len(hosts) == 1 else "Hosts"
    return replace(failure, rows=(*rows, (key, ", ".join(sorted(hosts)))))
