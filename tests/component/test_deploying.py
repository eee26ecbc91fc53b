"""Deploying a tree: order, contexts, outcomes and what is printed."""

import os

import pytest

from batou import UpdateNeeded
from batou.component import Component, platform
from batou.component.apply import (
    Outcome,
    apply,
    failed_component,
    watching_outcomes,
)
from batou.goal import Goal
from batou.report import listening
from batou.report.events import Outcome as OutcomeEvent
from batou.report.recording import Recording


@pytest.fixture
def step(calls):
    """A class of components that note what is called on them."""

    class Step(Component):
        namevar = "name"
        needs = True

        def __enter__(self):
            calls.append(f"{self.name} enter")

        def verify(self):
            calls.append(f"{self.name} verify")
            if self.needs:
                raise UpdateNeeded("it is wanted")

        def update(self):
            calls.append(f"{self.name} update")

        def __exit__(self, type, value, tb):
            calls.append(f"{self.name} exit")

    return Step


class TestOrder:
    def test_a_component_is_entered_verified_updated_and_left(self, root, step, calls):
        root.component += step("a")
        root.component.deploy()

        assert calls == ["a enter", "a verify", "a update", "a exit"]

    def test_sub_components_come_before_their_parents(self, root, step, calls):
        for name in ("a", "b"):
            part = step(name, needs=False)
            root.component += part
            for number in "12":
                part += step(name + number, needs=False)
        root.component.deploy()

        verified = [call.split()[0] for call in calls if call.endswith("verify")]
        assert verified == ["a1", "a2", "a", "b1", "b2", "b"]

    def test_companions_come_after_other_sub_components_and_before_the_component(
        self, make_root, step, calls
    ):
        class Main(step):
            namevar = None
            name = "main"

            def configure(self):
                self += step("sub", needs=False)

        class Companion(step):
            namevar = None
            name = "companion"

        platform("nixos", Main)(Companion)
        root = make_root(Main, platform="nixos")
        root.prepare()
        root.component.deploy()

        verified = [call.split()[0] for call in calls if call.endswith("verify")]
        assert verified == ["sub", "companion", "main"]

    def test_without_need_nothing_is_updated(self, root, step, calls):
        root.component += step("a", needs=False)
        root.component.deploy()

        assert calls == ["a enter", "a verify", "a exit"]


class TestVerify:
    @pytest.mark.parametrize(
        "problem", [UpdateNeeded, UpdateNeeded(), UpdateNeeded("why"), AssertionError("why")]
    )
    def test_any_assertion_asks_for_an_update(self, root, calls, problem):
        class Asking(Component):
            def verify(self):
                raise problem

            def update(self):
                calls.append("update")

        root.component += Asking()
        root.component.deploy()

        assert calls == ["update"]
        assert root.component._.changed

    def test_a_plain_assert_asks_for_an_update(self, root, calls):
        class Asserting(Component):
            def verify(self):
                assert 1 == 2, "numbers differ"

            def update(self):
                calls.append("update")

        root.component += Asserting()
        root.component.deploy()

        assert calls == ["update"]

    def test_any_other_exception_ends_the_run(self, root, step, calls):
        class Broken(step):
            def verify(self):
                raise ValueError("broken")

        root.component += Broken("a")
        root.component += step("b")
        with pytest.raises(ValueError, match="broken"):
            root.component.deploy()

        assert calls == ["a enter", "a exit"]

    def test_it_is_told_whether_this_is_a_prediction_if_it_wants_to_know(self, root, calls):
        class Wanting(Component):
            def verify(self, predicting=False):
                calls.append(predicting)

        class Taking(Component):
            def verify(self, **kw):
                calls.append(kw)

        root.component += Wanting()
        root.component += Taking()
        root.component.deploy()
        root.component.deploy(predict_only=True)

        assert calls == [False, {"predicting": False}, True, {"predicting": True}]

    def test_an_instance_may_have_its_own(self, root, calls):
        component = Component()
        component.verify = lambda predicting: calls.append(predicting)
        root.component += component
        root.component.deploy()

        assert calls == [False]


class TestDirectories:
    def test_verify_and_update_run_in_the_work_directory(self, root, calls):
        class Where(Component):
            def configure(self):
                self.workdir = os.path.join(self.workdir, "a", "b")

            def verify(self):
                calls.append(os.getcwd())
                raise UpdateNeeded

            def update(self):
                calls.append(os.getcwd())

        root.component += Where()
        root.component.deploy()

        assert calls == [f"{root.workdir}/a/b"] * 2
        assert os.getcwd() == root.defdir

    def test_the_directory_is_restored_after_a_chdir_and_after_a_failure(self, root):
        class Leaving(Component):
            def verify(self):
                os.chdir("/")
                raise ValueError

        root.component += Leaving()
        os.chdir(root.workdir)
        with pytest.raises(ValueError):
            root.component.deploy()

        assert os.getcwd() == root.workdir


class TestContext:
    def test_exit_runs_after_a_failure(self, root, step, calls):
        class Broken(step):
            def update(self):
                raise ValueError("broken")

        root.component += Broken("a")
        with pytest.raises(ValueError, match="broken"):
            root.component.deploy()

        assert calls == ["a enter", "a verify", "a exit"]

    def test_exit_may_suppress_an_exception(self, root):
        class Suppressing(Component):
            def verify(self):
                raise UpdateNeeded

            def update(self):
                raise ValueError

            def __exit__(self, type, value, tb):
                return type is ValueError

        root.component += Suppressing()
        root.component.deploy()

        assert root.component._.changed

    def test_the_context_is_around_when_predicting_too(self, root, step, calls):
        root.component += step("a")
        root.component.deploy(predict_only=True)

        assert calls == ["a enter", "a verify", "a exit"]


class TestChanged:
    def test_what_was_updated_changed_and_its_parents_too(self, root, step):
        outer, quiet = step("outer", needs=False), step("quiet", needs=False)
        root.component += outer
        root.component += quiet
        outer += step("inner")
        root.component.deploy()

        assert outer._.changed
        assert outer.changed
        assert root.component.changed
        assert not quiet.changed

    def test_a_run_begins_unchanged(self, root, step):
        part = step("a")
        root.component += part
        root.component.deploy()
        part.needs = False
        root.component.deploy()

        assert not part.changed
        assert not root.component.changed

    def test_verify_sees_changes_of_sub_components(self, root, step, calls):
        class Parent(Component):
            def configure(self):
                self += step("child")

            def verify(self):
                calls.append(self.changed)

        root.component += Parent()
        root.component.deploy()

        assert calls[-1] is True

    def test_update_sees_only_changes_of_sub_components(self, root, calls):
        class Restart(Component):
            def verify(self):
                raise UpdateNeeded

            def update(self):
                calls.append(self.changed)

            def __exit__(self, type, value, tb):
                calls.append(self.changed)

        root.component += Restart()
        root.component.deploy()

        assert calls == [False, True]

    def test_siblings_see_changes_of_those_before_them(self, root, step, calls):
        class Restart(Component):
            depends = None

            def verify(self):
                self.depends.assert_no_changes()

            def update(self):
                calls.append("restart")

        root.component += step("file")
        root.component += Restart(depends=root.component._)
        root.component.deploy()

        assert calls[-1] == "restart"

    def test_apply_returns_the_components_own_outcome(self, root, step):
        part, quiet = step("a"), step("b", needs=False)
        root.component += part
        root.component += quiet

        assert apply(part, Goal.DEPLOY) is Outcome.UPDATED
        assert apply(part, Goal.PREDICT) is Outcome.WOULD_UPDATE
        assert apply(quiet, Goal.DEPLOY) is Outcome.UNCHANGED
        part.deploy()
        assert apply(root.component, Goal.PREDICT) is Outcome.UNCHANGED
        assert root.component.changed

    def test_somebody_may_watch_before_something_changes(self, root, step, calls):
        root.component += step("a")
        root.component += step("b", needs=False)
        with watching_outcomes(lambda component, outcome: calls.append((component.name, outcome))):
            root.component.deploy()

        assert calls.index(("a", Outcome.UPDATED)) < calls.index("a update")
        assert not any(call[0] == "b" for call in calls if isinstance(call, tuple))


class TestFailures:
    @pytest.mark.parametrize("phase", ["verify", "update"])
    def test_the_component_that_failed_is_known(self, root, phase):
        class Broken(Component):
            def verify(self):
                if phase == "verify":
                    raise ValueError
                raise UpdateNeeded

            def update(self):
                raise ValueError

        root.component += Component()
        root.component._ += Broken()
        with pytest.raises(ValueError) as caught:
            root.component.deploy()

        assert failed_component(caught.value) == (root.component._._, phase)

    def test_entering_and_leaving_can_fail_too(self, root):
        class Broken(Component):
            def __exit__(self, type, value, tb):
                raise ValueError

        root.component += Broken()
        with pytest.raises(ValueError) as caught:
            root.component.deploy()

        component, phase = failed_component(caught.value)
        assert component is root.component._
        assert phase not in ("verify", "update")

    def test_an_error_of_nobody_has_no_component(self):
        assert failed_component(ValueError()) is None


class TestOutput:
    def test_nothing_is_printed_without_change(self, root, step, output):
        root.component += step("a", needs=False)
        root.component.deploy()

        assert output.backend.output == ""

    def test_what_changes_is_named_with_its_reason(self, root, step, output):
        root.component += step("a")
        root.component.deploy()

        assert output.backend.output == "🚀 localhost: MyComponent > Step('a') (it is wanted)\n"

    def test_what_a_component_prints_stands_below_its_name(self, root, output):
        class Talking(Component):
            def verify(self):
                output.annotate("  checking")

            def __exit__(self, type, value, tb):
                output.annotate("  done")

        root.component += Talking()
        root.component.deploy()

        assert output.backend.output.splitlines() == [
            "🚀 localhost: MyComponent > Talking",
            "  checking",
            "  done",
        ]

    def test_the_name_stands_there_once(self, root, output):
        class Talking(Component):
            def verify(self):
                output.annotate("  a diff")
                raise UpdateNeeded("content differs")

            def update(self):
                output.annotate("  updating")

        root.component += Talking()
        root.component.deploy()

        assert output.backend.output.splitlines() == [
            "🚀 localhost: MyComponent > Talking",
            "  a diff",
            "  updating",
        ]

    def test_the_name_of_a_component_that_failed_does_not_appear_later(self, root, output):
        class Broken(Component):
            def verify(self):
                raise ValueError

        root.component += Broken()
        with pytest.raises(ValueError):
            root.component.deploy()
        output.annotate("something else")

        assert output.backend.output == "something else\n"

    def test_outcomes_are_told_as_events(self, root, step):
        root.component += step("a")
        with listening(Recording()) as recording:
            root.component.deploy()
            root.component.deploy(predict_only=True)

        outcomes = [event for event in recording.events if isinstance(event, OutcomeEvent)]
        assert [(o.host, o.root, o.component, o.outcome, o.reason) for o in outcomes] == [
            ("localhost", "mycomponent", "MyComponent > Step('a')", word, "it is wanted")
            for word in ("updated", "would update")
        ]

    def test_a_slow_component_says_what_took_its_time(self, root, step, output):
        part = step("a", needs=False)
        root.component += part
        part.timer.durations["verify"] = 2.0
        root.component.deploy()

        assert output.backend.output.startswith("💤 localhost: MyComponent > Step('a') [total=2.0")
        assert "verify=2.00s, update=∅, sub=∅]" in output.backend.output

    def test_a_component_may_time_further_steps(self, root, output):
        class Slow(Component):
            def verify(self):
                with self.timer.step("download"):
                    pass
                self.timer.durations["download"] += 11

        root.component += Slow()
        root.component.deploy()

        assert "💤 localhost: MyComponent > Slow [total=11" in output.backend.output

    def test_the_time_of_sub_components_is_known(self, root, step):
        root.component += step("a")
        root.component.deploy()

        assert {"sub", "verify"} <= root.component.timer.durations.keys()
        assert {"verify", "update"} == root.component._.timer.durations.keys()

    def test_when_debugging_each_step_and_the_reason_is_printed(self, root, step, output):
        root.component += step("a")
        output.enable_debug = True
        root.component.deploy()

        text = output.backend.output
        assert "Step: verify took" in text
        assert "Step: update took" in text
        assert "update needed: it is wanted" in text


class TestLateComponents:
    def test_what_a_component_adds_while_it_is_verified_can_be_asked(self, root, step):
        class Working(Component):
            def verify(self):
                self |= step("helper")
                assert self._._prepared
                self.parent.assert_no_changes()

        root.component += Working()
        root.component.deploy()

        assert not root.component._.changed
