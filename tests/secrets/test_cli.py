import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from batou.cli import main
from batou.secrets.encryption import locked
from batou.secrets.prompting import run_answering

BODY = "[component:app]\npassword = geheim\n"
READS = 'password = None\n\ndef configure(self):\n    self.environment.secret_files["foo.yaml"]'

BATOU = [sys.executable, "-m", "batou", "secrets"]


@dataclass(frozen=True)
class Done:
    """How a command ended; *stdout* has what was printed by either way."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def prod(
    project: Any,
    keys: Any,
    ring: Any,
    config: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    output: Any,
) -> Any:
    class Prod:
        directory = project.environment()
        path = directory / "secrets.cfg.age"
        key, other = keys.ssh(), keys.age()

        def make(self, kind: Any = "age", key: Any = None, body: Any = BODY) -> Any:
            project.component("app", READS)
            key = key or self.key
            project.secrets(config(key, kind=kind, body=body), ring(key), foo_yaml=b"a: b\n")
            return self

        def batou(self, *args: Any, identity: Any = None, input: Any = "") -> Any:
            """Run the command in this process."""
            monkeypatch.setenv("BATOU_AGE_IDENTITIES", str((identity or self.key).path))
            monkeypatch.chdir(project.directory)
            monkeypatch.setattr("sys.stdin", io.StringIO(input))
            capsys.readouterr()
            output.backend.output = ""
            with pytest.raises(SystemExit) as ended:
                main(["secrets", *args])
            printed = capsys.readouterr()
            return Done(
                cast(int, ended.value.code), output.backend.output + printed.out, printed.err
            )

        def process(self, *args: Any, identity: Any = None, **kw: Any) -> Any:
            """Run the command in a process of its own."""
            environ = {**os.environ, "BATOU_AGE_IDENTITIES": str((identity or self.key).path)}
            return subprocess.run(
                [*BATOU, *args], cwd=project.directory, env=environ, capture_output=True, **kw
            )

        def config(self) -> Any:
            return project.provider(ring(self.key)).read_config()

    return Prod()


def test_edit_writes_what_the_editor_leaves(prod: Any, script: Any) -> None:
    done = prod.make().batou("edit", "prod", "-e", script("echo 'user = me' >> $1"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "wrote environments/prod/secrets.cfg.age" in done.stdout
    assert prod.config().endswith("password = geheim\nuser = me\n")


def test_edit_of_a_file_and_a_name_with_suffix(prod: Any, script: Any) -> None:
    done = prod.make().batou("edit", "prod.cfg", "foo.yaml", "--editor", script("echo c > $1"))

    assert done.returncode == 0, done.stdout + done.stderr
    shown = prod.batou("decrypttostdout", "environments/prod/secret-foo.yaml.age")
    assert shown.stdout == "c\n"


def test_giving_up_an_edit_is_a_failure(prod: Any, script: Any) -> None:
    done = prod.make().batou("edit", "prod", "-e", script("echo oops >> $1"), input="quit\n")

    assert done.returncode == 1
    assert "the changes were not written" in done.stderr


def test_an_unknown_environment_is_a_failure_that_names_the_others(prod: Any) -> None:
    done = prod.make().batou("edit", "prdo")

    assert done.returncode == 1
    assert "there is no environment 'prdo'" in done.stdout
    assert "'prod'" in done.stdout


def test_all_unknown_environments_are_named(prod: Any, keys: Any) -> None:
    done = prod.make().batou("reencrypt", "--environments", "a,prod,b")

    assert done.returncode == 1
    assert "there is no environment 'a', 'b'" in done.stdout


def test_summary_lists_members_and_files(prod: Any, project: Any) -> None:
    project.environment("bare")

    done = prod.make().batou("summary")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "bare",
        "    members",
        "        (none)",
        "    secret files",
        "        (none)",
        "prod",
        "    members",
        f"        - {prod.key.public}",
        "    secret files",
        "        - foo.yaml",
    ]


def test_a_summary_that_cannot_read_fails_and_lists_the_others(
    prod: Any, project: Any, keys: Any, ring: Any, config: Any
) -> None:
    project.environment("mine")
    project.secrets(config(keys.ssh("rsa")), ring(keys.ssh("rsa")), "mine")

    done = prod.make().batou("summary")

    assert done.returncode == 1
    assert f"- {prod.key.public}" in done.stdout
    assert "none of your identities opens 'environments/mine/secrets.cfg.age'" in done.stdout


@pytest.mark.parametrize("verb", ["summary", "check", "who", "reencrypt"])
def test_an_environment_with_two_providers_does_not_hide_the_others(
    prod: Any, project: Any, verb: str
) -> None:
    other = project.environment("odd")
    (other / "secrets.cfg.age").write_text("x")
    (other / "secrets.cfg.gpg").write_text("x")

    done = prod.make().batou(verb)

    assert done.returncode == 1
    assert "environment 'odd' has 2 files of secrets" in done.stdout
    assert verb == "reencrypt" or "prod" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_add_remove_and_reencrypt(prod: Any) -> None:
    prod.make()

    assert prod.batou("add", prod.other.public).stdout == "encrypted again: prod\n"
    assert prod.batou("summary", identity=prod.other).returncode == 0
    assert prod.batou("reencrypt").stdout == "nothing was changed\n"
    assert prod.batou("reencrypt", "--force").stdout == "encrypted again: prod\n"
    assert prod.batou("remove", prod.other.public).returncode == 0
    assert prod.batou("summary", identity=prod.other).returncode == 1


def test_a_wrong_member_is_a_failure_without_a_traceback(prod: Any) -> None:
    done = prod.make().batou("add", "alice")

    assert done.returncode == 1
    assert "'alice' is no member that age knows" in done.stdout
    assert "nothing was written because of prod" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["edit", "prod", "-e", "true"],
        ["summary"],
        ["add", "age1abc"],
        ["remove", "age1abc"],
        ["reencrypt"],
        ["decrypttostdout", "environments/prod/secrets.cfg.age"],
        ["check"],
        ["who"],
    ],
)
def test_every_verb_fails_while_somebody_edits(prod: Any, args: list[str]) -> None:
    prod.make()

    with locked(prod.path, exclusive=True):
        done = prod.batou(*args)

    assert done.returncode == 1
    assert "is locked" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


class TestDecryptToStdout:
    @pytest.mark.parametrize("kind", ["age", "age-diffable"])
    def test_it_prints_the_clear_text(self, prod: Any, kind: str) -> None:
        path = f"environments/prod/secrets.cfg.{kind}"

        done = prod.make(kind).batou("decrypttostdout", path)

        assert done.stdout.endswith("[component:app]\npassword = geheim\n")

    @pytest.mark.needs("gpg")
    def test_gpg_files_as_well(
        self, prod: Any, gnupg: Path, project: Any, ring: Any, config: Any
    ) -> None:
        project.secrets(config("alice@example.com", kind="gpg", body=BODY), ring())

        done = prod.batou("decrypttostdout", "environments/prod/secrets.cfg.gpg")

        assert "password = geheim" in done.stdout

    @pytest.mark.needs("git")
    def test_git_shows_what_changed_in_clear_text(
        self, prod: Any, project: Any, script: Any
    ) -> None:
        prod.make()
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
        textconv = " ".join(BATOU) + " decrypttostdout"
        git += ["-c", f"diff.age.textconv={textconv}"]
        environ = {**os.environ, "BATOU_AGE_IDENTITIES": str(prod.key.path)}

        def run(*args: Any) -> Any:
            done = subprocess.run(
                [*git, *args], cwd=project.directory, env=environ, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        (project.directory / ".gitattributes").write_text("*.age diff=age\n")
        run("init", "--quiet")
        run("add", ".")
        run("commit", "--quiet", "-m", "one")
        assert prod.process("edit", "prod", "-e", "sed -i s/geheim/neu/").returncode == 0

        diff = run("diff")

        assert "-password = geheim\n+password = neu\n" in diff

    def test_a_binary_file_is_printed_as_it_is(self, prod: Any, project: Any, ring: Any) -> None:
        from batou.secrets.changes import changes

        prod.make()
        provider = project.provider(ring(prod.key))
        changes(provider, files={"bin": b"\xff\x00\n"}).apply()

        done = prod.process("decrypttostdout", "environments/prod/secret-bin.age")

        assert done.stdout == b"\xff\x00\n"

    def test_an_empty_file_has_a_placeholder(self, prod: Any, tmp_path: Path) -> None:
        (tmp_path / "x.age").touch()

        assert prod.batou("decrypttostdout", str(tmp_path / "x.age")).stdout == "(empty)\n"

    @pytest.mark.parametrize(
        "name, problem", [("x.txt", "cannot tell how"), ("nothing.age", "there is no file")]
    )
    def test_what_cannot_be_decrypted_is_told(
        self, prod: Any, tmp_path: Path, name: str, problem: str
    ) -> None:
        (tmp_path / "x.txt").touch()

        done = prod.batou("decrypttostdout", str(tmp_path / name))

        assert done.returncode == 1
        assert problem in done.stdout + done.stderr


class TestCheckAndWho:
    def test_a_clean_project_passes(self, prod: Any) -> None:
        done = prod.make().batou("check")

        assert (done.returncode, done.stdout) == (0, "prod: no findings\n")

    def test_findings_fail(self, prod: Any) -> None:
        (prod.make().directory / "secret-foo.yaml.age").unlink()

        done = prod.batou("check")

        assert done.returncode == 1
        assert "missing: component 'app' on 'web1' reads the secret file 'foo.yaml'" in done.stdout

    def test_findings_as_json(self, prod: Any) -> None:
        (prod.make().directory / "secret-foo.yaml.age").unlink()

        done = prod.batou("check", "--format", "json")

        (environment,) = json.loads(done.stdout)["environments"]
        assert done.returncode == 1
        assert environment["environment"] == "prod"
        assert [finding["kind"] for finding in environment["findings"]] == ["missing"]

    def test_who_as_text_and_json(self, prod: Any, project: Any) -> None:
        project.environment("bare")

        text = prod.make().batou("who")
        data = json.loads(prod.batou("who", "--format", "json", "--environments", "prod").stdout)

        assert text.returncode == 0, text.stdout + text.stderr
        assert "web1: app (password); files (foo.yaml)" in text.stdout
        (environment,) = data["environments"]
        assert environment["hosts"][0]["overrides"] == {"app": ["password"]}


class TestPassphrases:
    def test_it_is_asked_for_on_the_terminal(
        self, prod: Any, keys: Any, project: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prod.make(key=keys.locked())
        monkeypatch.setenv("BATOU_AGE_IDENTITIES", str(keys.locked().path))
        monkeypatch.chdir(project.directory)
        command = [*BATOU, "decrypttostdout", "environments/prod/secrets.cfg.age"]

        done = run_answering(command, keys.passphrase, input=b"")

        assert done.returncode == 0, done.message
        assert done.stdout.endswith(b"password = geheim\n")
        assert keys.passphrase not in done.message

    def test_without_a_terminal_the_error_says_how(self, prod: Any, keys: Any) -> None:
        prod.make(key=keys.locked())

        done = prod.process(
            "summary", identity=keys.locked(), start_new_session=True, stdin=subprocess.DEVNULL
        )

        assert done.returncode == 1
        assert b"set BATOU_AGE_IDENTITY_PASSPHRASE" in done.stdout

    def test_no_passphrase_or_secret_is_in_the_arguments_of_a_process(
        self, prod: Any, keys: Any, script: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The editor looks at all processes while it runs."""
        key = keys.ssh(name="canary", passphrase="canary of the passphrase")
        prod.make(key=key, body="[component:app]\npassword = canary-of-the-secret\n")
        monkeypatch.setenv("BATOU_AGE_IDENTITY_PASSPHRASE", "canary of the passphrase")
        editor = script("cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' '; echo 'user = me' >> $1")

        done = prod.process("edit", "prod", "-e", editor, identity=key)

        assert done.returncode == 0, done.stdout
        assert b"batou secrets edit" in done.stdout
        assert b"canary" not in done.stdout.replace(key.path.name.encode(), b"")


def test_being_killed_while_writing_leaves_every_file_readable(
    prod: Any, project: Any, ring: Any
) -> None:
    """A limit on the size of files kills the process in the middle of the third one."""
    from batou.secrets.changes import changes

    prod.make()
    provider = project.provider(ring(prod.key))
    changes(provider, files={"large": b"x" * 100_000}).apply()
    before = {path: path.read_bytes() for path in prod.directory.iterdir()}

    program = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "from batou.main import main\n"
        "main(['secrets', 'reencrypt', '--force'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.directory,
        env={**os.environ, "BATOU_AGE_IDENTITIES": str(prod.key.path)},
    )

    assert done.returncode == -signal.SIGXFSZ
    assert {path: path.read_bytes() for path in before} == before
    assert prod.batou("reencrypt", "--force").returncode == 0
    left = [path.name for path in prod.directory.iterdir() if path.name.startswith(".")]
    assert left == []


def test_help_does_not_load_what_only_secrets_need() -> None:
    program = (
        "import sys\n"
        "from batou.cli import cli\n"
        "try: cli.main(['secrets', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'pyrage', 'configupdater', 'batou.environment'} & set(sys.modules)))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "[]"
    for verb in (
        "edit",
        "summary",
        "add",
        "remove",
        "reencrypt",
        "decrypttostdout",
        "who",
        "check",
    ):
        assert f"  {verb} " in done.stdout
