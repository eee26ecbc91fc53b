import sys

import pytest

from batou.project import launcher, locks, scaffold


@pytest.fixture(autouse=True)
def offline(project, monkeypatch):
    """pip finds the tiny packages, and nothing else."""
    for name in ("PIP_CONFIG_FILE", "PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.setenv(name, project.environ[name])


class TestVersions:
    def test_of_a_lock(self):
        lock = (
            "# made\nclick==8.5.1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
            "    # via batou\n-e ./pkg\nbatou-ext @ https://example.net/x.zip\n"
        )

        assert locks.versions(lock) == {
            "click": "8.5.1",
            "./pkg": "local",
            "batou-ext": "https://example.net/x.zip",
        }

    def test_differences_are_told_in_words(self):
        found = locks.changes("a==1\nb==1\nc==1\n", "a==2\nb==1\nd==1\n")

        assert [str(change) for change in found] == ["a 1 → 2", "c 1 (removed)", "d 1 (new)"]


class TestLock:
    def test_tells_what_is_new(self, project, wheel):
        wheel("greet")
        project.require("greet\n")

        [change] = locks.lock(project.root)

        assert str(change) == "greet 1.0 (new)"
        assert locks.is_locked(project.root)

    def test_is_out_of_date_after_a_change(self, project):
        before = locks.is_locked(project.root)

        project.require("greet\n")

        assert (before, locks.is_locked(project.root)) == (True, False)

    def test_a_failure_is_an_error_of_ours(self, project):
        project.require("no-such-package\n")

        with pytest.raises(locks.LockingFailed, match="no-such-package"):
            locks.lock(project.root)

    def test_uses_the_pip_tools_of_this_environment(self, project):
        with locks.change(project.root) as change:
            assert change.tools() == sys.executable


class TestUpdate:
    def test_of_one_package_leaves_the_others(self, project, wheel):
        project.require("greet\nwords\n")
        project.locked_with(project.batou, wheel("greet", "1.0"), wheel("words", "1.0"))
        wheel("greet", "2.0")
        wheel("words", "2.0")

        [change] = locks.update(project.root, ("Greet",))

        assert str(change) == "greet 1.0 → 2.0"

    def test_of_all_takes_a_new_batou_and_tells_the_launcher(self, project, wheel):
        wheel("batou", "9.1")

        [change] = locks.update(project.root)

        assert str(change) == "batou 9.0 → 9.1"
        assert scaffold.launcher_requirement(project.root) == "batou==9.1"
        assert locks.is_locked(project.root)

    def test_never_takes_an_older_batou(self, project, wheel):
        project.batou.unlink()
        wheel("batou", "2.7")

        with pytest.raises(locks.LockingFailed, match=r"batou>=9\.0"):
            locks.update(project.root)

    def test_renews_the_launcher(self, project, wheel):
        launcher_file = project.root / "batou"
        launcher_file.write_text(launcher_file.read_text() + "# of another time\n")
        project.require("greet\n")
        project.locked_with(project.batou, wheel("greet"))

        locks.update(project.root, ("greet",))

        assert launcher_file.read_text() == scaffold.launcher_text("batou==9.0")

    def test_of_an_unknown_package_is_refused(self, project, wheel):
        project.locked_with(project.batou, wheel("greet"))

        with pytest.raises(locks.NotLocked) as error:
            locks.update(project.root, ("greeet",))

        assert error.value.hint() == "did you mean 'greet'?"


def test_the_launcher_pins_what_it_locks_with():
    pins = [launcher.name_of(line) for line in launcher.logical_lines(launcher.TOOLS)]

    assert {"pip", "pip-tools"} <= set(pins)
    assert launcher.TOOLS.count("--hash=sha256:") == len(pins)
