"""What a record looks like."""

import re
from html.parser import HTMLParser

import pytest

from batou.records.page import page, write
from batou.records.reading import Recorded
from batou.records.recorder import Header
from batou.records.story import Story
from batou.report.events import (
    Failure,
    Finished,
    Heading,
    HostPhase,
    HostSummary,
    Line,
    Outcome,
    RootOutcome,
    Section,
)

HEADER = Header("prod", "deploy", "me", "laptop", "2026-03-01T12:30:05+00:00", "3.0.0")
EVIL = "<script>alert('1')</script>\"&{{ 7 * 7 }}"
EVENTS = [
    Section("Deploying"),
    HostPhase("web", "connect", "ssh", 1, 2),
    HostPhase("web", "deploy", "app", 0, 1),
    Heading("web", "app", "App > File('a')", "content differs"),
    Line("  a -old", ("red",), host="web"),
    Line("  a +new", ("green",), host="web"),
    Outcome("web", "app", "App > File('a')", "updated", "content differs", 0.25),
    RootOutcome("web", "app", "updated", "", 0.5),
    HostPhase("web", "done", "", 1, 1),
    HostPhase("db", "deploy", "pg", 0, 2),
    RootOutcome("db", "pg", "failed", "", 1.0),
    Failure("cannot verify Pg", (("Host", "db"),), "look at the log"),
    HostSummary("web", (("updated", 1),), seconds=2.0),
    HostSummary("db", (("failed", 1),), ("pg",), ("app",), seconds=1.0),
    Finished("deploy", False, 1, 4.5),
]


def story(*events):
    return Story.of(HEADER, [Recorded(float(at), event) for at, event in enumerate(events)])


def test_lines_belong_to_the_component_that_spoke_last_on_their_host():
    told = story(*EVENTS)

    [component] = told.hosts["web"].root("app").components
    assert [said.text for said in component.lines] == ["  a -old", "  a +new"]
    assert (component.outcome, component.seconds) == ("updated", 0.25)
    assert told.hosts["web"].durations == [("connect", 1.0), ("deploy", 6.0)]


def test_hosts_that_failed_come_first():
    assert [host.name for host in story(*EVENTS).ordered_hosts] == ["db", "web"]


def test_a_component_that_changed_without_a_word_is_there_too():
    told = story(Outcome("web", "app", "App", "updated", "", 0.1))

    assert [part.name for part in told.hosts["web"].root("app").components] == ["App"]


def test_the_page_shows_failures_with_hints_diffs_and_durations():
    text = page(story(*EVENTS), "20260301T123005Z-0001")

    for wanted in ("prod: deploy failed", "look at the log", "0.25s", "4.50s", "  a +new"):
        assert wanted in text
    assert 'class="green"' in text
    assert "not reached: app" in text


def test_a_run_that_has_not_ended_says_so():
    assert "The record ends before the run does" in page(story(*EVENTS[:5]), "x")


class Collecting(HTMLParser):
    """Collects tags and attributes, and checks that every tag is closed."""

    VOID = {"meta", "br", "!doctype"}

    def __init__(self):
        super().__init__()
        self.tags, self.open, self.addresses = set(), [], []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.addresses += [value for key, value in attributes if key in ("src", "href")]
        assert not any(key.startswith("on") for key, _ in attributes)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_whatever_was_recorded_is_text_and_the_page_needs_nothing_from_elsewhere():
    header = Header(*[EVIL] * 6)
    events = [
        Line(EVIL, (EVIL,)),
        Line(EVIL, host=EVIL),
        HostPhase(EVIL, EVIL, EVIL, 1, 2),
        Heading(EVIL, EVIL, EVIL, EVIL),
        Line(EVIL, (EVIL,), host=EVIL),
        Outcome(EVIL, EVIL, EVIL, EVIL, EVIL, 1.0),
        RootOutcome(EVIL, EVIL, EVIL, EVIL, 1.0),
        Failure(EVIL, ((EVIL, EVIL),), EVIL, EVIL, EVIL, EVIL),
        HostSummary(EVIL, ((EVIL, 1),), (EVIL,), (EVIL,), EVIL, 1.0),
    ]
    text = page(Story.of(header, [Recorded(0.0, event) for event in events]), EVIL)
    found = Collecting()
    found.feed(text)
    found.close()

    assert found.open == []
    assert not found.tags & {"script", "link", "img", "iframe", "object", "form", "input"}
    assert all(address.startswith("#") for address in found.addresses)
    assert not re.search(r"https?:|@import|url\(", text)
    assert "alert" in text
    assert "49" not in text.split("</style>")[1]


def test_escapes_of_terminals_do_not_reach_the_page():
    assert "\x1b" not in page(story(Line("\x1b[31mred\x07", host="web"), Line("\x1b[2J")), "x")


def test_a_page_is_written_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("before")

    with pytest.raises(OSError):
        write(str(tmp_path / "missing" / "page.html"), "text")
    write(str(path), "after")

    assert path.read_text() == "after"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
