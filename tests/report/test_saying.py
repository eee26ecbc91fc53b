"""Who receives what is said."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from batou.report import listening, say
from batou.report.events import Failure, Finished, Heading, Line, Section
from batou.report.printing import Printer, event_lines, paint, row_lines, wants_colour
from batou.report.recording import Recording


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_whoever_listens_receives_what_is_said():
    with listening(Recording()) as recording:
        say(Line("one"))
        say(Section("two"))

    assert recording.events == [Line("one"), Section("two")]
    assert recording.text.splitlines()[0] == "one"


def test_the_innermost_listener_receives():
    with listening(Recording()) as outer, listening(Recording()) as inner:
        say(Line("one"))

    assert outer.events == []
    assert inner.events == [Line("one")]


def test_events_are_printed_if_nobody_listens(capsys):
    say(Line("hello"))

    assert capsys.readouterr().out == "hello\n"


def test_work_in_a_thread_is_heard_if_it_takes_the_context_along():
    with listening(Recording()) as recording, ThreadPoolExecutor() as pool:
        pool.submit(copy_context().run, say, Line("from a thread")).result()

    assert recording.events == [Line("from a thread")]


def test_colours_are_for_terminals_only(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    terminal, pipe = Terminal(), io.StringIO()

    Printer(terminal).receive(Line("hello", ("red",)))
    Printer(pipe).receive(Line("hello", ("red",)))

    assert terminal.getvalue() == "\x1b[31mhello\x1b[0m\n"
    assert pipe.getvalue() == "hello\n"


def test_no_color_switches_colours_off(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())


def test_force_color_switches_colours_on(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert wants_colour(io.StringIO())


def test_unknown_styles_are_ignored():
    assert paint("x", ("blink-twice",)) == "x"
    assert paint("x", ("bold", "cyan")) == "\x1b[1;36mx\x1b[0m"


def test_a_printer_without_debug_leaves_debug_lines_out():
    stream = io.StringIO()

    Printer(stream, debug=False).receive(Line("x", debug=True))

    assert stream.getvalue() == ""


def test_what_a_stream_cannot_encode_is_replaced():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    Printer(stream).receive(Line("🚀 ü"))

    assert raw.getvalue() == b"? ?\n"


def test_a_failure_shows_facts_and_hint():
    failure = Failure("it broke", (("Host", "web1"), ("Code", "a\nb")), hint="repair it")

    assert [text for text, _ in event_lines(failure)] == [
        "",
        "ERROR: it broke",
        "           Host: web1",
        "           Code: a",
        "                 b",
        "           Hint: repair it",
    ]


def test_a_warning_shows_as_one():
    failure = Failure("strange\nvery", level="warning", traceback="Traceback\n  x")

    assert [text for text, _ in event_lines(failure)] == [
        "WARNING: strange",
        "very",
        "    Traceback",
        "      x",
    ]


def test_a_heading_names_host_component_and_reason():
    lines = event_lines(Heading("web1", "app", "App > File('x')", "missing"))

    assert lines == [("🚀 web1: App > File('x') (missing)", ("bold",))]


def test_what_only_programs_want_shows_nothing():
    assert event_lines(Finished("deploy", True, 0, 1.0)) == []


def test_an_empty_value_leaves_no_trailing_blank():
    assert row_lines("Key", "") == ["            Key:"]
