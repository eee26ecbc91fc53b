"""Narrow a run to some hosts or components."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from batou.deploy.schedule import Task
from batou.environment import Environment
from batou.errors import ConfigurationError, closest, listing


@dataclass(frozen=True)
class Selection:
    """What to deploy; empty means everything."""

    hosts: tuple[str, ...] = ()
    skip_hosts: tuple[str, ...] = ()
    components: tuple[str, ...] = ()

    def check(self, environment: Environment) -> list[ConfigurationError]:
        """What is wrong with the names, with the nearest that exist."""
        hosts = sorted({*environment.hosts, *environment.hostname_mapping})
        components = sorted({root.name for root in environment.root_components})
        return [
            *_unknown("--host", "host", self.hosts, hosts),
            *_unknown("--skip-host", "host", self.skip_hosts, hosts),
            *_unknown("--component", "component", self.components, components),
            *self._nowhere(environment, components),
        ]

    def _nowhere(
        self, environment: Environment, known: Sequence[str]
    ) -> Iterable[ConfigurationError]:
        """Components that exist, but on no host that takes part."""
        for name in set(self.components) & set(known):
            hosts = [root.host.name for root in environment.root_components if root.name == name]
            if not any(self.takes_host(environment, host) for host in hosts):
                error = ConfigurationError(f"--component: no chosen host has component {name!r}")
                error.advice = f"it is on {listing(hosts)}"
                yield error

    def takes_host(self, environment: Environment, name: str) -> bool:
        """Whether host *name* takes part."""
        names = {environment.hostname_mapping.get(host, host) for host in self.hosts}
        skipped = {environment.hostname_mapping.get(host, host) for host in self.skip_hosts}
        return (not names or name in names) and name not in skipped

    def left_out(self, environment: Environment) -> "list[tuple[Task, str]]":
        """Tasks that are not deployed, and why."""
        found = []
        for root in environment.root_components:
            reason = self._reason(environment, root.host.name, root.name)
            if root.host.ignore:
                reason = "host is ignored"
            elif root.ignore:
                reason = "component is ignored"
            if reason:
                found.append(((root.host.name, root.name), reason))
        return found

    def _reason(self, environment: Environment, host: str, component: str) -> str:
        if not self.takes_host(environment, host):
            return "host was left out"
        if self.components and component not in self.components:
            return "component was left out"
        return ""


def _unknown(
    option: str, noun: str, names: Sequence[str], known: Sequence[str]
) -> Iterable[ConfigurationError]:
    for name in names:
        if name not in known:
            advice = closest(name, known) or f"there are: {listing(known)}"
            yield ConfigurationError(f"{option}: there is no {noun} {name!r}; {advice}")
