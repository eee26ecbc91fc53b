"""Which roots may start, and what is never reached: decided with values only.

A task is a pair (host, root component). The graph says which tasks must be done
before which.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Task = tuple[str, str]
Graph = Mapping[Task, Iterable[Task]]


@dataclass
class Schedule:
    """The state of a run: tasks in a stable order, what they need, how far they are."""

    order: list[Task]
    needs: dict[Task, set[Task]]
    done: set[Task] = field(default_factory=set)
    failed: set[Task] = field(default_factory=set)
    running: dict[str, list[Task]] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    limits: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        order: Iterable[Task],
        needs: Graph,
        skipped: Iterable[Task] = (),
        limits: Mapping[str, int] | None = None,
    ) -> "Schedule":
        """A schedule of *order*; what is *skipped* counts as done for those that need it.

        *limits* are the hosts on which a component may be in hand at once. When such
        a component fails, no further host begins it.
        """
        left_out = set(skipped)
        tasks = [task for task in order if task not in left_out]
        known = set(tasks)
        graph = {task: set(needs.get(task, ())) & known for task in tasks}
        return cls(tasks, graph, limits=limits or {})

    def next_batches(self, jobs: int) -> dict[str, list[str]]:
        """For each idle host the roots it may deploy now, at most *jobs* hosts being busy.

        A root may follow in the same batch as what it needs, if both are on one host.

        >>> order = [("db", "pg"), ("web", "app"), ("web", "cron")]
        >>> Schedule.of(order, {("web", "app"): [("db", "pg")]}).next_batches(9)
        {'db': ['pg'], 'web': ['cron']}
        """
        free = max(0, jobs - len(self.running))
        batches: dict[str, list[Task]] = {}
        started, room = self.started(), self._room()
        for task in self.order:
            host, root = task
            if task in started or host in self.running or host in self.stopped:
                continue
            if (host not in batches and len(batches) == free) or room.get(root, 1) < 1:
                continue
            if self.needs[task] <= self.done | set(batches.get(host, ())):
                batches.setdefault(host, []).append(task)
                if root in room:
                    room[root] -= 1
        self.running.update(batches)
        return {host: [root for _, root in batch] for host, batch in batches.items()}

    def _room(self) -> dict[str, int]:
        """On how many further hosts each limited component may begin."""
        in_hand = [root for batch in self.running.values() for _, root in set(batch) - self.done]
        stopped = {root for _, root in self.failed}
        return {
            root: 0 if root in stopped else limit - in_hand.count(root)
            for root, limit in self.limits.items()
        }

    def started(self) -> set[Task]:
        """Tasks that are done, failed, or in hand."""
        in_hand = {task for batch in self.running.values() for task in batch}
        return self.done | self.failed | in_hand

    def finish(self, task: Task) -> None:
        """*task* is done."""
        self.done.add(task)

    def fail(self, task: Task) -> None:
        """*task* failed: its host stops, and what needs it is never reached."""
        self.failed.add(task)
        self.stopped.add(task[0])

    def skip(self, host: str) -> None:
        """*host* cannot be reached: nothing of it is begun."""
        self.stopped.add(host)

    def idle(self, host: str) -> None:
        """*host* has worked off its batch, or stopped in it."""
        self.running.pop(host, None)

    def lose(self, host: str) -> list[Task]:
        """The line to *host* is gone; returns the tasks whose end is unknown."""
        unknown = [task for task in self.running.pop(host, []) if task not in self.done]
        self.failed.update(unknown[:1])
        self.stopped.add(host)
        return unknown[:1]

    @property
    def is_over(self) -> bool:
        """Whether nothing runs; ask after `next_batches` has started what can be started."""
        return not self.running

    def not_reached(self) -> list[Task]:
        """Tasks that were never started."""
        over = self.done | self.failed
        return [task for task in self.order if task not in over]
