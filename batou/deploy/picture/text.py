"""A picture as text: per host what is deployed, what it needs and provides; then the order."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from batou.deploy.picture.model import Branch, Edge, HostBox, Picture, Root
from batou.deploy.schedule import Task

MOST = 8
"""Users of a key that are named."""

Users = dict[tuple[Task, str], list[Task]]
"""Who uses what a root provides under a key."""


def as_text(picture: Picture) -> str:
    """The picture for a terminal."""
    lines = [f"environment {picture.environment!r}: {picture.summary}"]
    if picture.has_cycle:
        lines.append("the dependencies form a cycle, so there is no order that satisfies them all")
    needs: dict[Task, list[Edge]] = defaultdict(list)
    users: Users = defaultdict(list)
    for edge in picture.edges:
        needs[edge.after].append(edge)
        for key in edge.keys:
            provider, user = (edge.after, edge.first) if key in edge.reverse else edge.tasks
            users[provider, key].append(user)
    for host in picture.hosts:
        lines.extend(_host_lines(picture, host, needs, users))
    if picture.roots:
        lines.extend(_order_lines(picture))
    return "\n".join(lines) + "\n"


def _host_lines(
    picture: Picture, host: HostBox, needs: dict[Task, list[Edge]], users: Users
) -> Iterator[str]:
    own = [root for root in picture.roots if root.host == host.name and not root.is_near]
    if not own and any(root.host == host.name for root in picture.roots):
        return
    yield ""
    yield str(host)
    if not own:
        yield "      no components"
    for root in own:
        yield f"{root.number:4}. {titled(root)}"
        for line in _facts(root, needs[root.task], users):
            yield f"      {line}"


def _facts(root: Root, needs: list[Edge], users: Users) -> Iterator[str]:
    for edge in needs:
        yield needed(edge)
    for key in root.missing:
        yield f"needs {key!r}, which nobody provides"
    for key in root.provides:
        yield provided(key, users.get((root.task, key), []))
    yield from tree_lines(root.branches)


def titled(root: Root) -> str:
    """The name of a root, with its features and whether it is left out.

    >>> titled(Root("web1", "app", features=("cron",), ignored="host is ignored"))
    'app:cron (host is ignored)'
    """
    name = f"{root.name}:{','.join(root.features)}" if root.features else root.name
    return f"{name} ({root.ignored})" if root.ignored else name


def needed(edge: Edge) -> str:
    """Why a root comes after another one, told from its side.

    >>> needed(Edge(("db1", "postgres"), ("web1", "app"), ("db",)))
    "needs db1: postgres (key 'db')"
    """
    host, name = edge.first
    noun = "key" if len(edge.keys) == 1 else "keys"
    facts = [f"{noun} {', '.join(map(repr, edge.keys))}"]
    verb = "needs"
    if edge.reverse and edge.reverse == edge.keys:
        verb = "comes after"
        facts.append("required in reverse")
    elif edge.reverse:
        facts.append(f"{', '.join(map(repr, edge.reverse))} required in reverse")
    if edge.is_cyclic:
        facts.append("part of a cycle")
    return f"{verb} {host}: {name} ({', '.join(facts)})"


def provided(key: str, users: list[Task]) -> str:
    """What a root provides, and to whom.

    >>> provided("db", [("web1", "app"), ("web2", "app")])
    "provides 'db' to web1: app, web2: app"
    """
    names = [f"{host}: {name}" for host, name in users[:MOST]]
    if len(users) > MOST:
        names[-1:] = [f"{len(users) - MOST + 1} more"]
    return f"provides {key!r} to {', '.join(names)}" if names else f"provides {key!r}"


def tree_lines(branches: Iterable[Branch]) -> Iterator[str]:
    """Sub-components with the lines that show what belongs to what.

    >>> print("\\n".join(tree_lines([Branch("File('a')", (Branch("Content('a')"),)), Branch("B")])))
    ├─ File('a')
    │  └─ Content('a')
    └─ B
    """
    entries = list(branches)
    for branch in entries:
        is_last = branch is entries[-1]
        yield f"{'└─' if is_last else '├─'} {branch.name}"
        for line in tree_lines(branch.branches):
            yield f"{'   ' if is_last else '│  '}{line}"


def _order_lines(picture: Picture) -> Iterator[str]:
    yield ""
    yield "order"
    for root in picture.roots:
        if root.is_near:
            continue
        remark = f" ({root.ignored})" if root.ignored else ""
        yield f"{root.number:4}. {root}{remark}"
