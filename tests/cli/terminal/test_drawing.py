"""Lines and tables, as text."""

import re

from batou.cli.terminal.board import Place
from batou.cli.terminal.drawing import Pen
from batou.report.events import HostSummary


def place(host="web1", phase="deploy", detail="", done=0, total=0):
    return Place(host, phase, detail, done, total, since=0.0)


def region(*places, width=80, height=24, now=7.0):
    return Pen(width, height, coloured=False).region(places, now)


def summary(*summaries, width=100):
    return Pen(width, 50, coloured=False).summary(summaries)


def test_shipping_shows_percent_and_bytes():
    [line, _] = region(place(phase="ship", done=5 * 2**20, total=20 * 2**20))

    assert " 25 %  5.0 MiB of 20.0 MiB" in line


def test_deploying_shows_how_many_and_the_component_in_hand():
    [line, _] = region(place(detail="App > File('[bold]x')", done=3, total=8))

    assert "3/8  App > File('[bold]x')" in line
    assert "7s" in line


def test_lines_never_wrap_and_columns_stand_below_each_other():
    lines = region(place("短い", detail="x" * 200), place("longer-name"), width=60)

    assert all(len(line) < 60 for line in lines)
    assert lines[0].startswith("短い         deploy")
    assert lines[1].startswith("longer-name  deploy")


def test_a_detail_of_several_lines_takes_one():
    [line, _] = region(place(detail="a\nb\tc", total=1))

    assert "a b" in line


def test_of_too_many_hosts_the_others_are_counted():
    lines = region(*(place(f"h{number}") for number in range(9)), height=6)

    assert len(lines) == 4
    assert lines[-1].startswith("0 of 9 hosts ended; not shown: 6 deploy")


def test_the_table_counts_by_outcome():
    text = "\n".join(
        summary(
            HostSummary("web", (("updated", 2), ("unchanged", 3)), seconds=1.5),
            HostSummary("db", (("failed", 1),), ("pg",), ("app",), seconds=75.0),
        )
    )

    assert re.search(r"^web +2 +3 +0 +0 +1\.50s", text, re.M)
    assert re.search(r"^db +0 +0 +1 +1 +1m15s", text, re.M)
    assert "db: failed: pg; not reached: app" in text


def test_of_many_hosts_those_where_nothing_happened_share_a_row():
    quiet = [HostSummary(f"h{number}", (("unchanged", 1),)) for number in range(40)]
    text = "\n".join(summary(*quiet, HostSummary("busy", (("updated", 1),))))

    assert re.search(r"^busy +1 ", text, re.M)
    assert re.search(r"^40 others +0 +40 +0 +0 ", text, re.M)
    assert "h39" not in text


def test_without_anything_to_count_there_is_no_table():
    assert summary(HostSummary("web")) == []
    assert summary(HostSummary("web", problem="no route\nto host")) == ["web: to host"]
