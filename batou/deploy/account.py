"""What came out of a run, for people."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from batou.component.apply import Outcome
from batou.goal import Goal
from batou.report import output, say
from batou.report.events import Finished
from batou.report.timing import format_duration

if TYPE_CHECKING:
    from batou.deploy.run import Run

ORDER = (Outcome.FAILED, Outcome.UPDATED, Outcome.WOULD_UPDATE, Outcome.UNCHANGED)


def _counted(outcomes: Mapping[str, Outcome], outcome: Outcome) -> str:
    """How many roots ended with *outcome*, and which of them failed; empty if none did."""
    roots = [root for root, ended in outcomes.items() if ended is outcome]
    names = f": {', '.join(roots)}" if outcome is Outcome.FAILED else ""
    return f"{len(roots)} {outcome.value}{names}" if roots else ""


def summarize(run: "Run", success: bool) -> None:
    """Say the outcome of each host, what was not reached, what was left out, and the times."""
    if not run.hosts and not run.left_out:
        return
    output.section("Summary")
    for host in run.environment.hosts.values():
        if host.name in run.hosts and success:
            host.summarize()
    not_reached = run.schedule.not_reached()
    for state in run.hosts.values():
        counted = [_counted(state.outcomes, outcome) for outcome in ORDER]
        counted = [text for text in counted if text]
        if missing := [root for host, root in not_reached if host == state.name]:
            counted.append(f"{len(missing)} not reached: {', '.join(missing)}")
        if counted:
            is_bad = bool(missing) or Outcome.FAILED in state.outcomes.values()
            output.tabular(state.name, ", ".join(counted), red=is_bad)
    for reason in dict.fromkeys(reason for _, reason in run.left_out):
        tasks = [f"{host}: {root}" for (host, root), why in run.left_out if why == reason]
        output.tabular("Left out", f"{', '.join(tasks)} ({reason})", yellow=True)
    action = "Consistency check" if run.options.goal is Goal.CHECK else "Deployment"
    steps = [step for step in ("connect", "deploy") if step in run.timer.durations]
    times = ", ".join(f"{step}={format_duration(run.timer.durations[step])}" for step in steps)
    total = format_duration(sum(run.timer.durations.values()))
    output.line(f"{action} took total={total}" + (f", {times}" if times else ""))


def conclude(run: "Run", phase: str, code: int, seconds: float) -> None:
    """Say what came out of *run*, which ended in *phase* with exit code *code*."""
    success = code in (0, 3)
    summarize(run, success)
    local = " (local)" if run.options.is_local else ""
    if success:
        colour = {Goal.DEPLOY: "green", Goal.PREDICT: "purple", Goal.CHECK: "cyan"}
        style = {colour[run.options.goal]: True}
        output.section(f"{run.options.action} FINISHED{local}", **style)
    else:
        output.section(f"{run.options.action} FAILED (during {phase})", red=True)
    counts: dict[str, int] = {}
    for state in run.hosts.values():
        for outcome in state.outcomes.values():
            counts[outcome.value] = counts.get(outcome.value, 0) + 1
    if not_reached := len(run.schedule.not_reached()):
        counts[Outcome.NOT_REACHED.value] = not_reached
    hosts = tuple((state.name, state.problem) for state in run.hosts.values())
    goal, took = run.options.goal.value, round(seconds, 3)
    say(Finished(goal, success, code, took, tuple(counts.items()), hosts))
