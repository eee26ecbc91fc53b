"""Run a program that may talk to the person at the terminal, and keep what it says."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """How the program ended, and what it wrote to its standard output and error."""

    returncode: int
    stdout: bytes
    message: str


def run_aloud(
    command: Sequence[str], input: bytes | None = None, unless: tuple[str, ...] = ()
) -> Heard:
    """Run *command*; what it writes to its standard error is shown at once.

    So people see "touch your key" while there is time. What begins with one of
    *unless* is not shown, because it will be part of an error. Without *input*
    the program reads from our standard input. Raises OSError if it cannot start.
    """
    ours, theirs = os.pipe()
    heard: list[bytes] = []
    listener = threading.Thread(target=_listen, args=(ours, heard, unless), daemon=True)
    listener.start()
    try:
        process = subprocess.Popen(
            list(command),
            stdin=None if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
    finally:
        os.close(theirs)
    with process:
        stdout, _ = process.communicate(input)
    listener.join()
    return Heard(process.returncode, stdout, b"".join(heard).decode("utf-8", "replace").strip())


def _listen(pipe: int, heard: list[bytes], unless: tuple[str, ...]) -> None:
    """Pass on what comes, whole lines or not: a question has no line end."""
    is_muted = False
    while chunk := os.read(pipe, 4096):
        heard.append(chunk)
        text = chunk.decode("utf-8", "replace")
        is_muted = is_muted or text.startswith(unless or ("\0",))
        if not is_muted:
            sys.stderr.write(text)
            sys.stderr.flush()
    os.close(pipe)
