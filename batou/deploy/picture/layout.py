"""Sizes and places of everything in an SVG, in pixels; decided with values only."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from batou.deploy.picture import routing
from batou.deploy.picture.grid import Grid, arrange
from batou.deploy.picture.model import HostBox, Picture, Root
from batou.deploy.picture.routing import Net, NetName, Tracks, Wire
from batou.deploy.picture.text import tree_lines
from batou.deploy.schedule import Task

MARGIN, TITLE, PADDING = 16.0, 56.0, 10.0
HEADER, LINE, TRACK = 26.0, 16.0, 7.0
LANE_GAP, GUTTER, CHANNEL = 12.0, 12.0, 34.0
WIDE, SMALL = 7.9, 6.4  # of a character of a name, and of everything else
STAGGER = 3.0  # so that an output and the next column's input are never level
LONGEST_LABEL, LONGEST_LINE, LONGEST_NAME = 26, 46, 30


def shortened(text: str, length: int) -> str:
    """*text*, with an ellipsis if it is longer than *length*.

    >>> shortened("postgres", 5)
    'post…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def columns_of(text: str) -> int:
    """How many columns *text* takes in a font with fixed width."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


@dataclass(frozen=True)
class Port:
    """A key at the edge of a box; its line begins or ends at height *y*."""

    label: str
    y: float
    text_y: float
    is_missing: bool = False


@dataclass
class Box:
    """A root, with its inputs to the left and its outputs to the right."""

    root: Root
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    x: float = 0
    y: float = 0
    width: float = 0

    @property
    def notes(self) -> list[str]:
        """What stands below the name."""
        notes = [", ".join(self.root.features)] if self.root.features else []
        notes += [self.root.ignored] if self.root.ignored else []
        return [shortened(note, LONGEST_LINE) for note in notes]

    @property
    def tree(self) -> list[str]:
        """Sub-components, as lines."""
        return [shortened(line, LONGEST_LINE) for line in tree_lines(self.root.branches)]

    @property
    def name(self) -> str:
        """The name, as far as there is room."""
        return shortened(self.root.name, LONGEST_NAME)

    @property
    def natural_width(self) -> float:
        """The width that the texts need."""
        left = max((_columns(label) for label in [*self.inputs, *self.missing]), default=0)
        right = max((_columns(label) for label in self.outputs), default=0)
        lines = max(map(columns_of, [*self.notes, *self.tree]), default=0)
        title = columns_of(self.name) * WIDE + (2 + len(str(self.root.number))) * SMALL
        ports = (left + right + 3) * SMALL
        return max(title, ports, lines * SMALL) + 2 * PADDING

    @property
    def ports_top(self) -> float:
        """The height where ports begin, from the top of the box."""
        return HEADER + LINE * len(self.notes)

    @property
    def height(self) -> float:
        """The height that the texts need."""
        ports = max(len(self.inputs) + len(self.missing), len(self.outputs))
        lines = ports + len(self.tree)
        return self.ports_top + LINE * lines + (4 if lines or self.notes else 0)

    def input_ports(self) -> list[Port]:
        """The inputs, with those that nobody provides at the end."""
        labels = [*self.inputs, *self.missing]
        return [
            self._port(number, label, -STAGGER, number >= len(self.inputs))
            for number, label in enumerate(labels)
        ]

    def output_ports(self) -> list[Port]:
        """The outputs."""
        return [self._port(number, label, STAGGER) for number, label in enumerate(self.outputs)]

    def _port(self, number: int, label: str, offset: float, is_missing: bool = False) -> Port:
        middle = self.y + self.ports_top + LINE * number + LINE / 2
        return Port(label, middle + offset, middle + 3.5, is_missing)


def _columns(label: str) -> int:
    return columns_of(shortened(label, LONGEST_LABEL))


@dataclass(frozen=True)
class Lane:
    """A host, and the strip that its roots stand in."""

    host: HostBox
    y: float
    height: float


@dataclass(frozen=True)
class Line:
    """A wire, and the corners of its way."""

    wire: Wire
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Drawing:
    """Everything with its place."""

    width: float
    height: float
    head: float
    lanes: tuple[Lane, ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def wires_of(picture: Picture) -> list[Wire]:
    """One wire for each key of each edge."""
    return [
        Wire(edge.first, edge.after, edge.label(key), edge.is_cyclic)
        for edge in picture.edges
        for key in edge.keys
    ]


def boxes_of(picture: Picture, wires: Iterable[Wire]) -> dict[Task, Box]:
    """A box for each root, with its ports."""
    boxes = {root.task: Box(root, missing=list(root.missing)) for root in picture.roots}
    for wire in wires:
        first, after = boxes[wire.first], boxes[wire.after]
        if wire.label not in first.outputs:
            first.outputs.append(wire.label)
        if wire.label not in after.inputs:
            after.inputs.append(wire.label)
    for box in boxes.values():
        if not box.root.is_near:
            box.outputs += [key for key in box.root.provides if key not in box.outputs]
        box.inputs.sort()
        box.outputs.sort()
    return boxes


def lay_out(picture: Picture) -> Drawing:
    """Give everything its place."""
    grid = arrange(picture)
    wires = wires_of(picture)
    boxes = boxes_of(picture, wires)
    all_nets = routing.nets(wires, grid.cells)
    gutters = routing.choose_gutters(all_nets, grid)
    rails = routing.rail_tracks(all_nets, gutters)
    lanes, gutter_tops = _heights(picture, grid, boxes, rails)
    rail_heights = {
        name: gutter_tops[gutter] + GUTTER / 2 + TRACK * rails.of[gutter, name]
        for name, gutter in gutters.items()
    }
    trunks = {
        net.name: routing.trunks(net, *_ends(net, boxes), rail_heights.get(net.name))
        for net in all_nets
    }
    tracks = routing.trunk_tracks(
        (channel, trunk) for own in trunks.values() for channel, trunk in own.items()
    )
    head = _head(picture)
    width, channel_lefts = _widths(grid, boxes, tracks, head)
    lines = [_line(wire, boxes, grid, rail_heights, tracks, channel_lefts) for wire in wires]
    bottom = max((lane.y + lane.height for lane in lanes), default=TITLE)
    return Drawing(width, bottom + MARGIN, head, tuple(lanes), tuple(boxes.values()), tuple(lines))


def _head(picture: Picture) -> float:
    """The width of the strip with the hosts' names."""
    names = [columns_of(shortened(host.name, LONGEST_NAME)) * WIDE for host in picture.hosts]
    notes = [columns_of(note) * SMALL for host in picture.hosts for note in host_notes(host)]
    return max([*names, *notes], default=0) + 2 * PADDING


def host_notes(host: HostBox) -> list[str]:
    """What stands below the name of a host."""
    notes = [shortened(host.platform, LONGEST_NAME)] if host.platform else []
    return notes + (["ignored"] if host.is_ignored else [])


def _heights(
    picture: Picture, grid: Grid, boxes: Mapping[Task, Box], rails: Tracks
) -> tuple[list[Lane], dict[int, float]]:
    """Set the height of each box; returns the lanes, and the top of each gutter."""
    rows: dict[int, list[Box]] = defaultdict(list)
    for task, cell in grid.cells.items():
        rows[cell.row].append(boxes[task])
    lanes, gutter_tops = [], {}
    y, gutter = TITLE, 0
    for host, lane in zip(picture.hosts, grid.lanes, strict=True):
        top = y
        for row in lane:
            gutter_tops[gutter] = y
            y += _gutter(rails, gutter)
            gutter += 1
            for box in rows[row]:
                box.y = y
            y += max((box.height for box in rows[row]), default=HEADER)
        gutter_tops[gutter] = y
        y += _gutter(rails, gutter)
        gutter += 1
        lanes.append(Lane(host, top, y - top))
        y += LANE_GAP
    return lanes, gutter_tops


def _gutter(rails: Tracks, number: int) -> float:
    return GUTTER + TRACK * max(0, rails.count.get(number, 0) - 1)


def _ends(net: Net, boxes: Mapping[Task, Box]) -> tuple[float, dict[Task, float]]:
    """The height where a net begins, and those where it ends."""
    source, label = net.name
    return (
        _height(boxes[source].output_ports(), label),
        {task: _height(boxes[task].input_ports(), label) for task in net.targets},
    )


def _height(ports: Iterable[Port], label: str) -> float:
    return next(port.y for port in ports if port.label == label and not port.is_missing)


def _widths(
    grid: Grid, boxes: Mapping[Task, Box], tracks: Tracks, head: float
) -> tuple[float, dict[int, float]]:
    """Set the place and width of each box; returns the whole width, and where channels begin."""
    columns: dict[int, list[Box]] = defaultdict(list)
    for task, cell in grid.cells.items():
        columns[cell.column].append(boxes[task])
    lefts = {-1: MARGIN + head}
    x = lefts[-1] + _channel(tracks, -1, PADDING)
    for column in range(grid.columns):
        width = max((box.natural_width for box in columns[column]), default=0)
        for box in columns[column]:
            box.x, box.width = x, width
        x += width
        lefts[column] = x
        is_last = column == grid.columns - 1
        x += _channel(tracks, column, PADDING if is_last else CHANNEL)
    return x + MARGIN, lefts


def _channel(tracks: Tracks, number: int, least: float) -> float:
    count = tracks.count.get(number, 0)
    return max(least, CHANNEL + TRACK * (count - 1)) if count else least


def _line(
    wire: Wire,
    boxes: Mapping[Task, Box],
    grid: Grid,
    rail_heights: Mapping[NetName, float],
    tracks: Tracks,
    channel_lefts: Mapping[int, float],
) -> Line:
    """The way of a wire: out, along the trunk, maybe a rail and another trunk, and in."""

    def x_in(channel: int) -> float:
        track = tracks.of.get((channel, wire.net), 0)
        return channel_lefts[channel] + CHANNEL / 2 + TRACK * track

    first, after = boxes[wire.first], boxes[wire.after]
    start = _height(first.output_ports(), wire.label)
    end = _height(after.input_ports(), wire.label)
    own, last = grid.cells[wire.first].column, grid.cells[wire.after].column - 1
    points = [(first.x + first.width, start), (x_in(own), start)]
    if own != last:
        rail = rail_heights[wire.net]
        points += [(x_in(own), rail), (x_in(last), rail)]
    points += [(x_in(last), end), (after.x, end)]
    return Line(wire, tuple(points))
