"""Where roots stand in the grid of an SVG: a lane of rows per host, a column per depth.

Decided with values only, before anything has a size.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from batou.deploy.picture.cycles import Node, knots
from batou.deploy.picture.model import Picture
from batou.deploy.schedule import Task


@dataclass(frozen=True)
class Cell:
    """A place in the grid; rows are counted over all lanes."""

    column: int
    row: int


@dataclass(frozen=True)
class Grid:
    """The cell of each root, how many columns there are, and the rows of each lane."""

    cells: Mapping[Task, Cell]
    columns: int
    lanes: tuple[range, ...]


def depths(order: Sequence[Node], needs: Mapping[Node, Iterable[Node]]) -> dict[Node, int]:
    """How many steps of dependency lead to each node; a cycle begins with its first node.

    >>> depths(["b", "a", "c"], {"b": ["a"], "c": ["b", "a"]})
    {'a': 0, 'b': 1, 'c': 2}
    """
    rank = {node: number for number, node in enumerate(order)}
    waiting = {node: rank.keys() & set(needs.get(node, ())) for node in order}
    dependents: dict[Node, list[Node]] = defaultdict(list)
    for node, own in waiting.items():
        for need in own:
            dependents[need].append(node)
    ready = [rank[node] for node, own in waiting.items() if not own]
    heapq.heapify(ready)
    knot = knots(waiting)
    found: dict[Node, int] = {}
    while len(found) < len(order):
        if ready:
            node = order[heapq.heappop(ready)]
        else:
            node = next(
                node
                for node in order
                if node not in found and all(knot[need] == knot[node] for need in waiting[node])
            )
        if node in found:
            continue
        before = [found[need] for need in needs.get(node, ()) if need in found]
        found[node] = 1 + max(before, default=-1)
        for dependent in dependents[node]:
            waiting[dependent].discard(node)
            if not waiting[dependent]:
                heapq.heappush(ready, rank[dependent])
    return dict(sorted(found.items(), key=lambda item: (item[1], rank[item[0]])))


def arrange(picture: Picture) -> Grid:
    """A cell for each root: dependencies to the left, what stands alone where there is room."""
    order = [root.task for root in picture.roots]
    needs: dict[Task, list[Task]] = defaultdict(list)
    for edge in picture.edges:
        needs[edge.after].append(edge.first)
    connected = {task for edge in picture.edges for task in (edge.first, edge.after)}
    depth = depths([task for task in order if task in connected], needs)
    stacked: dict[str, list[Task]] = defaultdict(list)
    for task in depth:
        stacked[task[0]].append(task)
    alone: dict[str, list[Task]] = defaultdict(list)
    for task in order:
        if task not in connected:
            alone[task[0]].append(task)
    columns = max(1, 1 + max(depth.values(), default=-1), *map(_width, alone.values()))
    cells: dict[Task, Cell] = {}
    lanes = []
    first_row = 0
    for host in picture.hosts:
        rows = _stack(stacked[host.name], depth, first_row, cells)
        rows += _fill(alone[host.name], columns, first_row + rows, cells)
        lanes.append(range(first_row, first_row + max(rows, 1)))
        first_row += max(rows, 1)
    return Grid(cells, columns, tuple(lanes))


def _width(alone: Sequence[Task]) -> int:
    """In how many columns roots that stand alone look best."""
    return min(4, math.ceil(math.sqrt(len(alone))))


def _stack(
    tasks: Iterable[Task], depth: Mapping[Task, int], first_row: int, cells: dict[Task, Cell]
) -> int:
    """Put each of *tasks* into its column, one below the other; returns the number of rows."""
    used: dict[int, int] = defaultdict(int)
    for task in tasks:
        column = depth[task]
        cells[task] = Cell(column, first_row + used[column])
        used[column] += 1
    return max(used.values(), default=0)


def _fill(tasks: Sequence[Task], columns: int, first_row: int, cells: dict[Task, Cell]) -> int:
    """Put *tasks* side by side; returns the number of rows."""
    for number, task in enumerate(tasks):
        cells[task] = Cell(number % columns, first_row + number // columns)
    return math.ceil(len(tasks) / columns)
