"""A picture as SVG: one file that needs no library, font or network.

Each host is a lane, each root a box with the keys that it requires at its left
and those that it provides at its right; what is deployed first stands left.
"""

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from batou.deploy.picture.layout import (
    HEADER,
    LINE,
    LONGEST_LABEL,
    LONGEST_NAME,
    MARGIN,
    PADDING,
    Box,
    Drawing,
    Lane,
    Port,
    host_notes,
    lay_out,
    shortened,
)
from batou.deploy.picture.layout import Line as WireLine
from batou.deploy.picture.model import Picture
from batou.deploy.picture.text import needed, titled
from batou.deploy.schedule import Task

RADIUS = 5.0

LIGHT = ("#1d4ed8", "#c2410c", "#15803d", "#7e22ce", "#0e7490", "#a16207", "#be185d", "#4d7c0f")
DARK = ("#60a5fa", "#fb923c", "#4ade80", "#c084fc", "#22d3ee", "#facc15", "#f472b6", "#a3e635")
"""Colours of hosts; the lines that leave a host have its colour."""

STYLE = """
text { font: 10.5px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #374151 }
.paper { fill: #ffffff }
.title { font-size: 16px; font-weight: bold; fill: #111827 }
.lane { fill: #f3f4f6; stroke: #d1d5db }
.box { fill: #ffffff; stroke: #6b7280 }
.name { font-size: 13px; font-weight: bold; fill: #111827 }
.pale { fill: #6b7280 }
.out { text-anchor: end }
.left-out { stroke-dasharray: 4 3 }
.near { opacity: 0.55 }
.wire { fill: none; stroke-width: 1.5 }
.wire:hover { stroke-width: 4 }
.tip { fill: #374151 }
.bad { fill: #b91c1c }
.bad-box { stroke: #dc2626 }
.bad-line { fill: none; stroke: #dc2626; stroke-dasharray: 5 3 }
"""

STYLE_DARK = """
text { fill: #d1d5db }
.paper { fill: #0b1120 }
.title { fill: #f9fafb }
.lane { fill: #151e30; stroke: #334155 }
.box { fill: #1f2a3d; stroke: #94a3b8 }
.name { fill: #f9fafb }
.pale { fill: #9ca3af }
.tip { fill: #d1d5db }
.bad { fill: #f87171 }
.bad-box { stroke: #f87171 }
.bad-line { stroke: #f87171 }
"""


def as_svg(picture: Picture) -> str:
    """The picture as a document of its own."""
    drawing = lay_out(picture)
    hosts = {host.name: number % len(LIGHT) for number, host in enumerate(picture.hosts)}
    width = _total_width(picture, drawing)
    size = (_number(width), _number(drawing.height))
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {size[0]} {size[1]}",
            "width": size[0],
            "height": size[1],
            "role": "img",
            "aria-labelledby": "title description",
        },
    )
    _describe(svg, picture)
    SubElement(svg, "style").text = style()
    SubElement(svg, "rect", {"class": "paper", "width": "100%", "height": "100%"})
    _text(svg, MARGIN, 24, f"environment {picture.environment}", "title")
    _text(svg, MARGIN, 42, legend(picture), "pale")
    for lane in drawing.lanes:
        _draw_lane(svg, lane, width - 2 * MARGIN, hosts[lane.host.name])
    for line in _far_first(drawing.lines):
        _draw_line(svg, line, hosts[line.wire.first[0]])
    why = _reasons(picture)
    for box in drawing.boxes:
        _draw_box(svg, box, hosts, why.get(box.root.task, ()))
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def style() -> str:
    """The style sheet, with a dark variant for readers who prefer one."""
    light, dark = (
        "".join(
            f".h{number}.wire {{ stroke: {colour} }}\n.h{number}.dot {{ fill: {colour} }}\n"
            for number, colour in enumerate(colours)
        )
        for colours in (LIGHT, DARK)
    )
    return f"{STYLE}{light}@media (prefers-color-scheme: dark) {{{STYLE_DARK}{dark}}}\n"


def legend(picture: Picture) -> str:
    """One line that says how to read the picture."""
    if not picture.edges:
        return picture.summary
    return f"{picture.summary}; lines lead from what is deployed first to what needs it"


def _total_width(picture: Picture, drawing: Drawing) -> float:
    least = 2 * MARGIN + max(len(legend(picture)) * 6.4, (12 + len(picture.environment)) * 9.7)
    return max(drawing.width, least)


def _describe(svg: Element, picture: Picture) -> None:
    title = SubElement(svg, "title", {"id": "title"})
    title.text = _clean(f"environment {picture.environment}")
    description = SubElement(svg, "desc", {"id": "description"})
    order = ", ".join(f"{root.number}. {root}" for root in picture.roots if not root.is_near)
    description.text = _clean(f"{legend(picture)}. Order of deployment: {order or 'nothing'}")


def _reasons(picture: Picture) -> dict[Task, list[str]]:
    reasons: dict[Task, list[str]] = {}
    for edge in picture.edges:
        reasons.setdefault(edge.after, []).append(needed(edge))
    return reasons


def _far_first(lines: Iterable[WireLine]) -> list[WireLine]:
    """Cycles come last, so that they are seen; the rest keeps its order."""
    return sorted(lines, key=lambda line: line.wire.is_cyclic)


def _draw_lane(svg: Element, lane: Lane, width: float, colour: int) -> None:
    group = SubElement(svg, "g")
    SubElement(group, "title").text = _clean(f"host {lane.host}")
    kind = "lane left-out" if lane.host.is_ignored else "lane"
    _rect(group, MARGIN, lane.y, width, lane.height, kind, 8)
    _rect(group, MARGIN, lane.y + 8, 4, lane.height - 16, f"h{colour} dot", 2)
    x = MARGIN + PADDING
    _text(group, x + 2, lane.y + 24, shortened(lane.host.name, LONGEST_NAME), "name")
    for number, note in enumerate(host_notes(lane.host), 1):
        _text(group, x + 2, lane.y + 24 + LINE * number, note, "pale")


def _draw_line(svg: Element, line: WireLine, colour: int) -> None:
    wire = line.wire
    kind = "bad-line wire" if wire.is_cyclic else f"h{colour} wire"
    path = SubElement(svg, "path", {"class": kind, "d": way(line.points)})
    verb = "comes after" if wire.label.endswith(" (reverse)") else "needs"
    (host, name), (other_host, other) = wire.after, wire.first
    SubElement(path, "title").text = _clean(
        f"{host}: {name} {verb} {other_host}: {other} (key {wire.label!r})"
    )


def _draw_box(svg: Element, box: Box, hosts: dict[str, int], why: Sequence[str]) -> None:
    root = box.root
    group = SubElement(svg, "g", {"class": "near"} if root.is_near else {})
    facts = [f"{root.number}. {root.host}: {titled(root)}", *why]
    facts += [f"needs {key!r}, which nobody provides" for key in root.missing]
    facts += [f"provides {key!r}" for key in root.provides]
    SubElement(group, "title").text = _clean("\n".join(facts))
    _rect(group, box.x, box.y, box.width, box.height, _box_kind(box), 6)
    _text(group, box.x + PADDING, box.y + 17, box.name, "name")
    _text(group, box.x + box.width - PADDING, box.y + 17, f"{root.number}", "pale out")
    for number, note in enumerate(box.notes):
        _text(group, box.x + PADDING, box.y + HEADER + LINE * number + 9, note, "pale")
    for port in box.input_ports():
        _draw_input(group, box, port)
    for port in box.output_ports():
        right = box.x + box.width
        place = {"cx": _number(right), "cy": _number(port.y), "r": "3"}
        SubElement(group, "circle", {"class": f"h{hosts[root.host]} dot", **place})
        _text(group, right - PADDING, port.text_y, _label(port), "out")
    ports = max(len(box.inputs) + len(box.missing), len(box.outputs))
    top = box.y + box.ports_top + LINE * ports + 11
    for number, line in enumerate(box.tree):
        _text(group, box.x + PADDING, top + LINE * number, line, "pale tree")


def _box_kind(box: Box) -> str:
    kinds = ["box"]
    if box.root.ignored:
        kinds.append("left-out")
    if box.missing:
        kinds.append("bad-box")
    return " ".join(kinds)


def _draw_input(group: Element, box: Box, port: Port) -> None:
    if port.is_missing:
        _text(group, box.x + PADDING, port.text_y, f"{_label(port)}", "bad")
        return
    tip = f"M{_number(box.x)} {_number(port.y)}l-6 -3.5v7z"
    SubElement(group, "path", {"class": "tip", "d": tip})
    _text(group, box.x + PADDING, port.text_y, _label(port))


def _label(port: Port) -> str:
    return shortened(port.label, LONGEST_LABEL)


def way(points: Sequence[tuple[float, float]]) -> str:
    """The path through *points*, with rounded corners.

    >>> way([(0, 0), (20, 0), (20, 20)])
    'M0 0L15 0Q20 0 20 5L20 20'
    """
    corners = [
        point for point, before in zip(points, [None, *points], strict=False) if point != before
    ]
    path = f"M{_pair(*corners[0])}"
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        path += (
            f"L{_pair(*_toward(corner, before))}Q{_pair(*corner)} {_pair(*_toward(corner, after))}"
        )
    return path + f"L{_pair(*corners[-1])}"


def _toward(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """A point next to *start*, on the way to *end*, which is level with it or straight below."""
    (x, y), (other_x, other_y) = start, end
    distance = abs(other_x - x) + abs(other_y - y)
    share = min(RADIUS, distance / 2) / distance
    return x + (other_x - x) * share, y + (other_y - y) * share


def _pair(x: float, y: float) -> str:
    return f"{_number(x)} {_number(y)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _rect(
    parent: Element, x: float, y: float, width: float, height: float, kind: str, radius: float
) -> None:
    values = {"x": x, "y": y, "width": width, "height": height, "rx": radius}
    places = {key: _number(value) for key, value in values.items()}
    SubElement(parent, "rect", {"class": kind, **places})


def _text(parent: Element, x: float, y: float, text: str, kind: str = "") -> None:
    attributes = {"x": _number(x), "y": _number(y)}
    if kind:
        attributes["class"] = kind
    if kind.endswith("tree"):
        attributes["xml:space"] = "preserve"
    SubElement(parent, "text", attributes).text = _clean(text)


def _clean(text: str) -> str:
    """*text* without characters that XML has no place for."""
    return re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
