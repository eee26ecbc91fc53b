"""Which roots there are, in which order, and what each needs: the model, for the schedule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batou.deploy.schedule import Schedule, Task
from batou.environment import Environment
from batou.errors import (
    CmdExecutionError,
    ErrorInComponent,
    NonConvergingWorkingSet,
    UnknownComponentConfigurationError,
    UnsatisfiedResources,
    UnusedResources,
)

FAULTS_OF_THE_TEXT = (NameError, AttributeError, TypeError, SyntaxError)
"""Errors that a component makes on every machine."""


@dataclass(frozen=True)
class Order:
    """Tasks, providers first, and what each of them needs."""

    tasks: tuple[Task, ...]
    needs: Mapping[Task, tuple[Task, ...]]

    @classmethod
    def of(cls, environment: Environment) -> "Order":
        """As it was found out on this machine."""
        model = environment._model
        return cls(
            tuple((root.host.name, root.name) for root in model.order),
            {
                (root.host.name, root.name): tuple((need.host.name, need.name) for need in needs)
                for root, needs in model.dependencies.items()
            },
        )

    @classmethod
    def told(cls, environment: Environment, wire: Any) -> "Order":
        """As a host tells it: a list of (host, root, list of (host, root) it needs).

        What the environment does not have is left out, what the host does not
        mention comes last.
        """
        known = {(root.host.name, root.name): None for root in environment.root_components}
        needs: dict[Task, tuple[Task, ...]] = {}
        for item in wire if isinstance(wire, (list, tuple)) else ():
            match item:
                case [str(host), str(root), [*wanted]] if (host, root) in known:
                    needs[host, root] = tuple(task for task in known if _is_among(task, wanted))
        return cls(tuple({**dict.fromkeys(needs), **known}), needs)

    def schedule(
        self, left_out: list[tuple[Task, str]], limits: Mapping[str, int] | None = None
    ) -> Schedule:
        """What is to be deployed, without *left_out*, at most on *limits* hosts at once."""
        return Schedule.of(self.tasks, self.needs, [task for task, _ in left_out], limits)


def _is_among(task: Task, wanted: list[Any]) -> bool:
    return tuple(task) in wanted or list(task) in wanted


def may_differ_on_hosts(errors: list[BaseException]) -> bool:
    """Whether all of *errors* may come from configuring on this machine, not on the hosts.

    A file that only the host has, a name that only the host can resolve, a command
    that is not there: batou 2 configured on the hosts, and never saw them.
    """
    causes = [error for error in errors if not _follows(error)]
    return bool(causes) and all(map(_is_about_this_machine, causes))


def _follows(error: BaseException) -> bool:
    return isinstance(error, (UnsatisfiedResources, UnusedResources, NonConvergingWorkingSet))


def _is_about_this_machine(error: BaseException) -> bool:
    cause = getattr(error, "_original", None)
    if isinstance(error, ErrorInComponent):
        return isinstance(cause, (OSError, CmdExecutionError))
    return isinstance(error, UnknownComponentConfigurationError) and not isinstance(
        cause, FAULTS_OF_THE_TEXT
    )
