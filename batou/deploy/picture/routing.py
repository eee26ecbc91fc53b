"""Lines that never run through a box, as on a circuit board.

Lines live in the channels between columns (vertical) and in the gutters between
rows (horizontal). All lines that leave one output share their way as far as it
is the same: they are a net. A net has at most one trunk per channel and at most
one rail. Overlapping pieces of different nets are put on different tracks.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from batou.deploy.picture.grid import Cell, Grid
from batou.deploy.schedule import Task

Interval = tuple[float, float]
NetName = tuple[Task, str]

CLEARANCE = 5.0
"""Pixels between two trunks on one track."""


@dataclass(frozen=True)
class Wire:
    """A line from an output of *first* to the input of the same *label* of *after*."""

    first: Task
    after: Task
    label: str
    is_cyclic: bool = False

    @property
    def net(self) -> NetName:
        """The net that the wire belongs to."""
        return self.first, self.label


@dataclass
class Net:
    """All wires from one output; channel *n* is to the right of column *n*."""

    name: NetName
    source: Cell
    targets: dict[Task, Cell] = field(default_factory=dict)

    @property
    def channels(self) -> list[int]:
        """The channels where the net has a trunk."""
        return sorted({self.source.column, *(cell.column - 1 for cell in self.targets.values())})

    @property
    def far_rows(self) -> list[int]:
        """The rows of targets that are not in the next column."""
        near = self.source.column + 1
        return sorted(cell.row for cell in self.targets.values() if cell.column != near)


def nets(wires: Iterable[Wire], cells: Mapping[Task, Cell]) -> list[Net]:
    """The nets that *wires* form, in the order of the wires."""
    found: dict[NetName, Net] = {}
    for wire in wires:
        net = found.setdefault(wire.net, Net(wire.net, cells[wire.first]))
        net.targets[wire.after] = cells[wire.after]
    return list(found.values())


def first_fit(intervals: Sequence[Interval]) -> list[int]:
    """A track for each interval, so that none meet on one; the first ones get the lowest.

    >>> first_fit([(0, 2), (1, 3), (2.5, 4)])
    [0, 1, 0]
    """
    tracks: list[list[Interval]] = []
    chosen = []
    for interval in intervals:
        for number, track in enumerate(tracks):
            place = bisect_left(track, interval)
            is_free_before = place == 0 or track[place - 1][1] < interval[0]
            if is_free_before and (place == len(track) or interval[1] < track[place][0]):
                track.insert(place, interval)
                chosen.append(number)
                break
        else:
            tracks.append([interval])
            chosen.append(len(tracks) - 1)
    return chosen


@dataclass(frozen=True)
class Tracks:
    """The track of each net, per gutter or channel, and how many tracks each of them has."""

    of: Mapping[tuple[int, NetName], int]
    count: Mapping[int, int]


def _tracks(pieces: Mapping[int, Sequence[tuple[NetName, Interval]]]) -> Tracks:
    of, count = {}, {}
    for place, entries in pieces.items():
        chosen = first_fit([interval for _, interval in entries])
        of.update({(place, name): t for (name, _), t in zip(entries, chosen, strict=True)})
        count[place] = max(chosen, default=-1) + 1
    return Tracks(of, count)


# Rails: horizontal, in gutters


def choose_gutters(all_nets: Iterable[Net], grid: Grid) -> dict[NetName, int]:
    """The gutter of each net that needs a rail: next to the source, on the targets' side."""
    above = {row: row + number for number, lane in enumerate(grid.lanes) for row in lane}
    chosen = {}
    for net in all_nets:
        if far := net.far_rows:
            is_below = far[len(far) // 2] > net.source.row
            chosen[net.name] = above[net.source.row] + is_below
    return chosen


def rail_tracks(all_nets: Iterable[Net], gutters: Mapping[NetName, int]) -> Tracks:
    """Tracks of rails; their extent is counted in channels."""
    pieces: dict[int, list[tuple[NetName, Interval]]] = defaultdict(list)
    for net in all_nets:
        if net.name in gutters:
            channels = net.channels
            pieces[gutters[net.name]].append((net.name, (channels[0], channels[-1])))
    return _tracks(pieces)


# Trunks: vertical, in channels


@dataclass(frozen=True)
class Trunk:
    """A vertical piece of a net: where it is entered, and what it connects."""

    net: NetName
    entry: float
    ends: tuple[float, ...]

    @property
    def interval(self) -> Interval:
        """What it covers, with some clearance."""
        return min(self.entry, *self.ends) - CLEARANCE, max(self.entry, *self.ends) + CLEARANCE

    @property
    def is_level(self) -> bool:
        """Whether it has no length: the line runs straight on."""
        return set(self.ends) <= {self.entry}

    @property
    def rank(self) -> tuple[bool, float]:
        """Order from left to right that lets trunks cross few lines."""
        goes_down = sum(self.ends) / len(self.ends) > self.entry
        return not goes_down, -self.entry if goes_down else self.entry


def trunks(
    net: Net, outlet: float, inlets: Mapping[Task, float], rail: float | None
) -> dict[int, Trunk]:
    """The trunks of a net by channel; *outlet*, *inlets* and *rail* are heights."""
    ends: dict[int, list[float]] = defaultdict(list)
    for task, cell in net.targets.items():
        ends[cell.column - 1].append(inlets[task])
    own = net.source.column
    found = {}
    for channel in net.channels:
        entry = outlet if channel == own or rail is None else rail
        heights = ends[channel] + ([rail] if channel == own and rail is not None else [])
        found[channel] = Trunk(net.name, entry, tuple(heights))
    return found


def trunk_tracks(all_trunks: Iterable[tuple[int, Trunk]]) -> Tracks:
    """Tracks of trunks, given with their channels."""
    by_channel: dict[int, list[Trunk]] = defaultdict(list)
    for channel, trunk in all_trunks:
        if not trunk.is_level:
            by_channel[channel].append(trunk)
    return _tracks(
        {
            channel: [(trunk.net, trunk.interval) for trunk in sorted(own, key=lambda t: t.rank)]
            for channel, own in by_channel.items()
        }
    )
