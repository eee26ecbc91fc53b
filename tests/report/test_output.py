"""`Output`: the verbs that components print with."""

import sys

import pytest

import batou
from batou.report import listening
from batou.report.events import Heading, Line, Section
from batou.report.output import NullBackend, Output, TerminalBackend, TestBackend
from batou.report.recording import Recording


@pytest.fixture
def out():
    return Output(TestBackend())


def test_a_line_is_written_with_its_icon(out):
    out.line("hello")
    out.line("hello", icon="🚀", red=True, bold=True)

    assert out.backend.output == "hello\n🚀 hello\n"


def test_annotate_writes_a_line(out):
    out.annotate("note", icon="!", yellow=True)

    assert out.backend.output == "! note\n"


def test_debug_lines_appear_only_when_debugging(out):
    out.line("one", debug=True)
    out.section("two", debug=True)
    out.error("three", debug=True)
    out.tabular("four", 4, debug=True)
    out.enable_debug = True
    out.line("five", debug=True)

    assert out.backend.output == "five\n"


def test_tabular_aligns_keys(out):
    out.tabular("Host", "web1")
    out.tabular("Lines", "a\nb")
    out.tabular("X", 1, separator=" = ")

    assert out.backend.output.splitlines() == [
        "           Host: web1",
        "          Lines: a",
        "                 b",
        "              X = 1",
    ]


def test_section_and_sep_are_lines_with_a_title(out):
    out.section("Deploying")
    out.sep("-", "part", green=True)

    first, second = out.backend.output.splitlines()
    assert first.strip("=") == " Deploying "
    assert second.strip("-") == " part "
    assert len(first) == len(second) == 80


def test_step_names_its_context(out):
    out.step("web1", "connecting", icon="🌐")

    assert out.backend.output == "🌐 web1: connecting\n"


def test_error_takes_an_exception(out):
    try:
        raise ValueError("broken")
    except ValueError:
        out.error("it failed", exc_info=sys.exc_info())

    assert "ERROR: it failed" in out.backend.output
    assert "ValueError: broken" in out.backend.output
    assert "Traceback" in out.backend.output


def test_error_without_an_exception_has_no_traceback(out):
    out.error("it failed")

    assert out.backend.output == "\nERROR: it failed\n"


def test_warn_writes_a_warning(out):
    out.warn("careful")

    assert out.backend.output == "WARNING: careful\n"


def test_what_is_buffered_appears_before_the_next_line(out):
    out.buffer("line", "name", bold=True)
    assert out.buffered
    assert out.backend.output == ""

    out.annotate("message")

    assert out.backend.output == "name\nmessage\n"
    assert not out.buffered


def test_what_is_buffered_can_be_flushed_or_forgotten(out):
    out.buffer("line", "one")
    out.flush_buffer()
    out.buffer("line", "two")
    out.clear_buffer()
    out.line("three")

    assert out.backend.output == "one\nthree\n"


def test_debug_lines_that_do_not_appear_flush_nothing(out):
    out.buffer("line", "name")
    out.line("debug", debug=True)

    assert out.backend.output == ""


def test_the_null_backend_drops_everything(capsys):
    out = Output(NullBackend())
    out.line("x")
    out.section("y")
    out.backend.write("z")
    out.heading(Heading("host", "app", "App"))

    assert capsys.readouterr().out == ""


def test_the_terminal_backend_prints_at_once_even_if_somebody_listens(capsys):
    out = Output(TerminalBackend())

    with listening(Recording()) as recording:
        out.line("hello", red=True)
        out.section("title")

    assert recording.events == []
    printed = capsys.readouterr().out
    assert printed.startswith("hello\n")
    assert " title " in printed


def test_a_heading_is_written_to_any_backend(out):
    out.heading(Heading("web1", "app", "App > File('x')", "content differs"))

    assert out.backend.output == "🚀 web1: App > File('x') (content differs)\n"


def test_an_output_over_a_function_hands_it_events():
    events = []
    out = Output(lambda event: events.append(event))

    out.line("hello", bold=True, red=0)
    out.section("title")
    out.heading(Heading("web1", "app", "App"))
    out.backend.write("text\n")

    assert events == [
        Line("hello", ("bold",)),
        Section("title", ("bold",)),
        Heading("web1", "app", "App"),
        Line("text"),
    ]


def test_the_output_fixture_records_what_is_printed(output):
    batou.output.annotate("hello")

    assert output.backend.output == "hello\n"
    assert output.output == "hello\n"
    assert output is batou.output
