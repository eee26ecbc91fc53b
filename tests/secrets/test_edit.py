import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from batou.errors import FileLockedError
from batou.secrets.edit import Quit, edit
from batou.secrets.encryption import locked
from batou.secrets.errors import SecretsError
from batou.testing.wait import wait_until

BODY = "[component:app]\npassword = geheim\n"


class Answers:
    """Answers questions one after the other; asking more is an end of file, as without a person."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def __call__(self, prompt: Any) -> Any:
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)


@pytest.fixture
def prod(project: Any, keys: Any, ring: Any, config: Any, script: Any, tmp_path: Path) -> Any:
    class Prod:
        directory = project.environment()
        key = keys.ssh()
        path = directory / "secrets.cfg.age"

        def make(self, body: Any = BODY) -> Any:
            project.secrets(config(self.key, body=body), ring(self.key), foo_yaml=b"text\n")
            return self

        def provider(self) -> Any:
            return project.provider(ring(self.key))

        def text(self, body: Any = BODY, kind: Any = "age") -> Any:
            return config(self.key, body=body, kind=kind)

        def writes(self, *texts: Any) -> Any:
            """An editor that writes the next text each time; `seen` is what it found."""
            for number, text in enumerate(texts):
                (tmp_path / f"text{number}").write_text(text)
            return script(
                f"cd {tmp_path}; cp $1 seen; basename $1 > name; stat -c %a $1 > mode\n"
                f"dirname $1 > place; n=$(cat n 2>/dev/null || echo 0)\n"
                f"cat text$n > $1; echo $((n + 1)) > n\n"
            )

        def noted(self, name: str) -> Any:
            return (tmp_path / name).read_text().strip()

        def edit(self, editor: Any, *answers: Any, name: Any = None) -> Any:
            return edit(self.provider(), name, editor, Answers(*answers))

    return Prod()


def test_the_changed_text_is_encrypted(prod: Any) -> None:
    editor = prod.make().writes(prod.text("[component:app]\npassword = neu\n"))

    assert prod.edit(editor)

    assert prod.provider().read().component_overrides == {"app": {"password": "neu"}}
    assert prod.noted("seen") == prod.text().strip()


def test_the_editor_sees_a_private_file_with_a_telling_name_that_is_gone_afterwards(
    prod: Any,
) -> None:
    prod.edit(prod.make().writes(prod.text("[app]\na = 1\n")))

    assert prod.noted("name") == "secrets.cfg"
    assert prod.noted("mode") == "600"
    assert not Path(prod.noted("place")).exists()


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="there is no /dev/shm")
def test_the_clear_text_is_kept_in_memory(prod: Any) -> None:
    prod.edit(prod.make().writes(prod.text("[app]\na = 1\n")))

    assert prod.noted("place").startswith("/dev/shm/")


def test_nothing_is_written_if_nothing_changed(prod: Any, output: Any) -> None:
    before = prod.make().path.read_bytes()

    assert not prod.edit("true")

    assert prod.path.read_bytes() == before
    assert "nothing was changed" in output.backend.output


def test_a_new_config_begins_with_a_template(prod: Any) -> None:
    editor = prod.writes(prod.text())

    assert prod.edit(editor)

    assert prod.noted("seen") == "[batou]\nsecret_provider = age\nmembers ="
    assert prod.provider().read().component_overrides == {"app": {"password": "geheim"}}


def test_a_new_config_may_choose_another_provider(prod: Any) -> None:
    assert prod.edit(prod.writes(prod.text(kind="age-diffable")))

    assert prod.provider().kind == "age-diffable"
    assert not prod.path.exists()


def test_a_new_config_that_is_not_written_leaves_nothing(prod: Any) -> None:
    assert not prod.edit("true")

    assert [path.name for path in prod.directory.iterdir()] == ["environment.cfg"]


def test_a_secret_file_is_edited_under_its_own_name(prod: Any) -> None:
    editor = prod.make().writes("new\n")

    prod.edit(editor, name="foo.yaml")

    assert prod.noted("name") == "foo.yaml"
    assert prod.noted("seen") == "text"
    assert prod.provider().read().secret_files == {"foo.yaml": "new\n"}


def test_a_secret_file_may_be_named_as_it_lies_there(prod: Any) -> None:
    prod.edit(prod.make().writes("new\n"), name="secret-foo.yaml.age")

    assert prod.provider().read().secret_files == {"foo.yaml": "new\n"}


def test_a_new_secret_file_is_made(prod: Any) -> None:
    prod.edit(prod.make().writes("new\n"), name="bar")

    assert prod.provider().read().secret_files == {"bar": "new\n", "foo.yaml": "text\n"}


def test_a_binary_secret_file_can_be_edited(prod: Any) -> None:
    prod.make().edit("printf '\\377\\000' > ", name="bin")

    assert prod.provider().read().secret_files["bin"] == b"\xff\x00"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x"])
def test_a_secret_file_cannot_lie_elsewhere(prod: Any, name: str) -> None:
    with pytest.raises(SecretsError, match="cannot be the name"):
        prod.make().edit("true", name=name)


def test_a_secret_file_needs_a_config(prod: Any) -> None:
    with pytest.raises(SecretsError, match="has no secrets"):
        prod.edit("true", name="foo")


def test_the_editor_of_the_environment_is_used_by_default(
    prod: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", prod.make().writes(prod.text("[app]\na = 1\n")))

    assert prod.edit(None)


class TestMistakes:
    def test_a_syntax_error_offers_to_edit_the_text_again(self, prod: Any, output: Any) -> None:
        good = prod.text("[app]\na = 1\n")
        editor = prod.make().writes(good + "oops\n", good)

        assert prod.edit(editor, "edit")

        assert prod.noted("seen") == (good + "oops\n").strip()
        assert "neither a [section] nor a key = value" in output.backend.output
        assert prod.provider().read().component_overrides == {"app": {"a": "1"}}

    def test_a_wrong_member_offers_to_edit_the_text_again(self, prod: Any, output: Any) -> None:
        good = prod.text("[app]\na = 1\n")
        editor = prod.make().writes(good.replace("members =", "members = alice,"), good)

        assert prod.edit(editor, "")

        assert "'alice' is no member" in output.backend.output

    def test_quitting_leaves_the_old_file(self, prod: Any) -> None:
        before = prod.make().path.read_bytes()

        with pytest.raises(Quit):
            prod.edit(prod.writes("oops\n"), "what", "quit")

        assert prod.path.read_bytes() == before

    def test_without_a_person_to_ask_it_ends(self, prod: Any) -> None:
        before = prod.make().path.read_bytes()

        with pytest.raises(Quit):
            prod.edit(prod.writes("oops\n"))

        assert prod.path.read_bytes() == before

    def test_encrypting_can_be_tried_again_without_the_editor(
        self, prod: Any, tmp_path: Path
    ) -> None:
        listed = tmp_path / "project" / "ops.keys"
        text = prod.text("[app]\na = 1\n").replace("members =", "members = file:ops.keys,")
        editor = prod.make().writes(text)

        def ask(prompt: Any) -> Any:
            listed.write_text(prod.key.public)
            return "encrypt"

        assert edit(prod.provider(), None, editor, ask)

        assert prod.noted("n") == "1"
        assert prod.provider().config().members[0] == "file:ops.keys"

    def test_an_editor_that_fails_is_told_and_its_text_can_be_written(
        self, prod: Any, output: Any
    ) -> None:
        editor = prod.make().writes(prod.text("[app]\na = 1\n"))

        assert prod.edit(f"sh -c '{editor} $1; exit 3' x", "encrypt")

        assert "ended with code 3" in output.backend.output
        assert prod.provider().read().component_overrides == {"app": {"a": "1"}}

    def test_an_unforeseen_problem_loses_nothing(self, prod: Any, output: Any) -> None:
        good = prod.text("[app]\na = 1\n")
        editor = prod.make().writes(good)
        blocked = prod.directory / ".secrets.cfg.age.new"
        (blocked / "x").mkdir(parents=True)

        def ask(prompt: Any) -> Any:
            (blocked / "x").rmdir()
            blocked.rmdir()
            return "encrypt"

        assert edit(prod.provider(), None, editor, ask)

        assert "cannot write the secrets" in output.backend.output
        assert prod.provider().read().component_overrides == {"app": {"a": "1"}}


class TestLocks:
    def test_nobody_reads_or_edits_while_somebody_edits(self, prod: Any) -> None:
        prod.make()

        def ask(prompt: Any) -> Any:
            with pytest.raises(FileLockedError):
                prod.provider().read()
            with pytest.raises(FileLockedError):
                prod.edit("true")
            return "quit"

        with pytest.raises(Quit):
            edit(prod.provider(), None, "false", ask)

    def test_what_somebody_reads_cannot_be_edited(self, prod: Any) -> None:
        prod.make()

        with locked(prod.path):
            with pytest.raises(FileLockedError):
                prod.edit("true")


class TestCrash:
    @pytest.fixture
    def editing(self, prod: Any, script: Any, tmp_path: Path, project: Any) -> Any:
        """A batou whose editor has written half of a text and does not end."""
        prod.make()
        editor = script(f"echo half > $1; echo $1 > {tmp_path}/path; exec cat {tmp_path}/fifo\n")
        os.mkfifo(tmp_path / "fifo")
        process = subprocess.Popen(
            [sys.executable, "-m", "batou", "secrets", "edit", "prod", "-e", editor],
            cwd=project.directory,
            env={**os.environ, "BATOU_AGE_IDENTITIES": str(prod.key.path)},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until((tmp_path / "path").exists, "the editor runs")
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def test_being_killed_leaves_the_old_file_and_the_next_edit_wipes_what_was_left(
        self, prod: Any, editing: Any, tmp_path: Path
    ) -> None:
        before = prod.path.read_bytes()
        left = Path((tmp_path / "path").read_text().strip())

        os.killpg(editing.pid, signal.SIGKILL)
        editing.wait()

        assert prod.path.read_bytes() == before
        assert left.exists()
        assert not prod.edit("true")
        assert not left.parent.exists()

    def test_being_told_to_end_wipes_the_clear_text(
        self, prod: Any, editing: Any, tmp_path: Path
    ) -> None:
        before = prod.path.read_bytes()
        left = Path((tmp_path / "path").read_text().strip())

        os.killpg(editing.pid, signal.SIGTERM)
        code = editing.wait()

        assert code == 128 + signal.SIGTERM
        assert prod.path.read_bytes() == before
        assert not left.parent.exists()
