"""Lines and tables for a terminal. What comes from hosts is text, never markup.

The only module that needs rich.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from batou.cli.terminal.board import Place, chosen, counted
from batou.report.events import HostSummary
from batou.report.timing import format_duration

PHASES = {"connect": "cyan", "ship": "cyan", "configure": "cyan", "deploy": "bold", "wait": "dim"}
PHASES |= {"done": "green", "failed": "bold red"}

NARROW = 50
"""Columns below which a table is not worth its lines."""

MOST_ROWS = 20
"""Hosts that a table lists one by one; of more, only those where something happened."""


@dataclass(frozen=True)
class Pen:
    """Draws for a terminal of so many columns and lines, in colours or without."""

    width: int
    height: int
    coloured: bool

    def region(self, places: Sequence[Place], now: float) -> list[str]:
        """A line for each of *places*, as many as there is room for."""
        return self._drawn(region_lines(places, self.width, max(2, self.height - 2), now))

    def summary(self, summaries: Sequence[HostSummary]) -> list[str]:
        """How the hosts ended, as a table with what went wrong below it."""
        table: list[RenderableType] = []
        if any(summary.counts or summary.not_reached for summary in summaries):
            table = [Text(""), summary_table(summaries)]
        return self._drawn([*table, *troubles(summaries)])

    def _drawn(self, items: Sequence[RenderableType]) -> list[str]:
        console = Console(
            width=self.width,
            color_system="auto" if self.coloured else None,
            no_color=not self.coloured,
            force_terminal=True,
            legacy_windows=False,
        )
        with console.capture() as captured:
            for item in items:
                console.print(item, soft_wrap=isinstance(item, Text), highlight=False)
        return captured.get().splitlines()


def bytes_of(size: float) -> str:
    """A number of bytes for people.

    >>> bytes_of(999), bytes_of(1536), bytes_of(3 * 2**30)
    ('999 B', '1.5 KiB', '3.0 GiB')
    """
    if size < 1024:
        return f"{size:.0f} B"
    units = ["KiB", "MiB", "GiB"]
    while (size := size / 1024) >= 1024 and len(units) > 1:
        del units[0]
    return f"{size:.1f} {units[0]}"


def bar(done: int, total: int, width: int = 12) -> str:
    """How much is done, as a bar.

    >>> bar(1, 2, 4)
    '━━──'
    """
    filled = width * done // total if total else 0
    return "━" * filled + "─" * (width - filled)


def progress(place: Place) -> str:
    """What the host of *place* does now."""
    if place.phase == "ship" and place.total:
        percent = 100 * place.done // place.total
        amount = f"{bytes_of(place.done)} of {bytes_of(place.total)}"
        return f"{bar(place.done, place.total)} {percent:3} %  {amount}"
    if place.phase == "connect" and place.detail:
        return f"via {place.detail}"
    if place.phase in ("deploy", "wait", "done", "failed") and place.total:
        return f"{place.done}/{place.total}  {place.detail}".rstrip()
    return place.detail


def region_lines(places: Sequence[Place], width: int, height: int, now: float) -> list[Text]:
    """One line for each host, as far as *height* lines suffice; the last one counts."""
    if not places:
        return []
    over = sum(place.is_over for place in places)
    shown, others = chosen(places, max(1, height - 1))
    names = max(map(_width, shown), default=0)
    lines = [_line(place, min(names, max(8, width // 3)), now) for place in shown]
    last = f"{over} of {len(places)} hosts ended"
    if others:
        last += f"; not shown: {counted(others)}"
    began = min(place.since for place in places)
    lines.append(Text(f"{last}  {format_whole(now - began)}", style="dim"))
    for line in lines:
        line.truncate(max(1, width - 1), overflow="ellipsis")
    return lines


def _width(place: Place) -> int:
    return Text(place.host).cell_len


def _line(place: Place, names: int, now: float) -> Text:
    name = Text(place.host)
    name.truncate(names, overflow="ellipsis", pad=True)
    phase = Text(f"{place.phase:<9}", style=PHASES.get(place.phase, ""))
    seconds = Text(f"{format_whole(now - place.since):>6}", style="dim")
    return Text("  ").join(
        [name, phase, seconds, Text(" ".join(progress(place).split("\n")).expandtabs(1))]
    )


def format_whole(seconds: float) -> str:
    """Whole seconds for people, which do not flicker.

    >>> format_whole(3.7), format_whole(75)
    ('3s', '1m15s')
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def summary_table(summaries: Sequence[HostSummary]) -> Table:
    """How each host ended. Hosts where nothing happened share a row if there are many."""
    shown = list(summaries)
    if len(shown) > MOST_ROWS:
        shown = [summary for summary in shown if not _is_quiet(summary)]
    rest = [summary for summary in summaries if summary not in shown]
    changed = "would update" if _total(summaries, "would update") else "updated"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("host", overflow="ellipsis", no_wrap=True, ratio=None)
    for title in (changed, "unchanged", "failed", "not reached", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    for summary in shown:
        table.add_row(Text(summary.host), *_cells([summary], changed, summary.seconds))
    if rest:
        longest = max(summary.seconds for summary in rest)
        table.add_row(Text(f"{len(rest)} others"), *_cells(rest, changed, longest))
    return table


def _is_quiet(summary: HostSummary) -> bool:
    return summary.is_good and {word for word, _ in summary.counts} <= {"unchanged"}


def _total(summaries: Iterable[HostSummary], outcome: str) -> int:
    return sum(dict(summary.counts).get(outcome, 0) for summary in summaries)


def _cells(summaries: Sequence[HostSummary], changed: str, seconds: float) -> list[Text]:
    not_reached = sum(len(summary.not_reached) for summary in summaries)
    numbers = (
        (_total(summaries, changed), "yellow" if changed == "would update" else "green"),
        (_total(summaries, "unchanged"), ""),
        (_total(summaries, "failed"), "bold red"),
        (not_reached, "red"),
    )
    cells = [Text(str(number), style=style if number else "dim") for number, style in numbers]
    return [*cells, Text(format_duration(seconds))]


def troubles(summaries: Iterable[HostSummary]) -> list[Text]:
    """What failed and was not reached, by name."""
    lines = []
    for summary in summaries:
        parts = [
            f"{what}: {', '.join(names)}"
            for what, names in (("failed", summary.failed), ("not reached", summary.not_reached))
            if names
        ]
        if summary.problem:
            parts.insert(0, summary.problem.splitlines()[-1])
        if parts:
            lines.append(Text(f"{summary.host}: {'; '.join(parts)}", style="red"))
    return lines
