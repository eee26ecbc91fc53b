"""How far hosts are, decided with values."""

import io

import pytest

from batou.cli.terminal import suits
from batou.cli.terminal.board import Board, chosen, counted
from batou.report.events import Heading, HostPhase, Line


def board(*events):
    made = Board()
    for number, event in enumerate(events):
        made.take(event, float(number))
    return made


def test_a_host_is_where_its_last_event_says():
    [place] = board(
        HostPhase("web", "connect", "ssh", 1, 1), HostPhase("web", "ship", "bytes", 5, 10)
    ).places

    assert (place.phase, place.done, place.total, place.since) == ("ship", 5, 10, 0.0)


def test_the_component_in_hand_is_the_one_that_spoke_last():
    [place] = board(
        HostPhase("web", "deploy", "app", 0, 2), Heading("web", "app", "App > File('a')")
    ).places

    assert place.detail == "App > File('a')"


def test_what_is_not_about_hosts_changes_nothing():
    assert not Board().take(Line("x"), 0.0)
    assert not Board().take(Heading("unknown", "app", "App"), 0.0)


def test_those_who_work_come_before_those_who_wait_or_have_ended():
    places = board(
        *(HostPhase(f"done{number}", "done") for number in range(3)),
        HostPhase("waits", "wait"),
        HostPhase("works", "deploy", "app", 0, 1),
    ).places

    shown, others = chosen(places, 2)

    assert [place.host for place in shown] == ["waits", "works"]
    assert counted(others) == "3 done"


def test_all_are_chosen_if_there_is_room():
    places = board(HostPhase("b", "wait"), HostPhase("a", "deploy")).places

    assert chosen(places, 5) == (list(places), [])


class Stream(io.TextIOWrapper):
    """A stream that may be a terminal."""

    def __init__(self, is_terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize(
    ("stream", "environ", "wanted"),
    [
        (Stream(True), {"TERM": "xterm"}, True),
        (Stream(True), {"TERM": "xterm", "NO_COLOR": "1"}, True),
        (Stream(False), {"TERM": "xterm", "FORCE_COLOR": "1"}, False),
        (Stream(True), {"TERM": "dumb"}, False),
        (Stream(True), {}, False),
        (Stream(True), {"TERM": "xterm", "CI": "true"}, False),
        (Stream(True, "ascii"), {"TERM": "xterm"}, False),
    ],
)
def test_only_a_terminal_that_can_be_redrawn_gets_a_region(stream, environ, wanted):
    assert suits(stream, environ) is wanted
