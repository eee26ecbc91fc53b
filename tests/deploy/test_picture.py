"""The model as text, DOT and SVG."""

import itertools
import json
import re
import struct
import subprocess
from collections import defaultdict
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batou.deploy.picture import (
    Branch,
    Edge,
    HostBox,
    Picture,
    Root,
    as_dot,
    as_svg,
    as_text,
    picture_of,
)
from batou.deploy.picture.cycles import cyclic_edges
from batou.deploy.picture.dot import quoted
from batou.deploy.picture.grid import arrange, depths
from batou.deploy.picture.layout import columns_of, lay_out
from batou.deploy.picture.routing import first_fit
from batou.environment import Environment

SVG = "{http://www.w3.org/2000/svg}"


def edge(first: str, after: str, *keys: str, **kw) -> Edge:
    """An edge between roots written as ``host:name``."""
    return Edge(tuple(first.split(":")), tuple(after.split(":")), keys, **kw)


def sample() -> Picture:
    """Two hosts, one of them ignored, and a database that an application needs."""
    return Picture(
        "prod",
        (HostBox("db1", "nixos"), HostBox("web1", "debian"), HostBox("web2", "", True)),
        (
            Root("db1", "postgres", 1, provides=("db", "db:dump")),
            Root("web1", "app", 2, features=("web", "cron"), provides=("http",)),
            Root("web1", "nginx", 3, ignored="ignored"),
            Root("web2", "app", 4, ignored="host is ignored"),
        ),
        (
            edge("db1:postgres", "web1:app", "db"),
            edge("web1:app", "web1:nginx", "http"),
            edge("db1:postgres", "web2:app", "db", "db:dump"),
        ),
    )


# From an environment


@pytest.fixture
def configured(project):
    """Configures the project's environment and returns its picture."""

    def configured(hosts: str, rest: str = "", **kw) -> Picture:
        project.environment(hosts, rest=rest)
        environment = Environment("local", basedir=project.path)
        environment._writes = False
        environment.load()
        environment.configure()
        return picture_of(environment, **kw)

    return configured


def test_roots_come_in_the_order_of_deployment_with_their_facts(project, configured):
    project.component(
        "db", "class Db(Component):\n    def configure(self): self.provide('db', 1)\n"
    )
    project.component(
        "app",
        """
        class App(Component):
            features = ()
            def configure(self):
                self.require("db")
        """,
    )

    picture = configured(
        "web = app:a, app:b\nsql = !db", rest="[host:old]\ncomponents =\nignore = 1"
    )

    assert [(str(root), root.number) for root in picture.roots] == [("sql: db", 1), ("web: app", 2)]
    assert picture.roots[0].ignored == "ignored"
    assert picture.roots[0].provides == ("db",)
    assert picture.roots[1].features == ("a", "b")
    assert picture.edges == (edge("sql:db", "web:app", "db"),)
    assert [str(host) for host in picture.hosts] == ["web", "sql", "old (ignored)"]


def test_an_edge_has_all_its_keys_and_knows_those_required_in_reverse(project, configured):
    project.component(
        "all",
        """
        class First(Component):
            def configure(self):
                self.provide("a", 1)
                self.provide(("b", 2), 1)
                self.require("stop", reverse=True)

        class After(Component):
            def configure(self):
                self.require(("b", 2))
                self.require("a", host=self.host)
                self.provide("stop", 1)
        """,
    )

    picture = configured("h = after, first")

    assert picture.edges == (
        edge("h:first", "h:after", "('b', 2)", "a", "stop", reverse=("stop",)),
    )
    text = as_text(picture)
    assert "needs h: first (keys \"('b', 2)\", 'a', 'stop', 'stop' required in reverse)" in text
    assert "provides 'stop' to h: first" in text


def test_peers_of_a_key_are_not_connected_by_it(project, configured):
    project.component(
        "peer",
        """
        class Peer(Component):
            def configure(self):
                self.provide("peers", self.host.name)
                self.require("peers")
        """,
    )

    picture = configured("a = peer\nb = peer")

    assert picture.edges == ()


def test_a_key_that_nobody_provides_is_shown(project, configured):
    project.component(
        "app",
        """
        class App(Component):
            def configure(self):
                self.require("db")
                self.require("disk", host=self.host)
        """,
    )

    picture = configured("web = app")

    assert picture.roots[0].missing == ("db", "disk on web")
    assert "      needs 'disk on web', which nobody provides\n" in as_text(picture)
    assert "nobody provides 'db'" in as_dot(picture)
    assert "disk on web" in as_svg(picture)


def test_a_cycle_is_marked_and_what_hangs_on_it_is_not(project, configured):
    project.component(
        "all",
        """
        class A(Component):
            def configure(self):
                self.provide("a", 1)
                self.require("b")

        class B(Component):
            def configure(self):
                self.provide("b", 1)
                self.require("a")

        class C(Component):
            def configure(self):
                self.require("a")
        """,
    )

    picture = configured("h = a, b, c")

    assert picture.has_cycle
    assert {edge.tasks for edge in picture.edges if edge.is_cyclic} == {
        (("h", "a"), ("h", "b")),
        (("h", "b"), ("h", "a")),
    }
    assert "the dependencies form a cycle" in as_text(picture)
    assert as_dot(picture).count("style=dashed]") == 2
    assert as_svg(picture).count('class="bad-line wire"') == 2


def test_sub_components_are_shown_if_asked_for(project, configured):
    project.component(
        "app",
        """
        class Part(Component):
            namevar = "name"

        class Whole(Component):
            def configure(self):
                self += Part("one")
                self += Part("two")

        class App(Component):
            def configure(self):
                self += Whole()
        """,
    )

    picture = configured("web = app", with_branches=True)
    without = configured("web = app")

    parts = (Branch("Part('one')"), Branch("Part('two')"))
    assert picture.roots[0].branches == (Branch("Whole", parts),)
    assert "      └─ Whole\n         ├─ Part('one')\n         └─ Part('two')\n" in as_text(picture)
    assert "└─ Part('two')\\l" in as_dot(picture)
    assert "   └─ Part('two')</text>" in as_svg(picture)
    assert without.roots[0].branches == ()


def test_what_could_not_be_configured_is_shown_nevertheless(project, configured):
    project.component("app", "class App(Component):\n    def configure(self): 1 / 0\n")

    picture = configured("web = app", with_branches=True)

    assert [str(root) for root in picture.roots] == ["web: app"]


# As text


def test_text_says_per_host_what_each_component_needs_and_provides():
    assert as_text(sample()) == (
        "environment 'prod': 3 hosts, 4 components, 3 dependencies\n"
        "\n"
        "db1 (nixos)\n"
        "   1. postgres\n"
        "      provides 'db' to web1: app, web2: app\n"
        "      provides 'db:dump' to web2: app\n"
        "\n"
        "web1 (debian)\n"
        "   2. app:web,cron\n"
        "      needs db1: postgres (key 'db')\n"
        "      provides 'http' to web1: nginx\n"
        "   3. nginx (ignored)\n"
        "      needs web1: app (key 'http')\n"
        "\n"
        "web2 (ignored)\n"
        "   4. app (host is ignored)\n"
        "      needs db1: postgres (keys 'db', 'db:dump')\n"
        "\n"
        "order\n"
        "   1. db1: postgres\n"
        "   2. web1: app\n"
        "   3. web1: nginx (ignored)\n"
        "   4. web2: app (host is ignored)\n"
    )


def test_many_users_of_a_key_are_counted():
    users = [Root(f"w{number}", "app", number) for number in range(1, 12)]
    picture = Picture(
        "prod",
        (HostBox("db"), *(HostBox(root.host) for root in users)),
        (Root("db", "pg", provides=("db",)), *users),
        tuple(Edge(("db", "pg"), root.task, ("db",)) for root in users),
    )

    text = as_text(picture)

    assert "w6: app, w7: app, 4 more\n" in text


def test_an_environment_without_components_says_so():
    assert as_text(Picture("new", (HostBox("web1"),))) == (
        "environment 'new': 0 hosts, 0 components, 0 dependencies\n\nweb1\n      no components\n"
    )


# Parts of it


def test_narrowed_to_a_host_shows_what_it_is_connected_to():
    picture = sample().narrowed(hosts=["web1"])

    assert {str(root): root.is_near for root in picture.roots} == {
        "db1: postgres": True,
        "web1: app": False,
        "web1: nginx": False,
    }
    assert [host.name for host in picture.hosts] == ["db1", "web1"]
    assert len(picture.edges) == 2
    assert picture.summary == "1 host, 2 components, 2 dependencies"


def test_text_of_a_part_tells_about_the_part_only():
    text = as_text(sample().narrowed(hosts=["web1"], components=["nginx"]))

    assert text == (
        "environment 'prod': 1 host, 1 component, 1 dependency\n"
        "\n"
        "web1 (debian)\n"
        "   3. nginx (ignored)\n"
        "      needs web1: app (key 'http')\n"
        "\n"
        "order\n"
        "   3. web1: nginx (ignored)\n"
    )


def test_without_names_nothing_is_left_out():
    assert sample().narrowed() == sample()


# Cycles and depths


edges_of_numbers = st.dictionaries(st.integers(0, 7), st.sets(st.integers(0, 7), max_size=4))


@given(edges_of_numbers)
def test_an_edge_is_cyclic_if_there_is_a_way_back(needs):
    needs = {node: own - {node} for node, own in needs.items()}

    def reaches(start: int, goal: int) -> bool:
        found, todo = set(), [start]
        while todo:
            node = todo.pop()
            if node not in found:
                found.add(node)
                todo.extend(needs.get(node, ()))
        return goal in found

    expected = {(node, need) for node, own in needs.items() for need in own if reaches(need, node)}

    assert cyclic_edges(needs) == expected


@given(edges_of_numbers)
def test_everything_has_a_depth_beyond_that_of_what_it_needs(needs):
    order = list(range(8))
    found = depths(order, needs)

    assert sorted(found) == order
    cyclic = cyclic_edges({node: needs.get(node, ()) for node in order})
    for node, own in needs.items():
        for need in own - {node}:
            assert (node, need) in cyclic or found[need] < found[node]


# DOT


@given(st.text())
def test_a_quoted_text_is_one_string_of_the_dot_language(text):
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', quoted(text), re.S)


def test_dot_has_a_cluster_for_each_host_and_keys_at_the_edges():
    lines = as_dot(sample()).splitlines()

    assert lines[0] == 'digraph "prod" {'
    assert '    "web1: app" [label="2. app:web,cron"]' in lines
    assert '  "db1: postgres" -> "web2: app" [label="db, db:dump"]' in lines
    assert sum("subgraph cluster_" in line for line in lines) == 3
    assert lines[-1] == "}"


@pytest.mark.needs("dot")
def test_graphviz_reads_every_name_as_it_is():
    strange = 'a"b\\n \\ <b>\\N</b> {x|y} é \\'
    picture = Picture(
        strange,
        (HostBox(strange, strange),),
        (Root(strange, strange, 1), Root(strange, "other", 2, branches=(Branch(strange),))),
        (Edge((strange, strange), (strange, "other"), (strange,)),),
    )

    done = subprocess.run(
        ["dot", "-Tjson"], input=as_dot(picture), text=True, capture_output=True, check=True
    )

    graph = json.loads(done.stdout)
    assert done.stderr == ""
    assert graph["name"] == strange.replace("\\", "\\\\")  # names are kept as they are written
    drawn = [
        op["text"]
        for item in (*graph["objects"], *graph["edges"])
        for op in item.get("_ldraw_", ())
        if op["op"] == "T"
    ]
    assert {f"1. {strange}", strange, f"└─ {strange}", f"{strange} ({strange})"} <= set(drawn)


@pytest.mark.needs("dot")
@pytest.mark.parametrize("picture", [sample(), Picture("empty"), sample().narrowed(["web1"])])
def test_graphviz_draws_what_dot_says(picture):
    done = subprocess.run(
        ["dot", "-Tsvg"], input=as_dot(picture), text=True, capture_output=True, check=True
    )

    assert done.stderr == ""
    assert done.stdout.count("<!-- web1: app -->") == any(r.host == "web1" for r in picture.roots)


# SVG


def test_svg_needs_nothing_from_elsewhere():
    svg = as_svg(sample())

    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    for word in ("<script", "@import", "url(", "href", "<image", "@font-face"):
        assert word not in svg


def test_svg_can_be_read_aloud():
    svg = ElementTree.fromstring(as_svg(sample()))

    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == "title description"
    assert svg[0].tag == f"{SVG}title"
    assert svg[0].text == "environment prod"
    assert "Order of deployment: 1. db1: postgres, 2. web1: app" in svg[1].text
    titles = {title.text for title in svg.iter(f"{SVG}title")}
    assert "host db1 (nixos)" in titles
    assert "web1: app needs db1: postgres (key 'db')" in titles


def test_svg_has_a_dark_variant_of_every_colour():
    style = ElementTree.fromstring(as_svg(sample())).find(f"{SVG}style").text
    light, dark = style.split("@media (prefers-color-scheme: dark) {")

    def coloured(css: str) -> set[str]:
        return {
            selector.strip()
            for selector, rules in re.findall(r"([^{}]+){([^}]*)}", css)
            if "#" in rules
        }

    assert coloured(light) == coloured(dark)
    assert style.count("{") == style.count("}")


def test_the_same_picture_gives_the_same_svg():
    assert as_svg(sample()) == as_svg(sample())


def test_svg_survives_names_that_xml_cannot_hold():
    strange = "<a&b> \x00\x1b[31m \ud800 \"'"
    picture = Picture(
        strange,
        (HostBox(strange, strange),),
        (Root(strange, strange, 1, (strange,), strange, (strange,), (strange,)),),
    )

    svg = as_svg(picture)

    texts = [text.text for text in ElementTree.fromstring(svg.encode()).iter(f"{SVG}text")]
    assert "<a&b> \ufffd\ufffd[31m \ufffd \"'" in texts


@pytest.mark.needs("rsvg-convert")
def test_svg_is_drawn_by_another_program():
    done = subprocess.run(
        ["rsvg-convert", "--format=png"],
        input=as_svg(sample()).encode(),
        capture_output=True,
        check=True,
    )

    width, height = struct.unpack(">II", done.stdout[16:24])
    root = ElementTree.fromstring(as_svg(sample()))
    assert done.stderr == b""
    assert (width, height) == pytest.approx(
        (float(root.get("width")), float(root.get("height"))), abs=1
    )


names = st.sampled_from(
    ["a", "app", "postgres", "supervisor:program", "a-name-that-is-longer-than-any-box-may-be"]
)


@st.composite
def pictures(draw) -> Picture:
    """Any picture: roots on some hosts, edges in all directions."""
    hosts = tuple(
        HostBox(f"{draw(names)}{number}", draw(st.sampled_from(["", "nixos"])), draw(st.booleans()))
        for number in range(draw(st.integers(1, 4)))
    )
    roots = tuple(
        Root(
            draw(st.sampled_from(hosts)).name,
            f"{draw(names)}{number}",
            number,
            features=draw(st.sampled_from([(), ("web",), ("web", "cron")])),
            ignored=draw(st.sampled_from(["", "ignored"])),
            provides=tuple(draw(st.sets(names, max_size=2))),
            missing=tuple(draw(st.sets(names, max_size=1))),
            branches=draw(st.sampled_from([(), (Branch("File('a')", (Branch("B"),)),)])),
        )
        for number in range(1, draw(st.integers(0, 12)) + 1)
    )
    pairs = list(itertools.permutations([root.task for root in roots], 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=24, unique=True)) if pairs else []
    return Picture(
        "any",
        hosts,
        roots,
        tuple(
            Edge(
                *pair, keys := tuple(sorted(draw(st.sets(names, min_size=1, max_size=2)))), keys[:1]
            )
            if draw(st.booleans())
            else Edge(*pair, (draw(names),), is_cyclic=draw(st.booleans()))
            for pair in chosen
        ),
    )


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_every_root_has_a_cell_of_its_own_in_the_lane_of_its_host(picture):
    grid = arrange(picture)

    assert set(grid.cells) == {root.task for root in picture.roots}
    assert len(set(grid.cells.values())) == len(grid.cells)
    lanes = dict(zip([host.name for host in picture.hosts], grid.lanes, strict=True))
    for (host, _), cell in grid.cells.items():
        assert cell.row in lanes[host]
        assert 0 <= cell.column < grid.columns


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_no_box_touches_another_one(picture):
    boxes = lay_out(picture).boxes

    for a, b in itertools.combinations(boxes, 2):
        apart = a.x + a.width < b.x or b.x + b.width < a.x
        assert apart or a.y + a.height < b.y or b.y + b.height < a.y


def segments(line):
    """The straight pieces of a line that have a length."""
    return [(a, b) for a, b in zip(line.points, line.points[1:], strict=False) if a != b]


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_no_line_runs_through_a_box(picture):
    drawing = lay_out(picture)

    for line in drawing.lines:
        for (x1, y1), (x2, y2) in segments(line):
            assert x1 == x2 or y1 == y2
            for box in drawing.boxes:
                left, right = min(x1, x2) >= box.x + box.width, max(x1, x2) <= box.x
                above, below = max(y1, y2) <= box.y, min(y1, y2) >= box.y + box.height
                assert left or right or above or below


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_lines_of_different_outputs_lie_on_each_other_only_before_the_same_input(picture):
    drawing = lay_out(picture)
    pieces = defaultdict(list)
    for line in drawing.lines:
        for start, end in segments(line):
            fixed = 0 if start[0] == end[0] else 1
            low, high = sorted((start[1 - fixed], end[1 - fixed]))
            pieces[fixed, start[fixed]].append((low, high, line, end == line.points[-1]))

    for own in pieces.values():
        for (a, b, one, is_last), (c, d, other, other_is_last) in itertools.combinations(own, 2):
            if one.wire.net == other.wire.net or min(b, d) <= max(a, c):
                continue
            assert is_last
            assert other_is_last
            assert (one.wire.after, one.wire.label) == (other.wire.after, other.wire.label)


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_no_text_leaves_its_box_or_runs_into_another_one(picture):
    svg = ElementTree.fromstring(as_svg(picture))

    for group in svg.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        if not rect.get("class").startswith("box"):
            continue
        left, top, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        extents = [extent(text) for text in group.iter(f"{SVG}text")]
        for start, end, y in extents:
            assert left <= start
            assert end <= left + width
            assert top < y <= top + height
        for (start, end, y), (other_start, other_end, other_y) in itertools.combinations(
            extents, 2
        ):
            assert abs(y - other_y) > 9 or end < other_start or other_end < start


def extent(text) -> tuple[float, float, float]:
    """Where a text begins and ends, and its base line; the font is 0.602 of its size wide."""
    kinds = (text.get("class") or "").split()
    size = 13 if "name" in kinds else 10.5
    width = columns_of(text.text) * size * 0.602
    x, y = float(text.get("x")), float(text.get("y"))
    return (x - width, x, y) if "out" in kinds else (x, x + width, y)


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_everything_lies_inside_the_drawing(picture):
    svg = ElementTree.fromstring(as_svg(picture))
    width, height = float(svg.get("width")), float(svg.get("height"))

    for line in lay_out(picture).lines:
        assert all(0 < x < width and 0 < y < height for x, y in line.points)
    for rect in svg.iter(f"{SVG}rect"):
        if rect.get("class") != "paper":
            assert float(rect.get("x")) + float(rect.get("width")) <= width
            assert float(rect.get("y")) + float(rect.get("height")) <= height
    for text in svg.iter(f"{SVG}text"):
        assert extent(text)[1] <= width


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted).map(tuple)))
def test_intervals_on_one_track_do_not_meet(intervals):
    tracks = first_fit(intervals)

    for (one, track), (other, other_track) in itertools.combinations(
        zip(intervals, tracks, strict=True), 2
    ):
        assert track != other_track or one[1] < other[0] or other[1] < one[0]


def test_the_number_of_hosts_does_not_make_the_drawing_slow():
    hosts = tuple(HostBox(f"h{number}") for number in range(150))
    roots = tuple(
        Root(host.name, f"c{n}", i * 10 + n) for i, host in enumerate(hosts) for n in range(10)
    )
    edges = tuple(
        Edge((host.name, "c0"), (host.name, f"c{n}"), (f"k{n}",)) for host in hosts for n in (1, 2)
    )
    picture = Picture("big", hosts, roots, edges)

    svg = as_svg(picture)

    assert svg.count('class="box"') == 1500
