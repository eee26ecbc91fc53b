"""Run commands, lock files."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batou import utils
from batou.process import (
    CmdExecutionError,
    CmdTimeout,
    cmd,
    get_output,
    hash_file,
    locked,
    quote,
)


class TestCmd:
    def test_it_returns_stdout_and_stderr(self):
        assert cmd("echo out; echo err >&2") == ("out\n", "err\n")

    def test_text_is_run_by_a_shell(self):
        assert cmd("printf '%s' a | tr a b")[0] == "b"
        assert cmd("true && \\\necho  continued")[0] == "continued\n"

    def test_a_list_is_run_as_it_is(self):
        words = ["a b", "it's", '"', "$HOME", "*", "`x`", "\\", ""]

        assert cmd(["printf", "%s|", *words])[0] == "".join(f"{word}|" for word in words)

    def test_paths_are_words_too(self, tmp_path):
        (tmp_path / "x y").write_text("content")

        assert cmd(["cat", tmp_path / "x y"])[0] == "content"

    def test_reading_stdin_does_not_hang(self):
        assert cmd("cat") == ("", "")

    def test_input_is_passed_on(self):
        assert cmd("cat", input="ü")[0] == "ü"
        assert cmd("cat", input=b"\xff", encoding=None)[0] == b"\xff"

    def test_what_is_no_utf8_is_replaced(self):
        assert cmd("printf 'a\\377b'")[0] == "a\N{REPLACEMENT CHARACTER}b"

    def test_without_encoding_it_returns_bytes(self):
        assert cmd("printf 'a\\377b'", encoding=None) == (b"a\xffb", b"")

    def test_another_encoding_can_be_chosen(self):
        assert cmd("printf '\\344'", encoding="latin-1")[0] == "ä"

    def test_the_environment_is_inherited_and_added_to(self, monkeypatch):
        monkeypatch.setenv("INHERITED", "1")

        assert cmd("echo $INHERITED $ADDED", env={"ADDED": "2"})[0] == "1 2\n"

    def test_it_can_be_run_elsewhere(self, tmp_path):
        assert cmd("pwd", cwd=tmp_path)[0] == f"{os.path.realpath(tmp_path)}\n"

    def test_failure_is_an_error_with_all_facts(self):
        with pytest.raises(CmdExecutionError) as caught:
            cmd("echo out; echo err >&2; exit 3")

        error = caught.value
        assert (error.cmd, error.returncode) == ("echo out; echo err >&2; exit 3", 3)
        assert (error.stdout, error.stderr) == ("out\n", "err\n")
        assert isinstance(error, RuntimeError)

    def test_a_directory_that_may_not_be_searched_does_not_hide_that_a_command_is_unknown(
        self, tmp_path, monkeypatch
    ):
        (tmp_path / "closed").mkdir(mode=0o000)
        monkeypatch.setenv("PATH", f"{tmp_path}/closed:{os.environ['PATH']}")

        with pytest.raises(CmdExecutionError) as caught:
            cmd(["no-such-command-here"])

        assert caught.value.returncode == 127

    def test_an_unknown_command_gives_127(self):
        for command in ("no-such-command-here", ["no-such-command-here"]):
            with pytest.raises(CmdExecutionError) as caught:
                cmd(command)
            assert caught.value.returncode == 127
            assert caught.value.cmd == "no-such-command-here"
            assert "was not found" in caught.value.hint()

    def test_a_program_that_may_not_be_run_gives_126(self, tmp_path):
        path = tmp_path / "program"
        path.write_text("#!/bin/sh\n")

        with pytest.raises(CmdExecutionError) as caught:
            cmd([path])

        assert caught.value.returncode == 126
        assert "check its mode" in caught.value.hint()

    def test_the_return_code_can_be_ignored(self):
        assert cmd("echo out; exit 3", ignore_returncode=True) == ("out\n", "")

    def test_further_return_codes_can_be_acceptable(self):
        assert cmd("exit 3", acceptable_returncodes=[0, 3]) == ("", "")
        with pytest.raises(CmdExecutionError):
            cmd("exit 0", acceptable_returncodes=[3])

    def test_silent_changes_nothing(self):
        assert cmd("echo out", silent=True) == ("out\n", "")

    def test_without_communicating_it_returns_the_process_at_once(self):
        process = cmd("cat; exit 4", communicate=False)

        assert isinstance(process, subprocess.Popen)
        assert process.communicate(input=b"hello") == (b"hello", b"")
        assert process.returncode == 4

    def test_a_command_that_takes_too_long_is_stopped_with_all_it_started(self, tmp_path):
        pidfile = tmp_path / "pid"
        start = time.monotonic()

        with pytest.raises(CmdTimeout) as caught:
            cmd(f"echo early; (sleep 60 & echo $! > {pidfile}; wait)", timeout=0.5)

        assert time.monotonic() - start < 30
        assert caught.value.stdout == "early\n"
        assert "took over 0.5 s" in caught.value.summary()
        assert "timeout=" in caught.value.hint()
        assert is_gone(int(pidfile.read_text()))

    def test_when_debugging_commands_are_shown_without_passwords(self, output):
        output.enable_debug = True
        cmd("echo https://me:secret@example.com/x")

        assert "cmd: echo https://me:***@example.com/x" in output.backend.output

    def test_get_output_has_a_default_and_never_fails(self):
        assert get_output("echo x; exit 1") == "x\n"
        assert get_output("exit 1", default="none") == "none"
        assert get_output("true") is None


def is_gone(pid):
    """Whether the process ends within some seconds; a zombie has ended."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
    return False


class TestErrors:
    def test_an_error_shows_return_code_and_output(self):
        error = CmdExecutionError("make all\nmake install", 2, "out\n", b"err\n")

        assert error.summary() == "command failed: make all …"
        assert error.rows() == [("Return code", "2"), ("STDOUT", "out"), ("STDERR", "err")]
        assert error.hint() is None

    def test_empty_output_is_left_out(self):
        assert CmdExecutionError("x", 1, "", None).rows() == [("Return code", "1")]

    def test_a_signal_is_named(self):
        rows = CmdExecutionError("x", -signal.SIGKILL, "", "").rows()

        assert rows == [("Return code", "-9 (killed by SIGKILL)")]
        assert CmdExecutionError("x", -200, "", "").rows() == [("Return code", "-200")]

    def test_passwords_in_urls_are_hidden(self):
        error = CmdExecutionError(["git", "clone", "https://me:pw@host/x"], 1, "ftp://a:b@c", "")

        assert error.summary() == "command failed: git clone https://me:***@host/x"
        assert ("STDOUT", "ftp://a:***@c") in error.rows()

    def test_deployments_construct_catch_and_report_it(self, output):
        with pytest.raises(CmdExecutionError) as caught:
            raise utils.CmdExecutionError("ls", 1, "out", "err")
        caught.value.report()

        assert "ERROR: command failed: ls" in output.backend.output
        assert "STDERR: err" in output.backend.output


class TestHash:
    def test_a_file_has_a_digest(self, tmp_path):
        path = tmp_path / "x"
        path.write_bytes(b"content" * 500_000)

        assert hash_file(path) == hashlib.sha512(path.read_bytes()).hexdigest()
        assert utils.hash(path, "md5") == hashlib.md5(path.read_bytes()).hexdigest()

    def test_the_default_that_2x_documents_works(self, tmp_path):
        path = tmp_path / "x"
        path.write_bytes(b"content")

        assert utils.hash(str(path), function="sha_512") == hashlib.sha512(b"content").hexdigest()

    def test_an_unknown_algorithm_is_a_value_error(self, tmp_path):
        (tmp_path / "x").write_bytes(b"")
        with pytest.raises(ValueError, match="crc1"):
            utils.hash(tmp_path / "x", "crc1")


HOLD = """
import sys
from batou.process import locked
with locked(sys.argv[1], exit_on_failure="exit" in sys.argv):
    print("held", flush=True)
    sys.stdin.read()
"""


class TestLock:
    def other(self, path, *args):
        return subprocess.Popen(
            [sys.executable, "-c", HOLD, path, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def test_the_file_holds_the_pid_while_it_is_locked(self, tmp_path):
        path = tmp_path / "lock"

        with locked(str(path)):
            assert path.read_text() == str(os.getpid())
        assert path.read_text() == ""

    def test_somebody_elses_lock_is_an_error_that_names_the_holder(self, tmp_path):
        path = str(tmp_path / "lock")
        holder = self.other(path)
        assert holder.stdout.readline() == "held\n"

        with pytest.raises(RuntimeError, match=rf"locked by another process \(pid {holder.pid}\)"):
            with locked(path):
                pass

        holder.communicate("")
        with locked(path):
            assert Path(path).read_text() == str(os.getpid())

    def test_reading_the_file_does_not_give_the_lock_up(self, tmp_path):
        path = tmp_path / "lock"

        with locked(str(path)):
            path.read_text()
            loser = self.other(str(path), "exit")
            loser.communicate("")

        assert loser.returncode == 1

    def test_it_can_end_the_process(self, tmp_path):
        path = str(tmp_path / "lock")

        with locked(path):
            loser = self.other(path, "exit")
            out, err = loser.communicate("")

        assert (out, loser.returncode) == ("", 1)
        assert f"is locked by another process (pid {os.getpid()})" in err


@pytest.mark.parametrize("word", ["plain", "a b", "it's", "$x", ""])
def test_a_quoted_word_survives_the_shell(word):
    assert cmd(f"printf %s {quote(word)}")[0] == word
