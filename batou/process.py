"""Run commands, quote words, lock files."""

import fcntl
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from batou.errors import CmdExecutionError as CmdExecutionError
from batou.errors import CmdTimeout as CmdTimeout
from batou.errors.texts import hide_passwords, text_of
from batou.report import output

Command = str | Sequence[str | os.PathLike[str]]


def quote(word: str | os.PathLike[str]) -> str:
    """*word* so that a shell takes it as one word."""
    return shlex.quote(os.fspath(word))


def cmd(
    cmd: Command,
    silent: bool = False,
    ignore_returncode: bool = False,
    communicate: bool = True,
    env: Mapping[str, str] | None = None,
    acceptable_returncodes: Sequence[int] = (0,),
    encoding: str | None = "utf-8",
    timeout: float | None = None,
    input: str | bytes | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> Any:
    """Run *cmd* and return ``(stdout, stderr)``.

    Text runs in ``/bin/sh -c``, a list is run as it is. *env* adds to the
    environment. *encoding* None returns bytes. *timeout* is in seconds; then the
    command and all it started are stopped. With *communicate* off the
    ``subprocess.Popen`` is returned at once, with pipes for bytes.

    Raises CmdExecutionError if the return code is not acceptable, CmdTimeout
    after *timeout*.
    """
    process = _start(cmd, env, cwd)
    if not communicate:
        return process
    data = input.encode(encoding or "utf-8") if isinstance(input, str) else (input or b"")
    try:
        raw_out, raw_err = process.communicate(data, timeout=timeout)
    except subprocess.TimeoutExpired:
        raw_out, raw_err = _stop(process)
        out, err = (raw.decode("utf-8", "replace") for raw in (raw_out, raw_err))
        raise CmdTimeout(_plain(cmd), timeout or 0, out, err) from None
    except BaseException:
        _stop(process)
        raise
    result: Any = (raw_out, raw_err)
    if encoding:
        result = tuple(raw.decode(encoding, "replace") for raw in (raw_out, raw_err))
    if process.returncode not in acceptable_returncodes and not ignore_returncode:
        raise CmdExecutionError(_plain(cmd), process.returncode, *result)
    return result


def _plain(cmd: Command) -> str:
    return cmd if isinstance(cmd, str) else shlex.join([os.fspath(word) for word in cmd])


def _start(
    cmd: Command, env: Mapping[str, str] | None, cwd: str | os.PathLike[str] | None
) -> "subprocess.Popen[bytes]":
    if output.enable_debug:
        output.annotate(f"cmd: {hide_passwords(_plain(cmd))}", debug=True)
    shell = isinstance(cmd, str)
    try:
        return subprocess.Popen(
            cmd if shell else [os.fspath(word) for word in cmd],
            shell=shell,
            env=None if env is None else {**os.environ, **env},
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise CmdExecutionError(_plain(cmd), 127, "", text_of(error)) from None
    except PermissionError as error:
        if _is_on_no_path(cmd):  # a directory of PATH that we may not search hides that
            text = f"No such file or directory: {os.fspath(cmd[0])!r}"
            raise CmdExecutionError(_plain(cmd), 127, "", text) from None
        raise CmdExecutionError(_plain(cmd), 126, "", text_of(error)) from None


def _is_on_no_path(cmd: Command) -> bool:
    """Whether a program is asked for by its name, and no directory of PATH has that name."""
    name = "" if isinstance(cmd, str) else os.fspath(cmd[0])
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return (
        bool(name)
        and "/" not in name
        and not any(os.path.exists(os.path.join(place, name)) for place in places)
    )


def _stop(process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
    """End *process* and what it started; politely at first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            return process.communicate(timeout=2)
        except subprocess.TimeoutExpired:
            continue
    return b"", b""


def get_output(command: Command, default: Any = None) -> Any:
    """The standard output of *command*, or *default* if it printed nothing there."""
    return cmd(command, ignore_returncode=True)[0] or default


def hash_file(path: str | os.PathLike[str], function: str = "sha512") -> str:
    """The digest of a file in hex; *function* is a name of hashlib."""
    if function == "sha_512":  # the default that 2.x documents, and that does not exist
        function = "sha512"
    digest = hashlib.new(function)
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


hash = hash_file  # as deployments know it from batou.utils


def _lock(file: Any, patience: float) -> bool:
    """Whether *file* could be locked within *patience* seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
        time.sleep(0.2)


@contextmanager
def locked(filename: str, exit_on_failure: bool = False, patience: float = 0.0) -> Iterator[Any]:
    """Hold an exclusive lock; the file contains the pid while it is held.

    Raises RuntimeError if somebody else holds it for more than *patience* seconds,
    or with *exit_on_failure* prints a message and ends the process with code 1.
    """
    with open(filename, "a+") as file:
        if not _lock(file, patience):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            message = f"{filename!r} is locked by another process (pid {holder})"
            if exit_on_failure:
                print(f"ERROR: {message}", file=sys.stderr)
                raise SystemExit(1)
            raise RuntimeError(message)
        try:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield file
        finally:
            file.seek(0)
            file.truncate(0)
