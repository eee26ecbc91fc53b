"""What came out of a trial, in plain words."""

from collections.abc import Sequence

from batou.report.events import Failure
from batou.testing.trial.deployment import Change, Deployed
from batou.testing.trial.stage import StagedHost


def not_idempotent(changes: Sequence[Change]) -> list[Failure]:
    """One failure for each component that a second deployment changed; hosts are put together."""
    groups: dict[tuple[str, str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.root, change.component, change.reason), []).append(change)
    return [_changed_again(group) for group in groups.values()]


def _changed_again(group: Sequence[Change]) -> Failure:
    first = group[0]
    hosts = sorted({change.host for change in group})
    rows = [("Host" if len(hosts) == 1 else "Hosts", ", ".join(hosts))]
    if first.component.lower() != first.root:
        rows.append(("Component", first.component))
    if first.reason:
        rows.append(("Reason", first.reason))
    if first.lines:
        rows.append(("Changed", "\n".join(first.lines[:20])))
    return Failure(
        f"component {first.root!r} is not idempotent: the second deployment changes it again",
        tuple(rows),
        "after update() has done its work, verify() must find nothing to do; "
        "compare what it looks at with what update() makes",
        "NotIdempotent",
    )


def works_elsewhere(deployed: Deployed, hosts: Sequence[StagedHost]) -> list[Failure]:
    """For each root that failed on one platform and not on another: a word about that."""
    platforms = {host.name: host.image for host in hosts}
    failed = deployed.failed_roots()
    works = sorted(deployed.works, key=lambda work: (work.outcome == "failed", work.host))
    found = []
    for root in dict.fromkeys(root for _, root in failed):
        bad = sorted({platforms[host] for host, name in failed if name == root})
        good = sorted(
            {
                platforms[work.host]
                for work in deployed.works
                if work.root == root and work.outcome != "failed"
            }
            - set(bad)
        )
        if good:
            variant = f"@platform({bad[0]!r}, {root.title()})"
            found.append(
                Failure(
                    f"component {root!r} works on {', '.join(good)} and not on {', '.join(bad)}",
                    tuple(
                        (platforms[work.host], f"{work.outcome} on {work.host}")
                        for work in works
                        if work.root == root
                    ),
                    f"write what differs into a variant of the component: a class with {variant}",
                    "PlatformDiffers",
                )
            )
    return found


def sentence(environment: str, hosts: Sequence[StagedHost], problems: Sequence[str]) -> str:
    """Whether *environment* works, and where that was tried.

    >>> web = StagedHost("web", "c1", "10.0.0.2", "ubuntu", "ubuntu")
    >>> sentence("dev", [web], [])
    "environment 'dev' works on web (ubuntu)"
    >>> sentence("dev", [web], ["1 test fails"])
    "environment 'dev' does not work: 1 test fails"
    """
    if problems:
        return f"environment {environment!r} does not work: {'; '.join(problems)}"
    where = ", ".join(f"{host.name} ({host.shown})" for host in hosts)
    return f"environment {environment!r} works on {where}"
