"""Order, cycles, and what can start now, over graphs ``{node: {nodes it depends on}}``."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)
Graph = Mapping[Node, Iterable[Node]]


class CycleError(ValueError):
    """A graph has a cycle; ``args[0]`` is the rest of the graph that cannot be ordered."""


def ensure_complete(graph: Graph[Node]) -> dict[Node, set[Node]]:
    """A copy of *graph* in which every node that is depended on is a key, too.

    >>> ensure_complete({"app": ["db"]})
    {'app': {'db'}, 'db': set()}
    """
    complete = {node: set(needs) for node, needs in graph.items()}
    for needs in list(complete.values()):
        for node in needs:
            complete.setdefault(node, set())
    return complete


def revert(graph: Graph[Node]) -> dict[Node, set[Node]]:
    """The same edges, seen from the other end.

    >>> revert({"app": ["db"], "db": []})
    {'db': {'app'}}
    """
    reverted: dict[Node, set[Node]] = {}
    for node, needs in graph.items():
        for need in needs:
            reverted.setdefault(need, set()).add(node)
    return reverted


def order(graph: Graph[Node], wish: Iterable[Node] = ()) -> list[Node]:
    """All nodes, each after what it depends on; among free ones, in the order of *wish*.

    Nodes that *wish* does not name follow in the order of the graph. Raises
    CycleError with the part of the graph that cannot be ordered.

    >>> order({"app": ["db"], "cron": [], "db": []}, wish=["app", "cron", "db"])
    ['cron', 'db', 'app']
    """
    import heapq

    complete = ensure_complete(graph)
    rank = {node: index for index, node in enumerate(dict.fromkeys([*wish, *complete]))}
    nodes = list(rank)
    waiting = {node: len(needs) for node, needs in complete.items()}
    dependents = revert(complete)
    ready = [rank[node] for node, count in waiting.items() if not count]
    heapq.heapify(ready)
    ordered: list[Node] = []
    while ready:
        node = nodes[heapq.heappop(ready)]
        ordered.append(node)
        for dependent in dependents.get(node, ()):
            waiting[dependent] -= 1
            if not waiting[dependent]:
                heapq.heappush(ready, rank[dependent])
    if len(ordered) < len(complete):
        done = set(ordered)
        raise CycleError(
            {node: needs - done for node, needs in complete.items() if node not in done}
        )
    return ordered


def trim(graph: Graph[Node]) -> dict[Node, set[Node]]:
    """The graph without nodes from which no cycle can be reached.

    >>> sorted(trim({"a": ["b"], "b": ["a"], "c": []}))
    ['a', 'b']
    """
    rest = ensure_complete(graph)
    while leaves := {node for node, needs in rest.items() if not needs}:
        rest = {node: needs - leaves for node, needs in rest.items() if node not in leaves}
    return rest


def cycle(graph: Graph[Node]) -> list[Node]:
    """The nodes of one cycle in order of dependency, or nothing if there is none.

    >>> cycle({"a": ["b"], "b": ["a"], "c": []})
    ['a', 'b']
    """
    rest = trim(graph)
    if not rest:
        return []
    node = next(iter(rest))
    path: list[Node] = []
    while node not in path:
        path.append(node)
        node = next(need for need in rest if need in rest[node])
    return path[path.index(node) :]


def reachable(graph: Graph[Node], start: Iterable[Node]) -> set[Node]:
    """*start* and everything that it depends on, directly or not."""
    found: set[Node] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo.extend(graph.get(node, ()))
    return found


# as deployments know them from batou.utils
ensure_graph_data = ensure_complete
remove_nodes_without_outgoing_edges = trim
revert_graph = revert
topological_sort = order
