import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batou.secrets import age, sshkeys
from batou.secrets.agefile import stanzas
from batou.secrets.errors import UnreadableSecret
from batou.secrets.identities import CannotOpen, load_identity
from batou.secrets.keyring import Keyring
from batou.secrets.passphrases import NoPassphrase, Passphrases, ask_on_terminal
from batou.secrets.prompting import run_answering

TEXT = b"hunter2\n"


def reason(ring: Any, content: bytes) -> Any:
    with pytest.raises(UnreadableSecret) as caught:
        ring.decrypt(content, "x.age")
    return dict(caught.value.rows())["Tried"].partition(": ")[2]


class Typist:
    """Types what it was given, one answer a question, and remembers the questions."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    def __call__(self, prompt: Any) -> Any:
        self.questions.append(prompt)
        return self.answers.pop(0)


class TestLockedSSHKeys:
    @pytest.mark.parametrize("kind", ["ed25519", "rsa"])
    def test_it_opens_with_the_passphrase_from_the_environment(
        self, keys: Any, ring: Any, kind: str
    ) -> None:
        key = keys.locked(kind)
        content = age.encrypt(TEXT, [key.public])

        assert ring(key, passphrase=keys.passphrase).decrypt(content, "x.age") == TEXT

    @pytest.mark.needs("ssh-keygen")
    def test_an_old_pem_key_opens(self, keys: Any, ring: Any, tmp_path: Path) -> None:
        path = tmp_path / "id_pem"
        command = ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-f", str(path)]
        subprocess.run([*command, "-N", keys.passphrase], check=True)
        public = (tmp_path / "id_pem.pub").read_text().strip()
        key = type(keys.ssh())(path, public)
        content = age.encrypt(TEXT, [public])

        assert ring(key, passphrase=keys.passphrase).decrypt(content, "x.age") == TEXT

    def test_the_passphrase_is_asked_for_once_however_much_is_opened(
        self, keys: Any, ring: Any
    ) -> None:
        key, ask = keys.locked(), Typist(keys.passphrase)
        opener = ring(key, ask=ask)

        for text in (b"one", b"two", b"three"):
            assert opener.decrypt(age.encrypt(text, [key.public]), "x.age") == text

        assert ask.questions == [f"Passphrase of {key.path}: "]

    def test_a_mistyped_passphrase_may_be_typed_again(
        self, keys: Any, ring: Any, output: Any
    ) -> None:
        key = keys.locked()
        ask = Typist("wrong", keys.passphrase)

        assert ring(key, ask=ask).decrypt(age.encrypt(TEXT, [key.public]), "x.age") == TEXT

        assert "wrong passphrase" in output.backend.output

    def test_after_three_wrong_passphrases_it_is_not_asked_again(
        self, keys: Any, ring: Any
    ) -> None:
        key, ask = keys.locked(), Typist("1", "2", "3")
        opener, content = ring(key, ask=ask), age.encrypt(TEXT, [key.public])

        assert reason(opener, content) == "the passphrase is wrong"
        assert reason(opener, content) == "the passphrase is wrong"
        assert len(ask.questions) == 3

    def test_a_wrong_passphrase_in_the_environment_is_tried_once(
        self, keys: Any, ring: Any
    ) -> None:
        key = keys.locked()

        why = reason(ring(key, passphrase="wrong"), age.encrypt(TEXT, [key.public]))

        assert why == "the passphrase is wrong"

    def test_nobody_is_asked_for_a_key_that_is_no_recipient(self, keys: Any, ring: Any) -> None:
        content = age.encrypt(TEXT, [keys.ssh().public])

        assert reason(ring(keys.locked()), content) == "its key is not among the recipients"

    def test_a_key_that_needs_no_passphrase_is_tried_first(self, keys: Any, ring: Any) -> None:
        content = age.encrypt(TEXT, [keys.ssh().public, keys.locked().public])

        assert ring(keys.locked(), keys.ssh()).decrypt(content, "x.age") == TEXT

    def test_unlocking_leaves_the_key_on_disk_as_it_was(self, keys: Any) -> None:
        key = keys.locked()
        before = key.path.read_bytes()

        clear = sshkeys.unlocked(before, keys.passphrase)

        assert not sshkeys.key_facts(clear, Path("nowhere")).is_locked
        assert key.path.read_bytes() == before

    @pytest.mark.needs("age")
    def test_without_memory_files_the_age_command_opens_it(
        self, keys: Any, ring: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(os, "memfd_create")
        key = keys.locked()
        content = age.encrypt(TEXT, [key.public])

        assert ring(key, passphrase=keys.passphrase).decrypt(content, "x.age") == TEXT
        assert "password incorrect" in reason(ring(key, passphrase="wrong"), content)


@pytest.fixture(scope="module")
def locked(keys: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An age identity that is encrypted with a passphrase."""
    import pyrage

    key = keys.age("to-lock")
    path = tmp_path_factory.mktemp("locked") / "identity.age"
    path.write_bytes(pyrage.passphrase.encrypt(key.path.read_bytes(), keys.passphrase))
    return type(key)(path, key.public)


class TestLockedAgeIdentities:
    def test_it_opens_with_its_passphrase(self, keys: Any, ring: Any, locked: Any) -> None:
        content = age.encrypt(TEXT, [locked.public])

        assert ring(locked, passphrase=keys.passphrase).decrypt(content, "x.age") == TEXT

    def test_a_wrong_passphrase_is_told(self, keys: Any, ring: Any, locked: Any) -> None:
        content = age.encrypt(TEXT, [locked.public])

        assert reason(ring(locked, passphrase="wrong"), content) == "the passphrase is wrong"


@pytest.mark.parametrize(
    "content, why",
    [
        (b"ssh-ed25519 AAAA me\n", "it is a public key"),
        (b"age1abc\n", "it is a public key"),
        (b"hello\n", "neither an SSH key nor an age identity"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n", "no OpenSSH key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n!\n", "no OpenSSH key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAA=\n", "damaged"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "."),
    ],
)
def test_what_is_no_private_key_says_what_it_is(
    keys: Any, tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    ciphertext = age.encrypt(TEXT, [keys.ssh().public])

    with pytest.raises(CannotOpen, match=why):
        load_identity(path, Passphrases({})).decrypt(ciphertext, stanzas(ciphertext))


class TestWhichIdentities:
    def test_the_usual_files_that_exist_are_used(self, tmp_path: Path) -> None:
        home = tmp_path / "home" / ".ssh"
        home.mkdir(parents=True)
        for name in ("id_ed25519", "id_rsa", "id_other", "id_rsa.pub"):
            (home / name).write_text("x")

        assert Keyring.of_user({}).paths == (home / "id_rsa", home / "id_ed25519")

    def test_a_variable_names_others(self, tmp_path: Path) -> None:
        found = Keyring.of_user({"BATOU_AGE_IDENTITIES": "/a, ~/b,,"}).paths

        assert found == (Path("/a"), tmp_path / "home" / "b")


class TestPassphrases:
    def test_a_literal_in_the_environment_is_used(self) -> None:
        passphrases = Passphrases({"BATOU_AGE_IDENTITY_PASSPHRASE": "abc"})

        assert passphrases.of(Path("x")) == "abc"
        assert not passphrases.are_typed

    def test_a_reference_is_read_from_1password_once(
        self, script: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        log = tmp_path / "log"
        op = Path(script(f'echo "$@" >> {log}\nprintf "sesame\\n"\n', "op"))
        monkeypatch.setenv("PATH", f"{op.parent}:{os.environ['PATH']}")
        passphrases = Passphrases({"BATOU_AGE_IDENTITY_PASSPHRASE": "op://vault/item/field"})

        assert passphrases.of(Path("x")) == "sesame"
        assert passphrases.of(Path("y")) == "sesame"
        assert log.read_text() == "read --no-newline op://vault/item/field\n"

    def test_what_1password_says_is_passed_on(
        self, keys: Any, ring: Any, script: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        op = Path(script("echo 'not signed in' >&2; exit 1", "op"))
        monkeypatch.setenv("PATH", f"{op.parent}:{os.environ['PATH']}")
        content = age.encrypt(TEXT, [keys.locked().public])

        why = reason(ring(keys.locked(), passphrase="op://a/b/c"), content)

        assert why == "op read op://a/b/c failed: not signed in"

    def test_a_missing_op_is_told(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(NoPassphrase, match="cannot run 1Password's op"):
            Passphrases({"BATOU_AGE_IDENTITY_PASSPHRASE": "op://a/b/c"}).of(Path("x"))

    def test_without_a_terminal_the_variable_is_named(self) -> None:
        program = (
            "from batou.secrets.passphrases import *\n"
            "try: ask_on_terminal('?')\n"
            "except NoPassphrase as error: print(error)\n"
        )

        done = subprocess.run(
            [sys.executable, "-c", program], start_new_session=True, capture_output=True, text=True
        )

        assert "there is no terminal" in done.stdout
        assert "BATOU_AGE_IDENTITY_PASSPHRASE" in done.stdout

    def test_on_a_terminal_it_is_asked_for_unseen(self) -> None:
        program = "from batou.secrets.passphrases import *\nprint(ask_on_terminal('? ')[::-1])"

        done = run_answering([sys.executable, "-c", program], "abc", input=b"")

        assert (done.returncode, done.stdout) == (0, b"cba\n")
        assert "abc" not in done.message

    def test_asking_is_what_happens_without_a_variable(self) -> None:
        assert Passphrases({})._ask is ask_on_terminal


class TestPrompting:
    def test_a_program_that_asks_again_is_refused(self, script: Any) -> None:
        program = script(
            "for i in 1 2; do printf 'Geheimnis? ' >/dev/tty; stty -echo </dev/tty;"
            " read x </dev/tty; stty echo </dev/tty; sleep 0.1; done; echo got $x"
        )

        done = run_answering([program], "abc", input=b"")

        assert done.refused
        assert done.stdout == b""

    def test_a_program_that_does_not_ask_just_runs(self, script: Any) -> None:
        done = run_answering([script("cat; echo oops >&2; exit 3")], "abc", input=b"x" * 100_000)

        assert (done.returncode, len(done.stdout), done.message) == (3, 100_000, "oops")
        assert not done.refused
