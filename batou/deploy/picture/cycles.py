"""Which edges of a graph ``{node: {nodes it depends on}}`` are part of a cycle."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from batou import graph

Node = TypeVar("Node", bound=Hashable)


def cyclic_edges(needs: Mapping[Node, Iterable[Node]]) -> set[tuple[Node, Node]]:
    """The edges (node, what it depends on) that are part of a cycle.

    >>> sorted(cyclic_edges({"a": ["b"], "b": ["a"], "c": ["a"]}))
    [('a', 'b'), ('b', 'a')]
    """
    rest = graph.trim(needs)
    knot = knots(rest)
    return {(node, need) for node in rest for need in rest[node] if knot[node] == knot[need]}


def knots(needs: Mapping[Node, Iterable[Node]]) -> dict[Node, int]:
    """A number for each node; nodes that depend on each other have the same one.

    >>> found = knots({"a": ["b"], "b": ["a"], "c": ["a"]})
    >>> found["a"] == found["b"], found["a"] == found["c"]
    (True, False)
    """
    finished: list[Node] = []
    seen: set[Node] = set()
    for start in needs:
        finished.extend(_visit(needs, start, seen))
    dependents = graph.revert(needs)
    found: dict[Node, int] = {}
    seen = set()
    for number, start in enumerate(reversed(finished)):
        found.update(dict.fromkeys(_visit(dependents, start, seen), number))
    return found


def _visit(needs: Mapping[Node, Iterable[Node]], start: Node, seen: set[Node]) -> list[Node]:
    """What is reachable from *start* and not *seen*, each after what it depends on."""
    finished: list[Node] = []
    path = [(start, iter(needs.get(start, ())))] if start not in seen else []
    seen.add(start)
    while path:
        node, rest = path[-1]
        for need in rest:
            if need not in seen:
                seen.add(need)
                path.append((need, iter(needs.get(need, ()))))
                break
        else:
            finished.append(node)
            path.pop()
    return finished
