"""`Trial`: containers → deploy → deploy again → the project's tests → what came of it."""

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from batou.deploy.telling import Teller
from batou.environment import Environment
from batou.errors import ReportingException
from batou.report import listening, output, say
from batou.report.events import Failure, Finished
from batou.report.masking import Masker
from batou.report.recording import Recording
from batou.testing.trial import verdict
from batou.testing.trial.casting import Part
from batou.testing.trial.deployment import Deployed, deploy
from batou.testing.trial.ending import tidy_end
from batou.testing.trial.ground import Ground
from batou.testing.trial.junit import Case, document
from batou.testing.trial.keeping import remember
from batou.testing.trial.outside import closed_doors, reached_for
from batou.testing.trial.projecttests import require_tools, run_tests, tests_of_deployment
from batou.testing.trial.revision import checked_out
from batou.testing.trial.stage import Stage, repository_root
from batou.testing.trial.wish import Wish

OpenGround = Callable[[Wish, Sequence[Part]], AbstractContextManager[Ground]]


@dataclass
class Trial:
    """One trial of an environment. *open_ground* makes its containers, and removes them."""

    wish: Wish
    environment: Environment
    parts: Sequence[Part]
    open_ground: OpenGround
    masker: Masker = field(default_factory=Masker)
    cases: list[Case] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _stage: Stage | None = None

    def execute(self) -> int:
        """Try it, say what came of it, and return the exit code."""
        start = monotonic()
        try:
            with tidy_end():
                self._try()
        except KeyboardInterrupt:
            self.problems.append("it was interrupted")
            say(Failure("interrupted", hint="what was started for the test is removed"))
        except ReportingException as error:
            self.problems.append(error.summary())
            say(error.failure())
            self.cases.append(Case("containers", "", 0.0, error.summary()))
        self._write_junit()
        return self._conclude(monotonic() - start)

    # Steps

    def _try(self) -> None:
        files = tests_of_deployment(Path.cwd())
        require_tools(files, Path.cwd())
        output.section("Starting containers")
        with self.open_ground(self.wish, self.parts) as ground:
            stage = self._stage = stage_of(self.wish, self.environment, ground)
            for host in stage.hosts:
                output.step(host.name, f"Container {host.container}, {host.shown}", icon="📦")
            deployed = self._deployments(stage)
            if all(one.is_done for one in deployed) and files and not self.problems:
                self._project_tests(stage)
            self._outside(ground, deployed)
            if self.wish.keeps:
                self._say_kept(stage)

    def _deployments(self, stage: Stage) -> list[Deployed]:
        done: list[Deployed] = []
        if self.wish.upgrade_from:
            output.section(f"Deploying {self.wish.upgrade_from}")
            output.line("What is here follows.")
            with checked_out(self.wish.upgrade_from, Path.cwd()) as place:
                done.append(_in_directory(place, lambda: deploy(stage.options(), self.masker)))
            self._account(f"deploy {self.wish.upgrade_from}", stage, done[-1])
            if not done[-1].is_done:
                return done
        done.append(deploy(stage.options(), self.masker))
        self._account("deploy", stage, done[-1])
        if done[-1].is_done:
            output.section("Deploying again")
            output.line("Now nothing may change.")
            done.append(deploy(stage.options(), self.masker))
            self._account("deploy again", stage, done[-1], again=True)
        return done

    def _account(self, step: str, stage: Stage, done: Deployed, again: bool = False) -> None:
        """Take down how *step* went on each host; raises KeyboardInterrupt if it was stopped."""
        if done.is_interrupted:
            raise KeyboardInterrupt
        failed = {host for host, _ in done.failed_roots()}
        for failure in verdict.works_elsewhere(done, stage.hosts):
            say(failure)
        changes = done.changes if again else ()
        for failure in verdict.not_idempotent(changes):
            say(failure)
        for host in stage.hosts:
            roots = [f"{root!r}" for name, root in done.failed_roots() if name == host.name]
            mine = [change for change in changes if change.host == host.name]
            problem = f"component {', '.join(roots)} failed" if host.name in failed else ""
            if mine:
                names = dict.fromkeys(change.root for change in mine)
                problem = f"not idempotent: {', '.join(map(repr, names))}"
            details = [f"{change}\n" + "\n".join(change.lines) for change in mine]
            told = [failure.headline for failure in done.failures]
            text = "\n".join(details or told)
            self.cases.append(Case(step, host.name, done.seconds, problem, text))
            if problem:
                self.problems.append(f"{host.name} ({host.shown}): {problem}")
        if not done.is_done and not failed:
            told = [failure.headline for failure in done.failures]
            problem = told[0] if told else "the deployment failed"
            self.cases.append(Case(step, "", 0.0, problem, "\n".join(told)))
            self.problems.append(problem)

    def _project_tests(self, stage: Stage) -> None:
        output.section("Testing what was deployed")
        start = monotonic()
        with tempfile.TemporaryDirectory(prefix="batou-test-") as place:
            stage.write(Path(place, "stage.json"))
            tested = run_tests(
                Path(place, "stage.json"), Path(place, "report.xml"), lambda line: output.line(line)
            )
        if tested.report:
            self.reports.append(tested.report)
        problem = "" if tested.is_done else "tests fail"
        self.cases.append(Case("tests", "", monotonic() - start, problem))
        if problem:
            self.problems.append(problem)

    def _outside(self, ground: Ground, deployed: Sequence[Deployed]) -> None:
        works = [work for one in deployed for work in one.works]
        attempts = ground.attempts()
        for line in reached_for(attempts, works):
            output.tabular("Outside", line, yellow=True)
        for failure in closed_doors(attempts, works):
            say(failure)
            self.problems.append(failure.headline)

    # The end

    def _say_kept(self, stage: Stage) -> None:
        remember(stage)
        output.section("The containers stay")
        for host in stage.hosts:
            enter = f"./batou test {stage.environment} --shell {host.name}"
            output.tabular(host.name, f"{host.container}; to enter it: {enter}")
        output.line("The next test of this environment removes them.")

    def _write_junit(self) -> None:
        if self.wish.junit is None:
            return
        text = document(self.wish.environment, self.cases, self.reports, self.masker.mask)
        self.wish.junit.parent.mkdir(parents=True, exist_ok=True)
        self.wish.junit.write_text(text, encoding="utf-8")

    def _conclude(self, seconds: float) -> int:
        hosts = self._stage.hosts if self._stage else ()
        code = 1 if self.problems else 0
        if code:
            output.section("TEST FAILED", red=True)
        else:
            output.section("TEST PASSED", green=True)
        output.line(verdict.sentence(self.wish.environment, hosts, self.problems))
        say(Finished("test", not code, code, round(seconds, 3)))
        return code


def try_environment(wish: Wish, masker: Masker, open_ground: OpenGround | None = None) -> int:
    """Do what *wish* says and return the exit code; by default in a fleet of containers."""
    from batou.deploy.load import Aborted
    from batou.testing.trial.ground import open_fleet

    try:
        with listening(Recording()):
            environment, parts = wish.cast()
        for part in parts:
            if part.is_stand_in:
                output.line(f"{part.host}: {stands_in(part)}", yellow=True)
        trial = Trial(wish, environment, parts, open_ground or open_fleet, masker)
    except Aborted as aborted:
        Teller(wish.debug).report(aborted.errors)
        return 1
    return trial.execute()


def stands_in(part: Part) -> str:
    """That the image of another platform is used for a host.

    >>> stands_in(Part("web", (), "gentoo", "debian"))
    "there is no image for the platform 'gentoo', debian stands in"
    """
    if not part.platform:
        return f"it has no platform, {part.image} stands in"
    return f"there is no image for the platform {part.platform!r}, {part.image} stands in"


def stage_of(wish: Wish, environment: Environment, ground: Ground) -> Stage:
    """The stage that *ground* makes for *environment*."""
    return Stage(
        environment=wish.environment,
        method=ground.method,
        hosts=ground.hosts,
        run=ground.run,
        platform=wish.platform,
        has_fake_secrets=wish.has_fake_secrets,
        debug=wish.debug,
        target=environment.target_directory or "~/deployment",
        repository_root=repository_root(environment),
    )


def _in_directory(place: Path, call: Callable[[], Deployed]) -> Deployed:
    before = os.getcwd()
    os.chdir(place)
    try:
        return call()
    finally:
        os.chdir(before)
