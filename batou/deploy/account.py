"""What came out of a run, for people."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from batou.component.apply import Outcome
from batou.deploy.schedule import Task
from batou.deploy.state import HostState
from batou.goal import Goal
from batou.report import output, say
from batou.report.events import Finished, HostSummary
from batou.report.timing import format_duration

if TYPE_CHECKING:
    from batou.deploy.run import Run


def summary_of(state: HostState, not_reached: Iterable[Task]) -> HostSummary:
    """How the host of *state* ended; *not_reached* are those of all hosts."""
    ended = [outcome.value for outcome in state.outcomes.values()]
    counts = tuple((word, ended.count(word)) for word in dict.fromkeys(ended))
    failed = [root for root, outcome in state.outcomes.items() if outcome is Outcome.FAILED]
    missing = [root for host, root in not_reached if host == state.name]
    return HostSummary(
        state.name, counts, tuple(failed), tuple(missing), state.problem, state.seconds
    )


def summarize(run: "Run", summaries: Iterable[HostSummary], success: bool) -> None:
    """Say the outcome of each host, what was not reached, what was left out, and the times."""
    if not run.hosts and not run.left_out:
        return
    output.section("Summary")
    for host in run.environment.hosts.values():
        if host.name in run.hosts and success:
            host.summarize()
    for summary in summaries:
        say(summary)
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
    not_reached = run.schedule.not_reached()
    summaries = tuple(summary_of(state, not_reached) for state in run.hosts.values())
    summarize(run, summaries, success)
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
    if not_reached:
        counts[Outcome.NOT_REACHED.value] = len(not_reached)
    hosts = tuple((state.name, state.problem) for state in run.hosts.values())
    goal, took = run.options.goal.value, round(seconds, 3)
    say(Finished(goal, success, code, took, tuple(counts.items()), hosts, summaries))
