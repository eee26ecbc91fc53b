"""Whole runs on a real terminal."""

import re

import pytest

pytest.importorskip("pyte")


def rows(text):
    """The summary table as {host: numbers}."""
    table = re.split(r"^host +(?:updated|would update) .*\n", text, flags=re.M)[-1].splitlines()
    found = (re.match(r"(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +\S+$", line) for line in table)
    return {row[1]: tuple(map(int, row.groups()[1:])) for row in found if row}


def test_a_host_has_a_line_while_it_works_and_none_afterwards(project, terminal):
    project.hosts("web1 = slow", "web2 = slow")

    shown = terminal().start("deploy", "local")
    shown.wait_for(lambda: len(re.findall(r"^web\d +deploy .* 0/1", shown.shown, re.M)) == 2)
    shown.wait_for("0 of 2 hosts ended")
    shown.wait_for("Slow > Gate")
    project.let_pass()

    assert shown.finish() == 0
    assert " deploy " not in shown.text
    assert "hosts ended" not in shown.text
    assert rows(shown.text) == {"web1": (1, 0, 0, 0), "web2": (1, 0, 0, 0)}
    assert "DEPLOYMENT FINISHED" in shown.text


def test_what_changes_is_shown_with_its_difference_and_text_stays_text(project, terminal):
    project.hosts("web = app", rest="[component:app]\ntext = [red]not markup[/red]")

    first = terminal().start("deploy", "local")
    assert first.finish() == 0
    second = terminal().start("deploy", "local")
    assert second.finish() == 0

    assert "app[bold].conf +[red]not markup[/red]" in first.text
    assert rows(first.text) == {"web": (1, 0, 0, 0)}
    assert rows(second.text) == {"web": (0, 1, 0, 0)}
    assert "app[bold].conf" not in second.text
    assert "Scheduling" not in first.text + second.text


def test_what_failed_and_what_was_not_reached_is_named_below_the_table(project, terminal):
    project.hosts("web = broken, app")

    shown = terminal().start("deploy", "local")

    assert shown.finish() == 1
    assert "no [red]good[/red]" in shown.text
    assert rows(shown.text)["web"][2] == 1
    assert re.search(r"^web: failed: broken", shown.text, re.M)
    assert "DEPLOYMENT FAILED (during deploy)" in shown.text


def test_a_plan_counts_what_would_change(project, terminal):
    project.hosts("web = app")

    shown = terminal().start("plan", "local")

    assert shown.finish() == 0
    assert "would update" in shown.text
    assert rows(shown.text) == {"web": (1, 0, 0, 0)}


def test_more_hosts_than_lines_are_counted(project, terminal):
    project.hosts(*(f"host{number} = slow" for number in range(12)))

    shown = terminal(lines=10).start("deploy", "local")
    shown.wait_for(lambda: re.search(r"0 of 12 hosts ended; not shown: 5 deploy", shown.shown))
    lines = [line for line in shown.display if re.match(r"host\d+ +deploy", line)]
    project.let_pass()

    assert shown.finish() == 0
    assert len(lines) == 7
    assert len(rows(shown.text)) == 12


def test_a_narrow_terminal_gets_no_line_that_wraps(project, terminal):
    project.hosts("a-host-with-a-very-long-name-indeed.example.org = slow")

    shown = terminal(columns=40).start("deploy", "local")
    shown.wait_for(lambda: any(line.startswith("a-host-with") for line in shown.display))
    shown.wait_for(" deploy ")
    [line] = [line for line in shown.display if line.startswith("a-host")]
    project.let_pass()

    assert len(line) < 40
    assert shown.finish() == 0
    assert "1 updated" in shown.text
    assert "0 of 1 hosts" not in shown.text


def test_the_region_follows_the_size_of_the_terminal(project, terminal):
    project.hosts(*(f"host{number} = slow" for number in range(9)))

    shown = terminal(lines=24).start("deploy", "local")
    shown.wait_for(lambda: len(re.findall(r"^host\d +deploy", shown.shown, re.M)) == 9)
    shown.resize(70, 8)
    shown.wait_for(lambda: re.search(r"not shown: 4 deploy", shown.shown))
    project.let_pass()

    assert shown.finish() == 0
    assert "DEPLOYMENT FINISHED" in shown.text


def test_wide_characters_do_not_shift_columns(project, terminal):
    project.component(
        "from batou.component import Component\n"
        "class Wide(Component):\n"
        "    def verify(self):\n"
        "        print('日本語のテキスト' * 20)\n",
        "wide",
    )
    project.hosts("web = wide, slow")

    shown = terminal(columns=60).start("deploy", "local")
    shown.wait_for(lambda: re.search(r"^web +deploy", shown.shown, re.M))
    project.let_pass()

    assert shown.finish() == 0
    assert "hosts ended" not in shown.text
    assert "本" in shown.text


def test_an_interrupted_run_leaves_a_clean_screen_and_a_visible_cursor(project, terminal):
    project.hosts("web = slow")

    shown = terminal().start("deploy", "local")
    shown.wait_for("Slow > Gate")
    shown.type("\x03")
    shown.wait_for("Press Ctrl-C again")
    shown.type("\x03")

    assert shown.finish() == 1
    assert "ERROR: interrupted" in shown.text
    assert "hosts ended" not in shown.text
    assert b"\x1b[?25l" not in shown.raw
    assert not shown.screen.cursor.hidden
    assert shown.screen.cursor.x == 0


ASKS = """
import getpass
import sys

from batou.component import Component


class Asks(Component):
    def configure(self):
        if sys.stdin.isatty():  # not on the host
            ASK
"""


def test_a_debugger_in_configure_has_the_terminal_for_itself(project, terminal):
    ask = ["answer = 6 * 7", "breakpoint()", "print('on', answer)"]
    project.component(ASKS.replace("ASK", ("\n" + " " * 12).join(ask)), "asks")
    project.hosts("web = asks")

    shown = terminal().start("deploy", "local")
    shown.wait_for("(Pdb)")
    shown.type("p answer\n")
    shown.wait_for(lambda: re.search(r"^42$", shown.shown, re.M))
    assert "hosts ended" not in shown.shown
    shown.type("c\n")

    assert shown.finish() == 0
    assert rows(shown.text) == {"web": (0, 1, 0, 0)}


def test_a_question_for_a_passphrase_stays_readable(project, terminal):
    ask = "print('it is', getpass.getpass('Passphrase, please: '))"
    project.component(ASKS.replace("ASK", ask), "asks")
    project.hosts("web = asks")

    shown = terminal().start("deploy", "local")
    shown.wait_for("Passphrase, please:")
    shown.type("open\n")
    shown.wait_for("it is open")

    assert shown.finish() == 0
    assert "Passphrase, please:" in shown.text
    assert rows(shown.text) == {"web": (0, 1, 0, 0)}


def test_a_terminal_that_never_shows_what_is_typed_is_drawn_on(project, terminal):
    project.hosts("web = slow")

    shown = terminal()
    shown.silence()
    shown.start("deploy", "local")
    shown.wait_for("Slow > Gate")
    project.let_pass()

    assert shown.finish() == 0


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(project, terminal, environ):
    project.hosts("web = app")

    shown = terminal().start("deploy", "local", **environ)

    assert shown.finish() == 0
    assert "Scheduling component app" in shown.text
    assert not re.search(rb"\x1b\[\d*[AJ]", shown.raw)


def test_without_colours_the_region_remains(project, terminal):
    project.hosts("web = slow")

    shown = terminal().start("deploy", "local", NO_COLOR="1")
    shown.wait_for("Slow > Gate")
    project.let_pass()

    assert shown.finish() == 0
    assert not re.search(rb"\x1b\[[\d;]*m", shown.raw)
    assert rows(shown.text) == {"web": (1, 0, 0, 0)}
