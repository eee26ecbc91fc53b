"""``batou secrets edit``: decrypt, let a person edit, encrypt again; nothing gets lost."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from batou.errors import ReportingException
from batou.report import output
from batou.secrets import encryption
from batou.secrets.changes import changes
from batou.secrets.errors import SecretsError
from batou.secrets.private import private_directory
from batou.secrets.provider import CONFIG, FILE_PREFIX, NoSecretProvider, SecretProvider

NEW_CONFIG = """\
[batou]
secret_provider = age
members =
"""

QUESTION = "edit: edit again · encrypt: try again to encrypt · quit: lose the changes"


class Quit(Exception):
    """The person gave up the changes."""


def edit(
    provider: SecretProvider,
    name: str | None = None,
    editor: str | None = None,
    ask: Callable[[str], str] = input,
) -> bool:
    """Edit ``secrets.cfg``, or the secret file *name*; returns whether something was written.

    When that fails, *ask* offers to edit again, to try again to encrypt, or to
    quit; the text is kept until then. Raises Quit.
    """
    document = Document(provider, name)
    editor = editor or os.environ.get("EDITOR") or "vi"
    with document.locked():
        before = text = document.read()
        choice = "edit"
        while True:
            try:
                if choice == "edit":
                    text, code = edited(text, document.inner_name, editor)
                    _check_end(editor, code)
                if text == before:
                    output.annotate("nothing was changed")
                    return False
                document.write(text)
                return True
            except ReportingException as error:
                error.report()
            except Exception as error:  # whatever it is, the person's text must survive it
                output.error(f"cannot write the secrets: {error}", exc_info=error)
            choice = _choice(ask)


def _check_end(editor: str, code: int) -> None:
    if code:
        raise SecretsError(
            f"the editor {editor!r} ended with code {code}",
            advice="choose encrypt to write what it left, or name another one with --editor",
        )


def _choice(ask: Callable[[str], str]) -> str:
    output.line(QUESTION)
    while True:
        try:
            answer = ask("edit, encrypt or quit? [edit] ").strip().lower() or "edit"
        except (EOFError, KeyboardInterrupt):
            output.line("")
            raise Quit("the changes were not written") from None
        for choice in ("edit", "encrypt", "quit"):
            if choice == answer or (len(answer) > 1 and choice.startswith(answer)):
                if choice == "quit":
                    raise Quit("the changes were not written")
                return choice


class Document:
    """What is edited: ``secrets.cfg`` or one secret file."""

    def __init__(self, provider: SecretProvider, name: str | None) -> None:
        self.provider = provider
        if isinstance(provider, NoSecretProvider):
            if name is not None:
                raise provider.problem
            self.provider = provider.sibling("age")
        self.name = None if name is None else self._checked(name)

    def _checked(self, name: str) -> str:
        suffix = self.provider.file_suffix
        if name.startswith(FILE_PREFIX) and name.endswith(suffix):
            name = name.removeprefix(FILE_PREFIX).removesuffix(suffix)
        if not name or "/" in name or name.startswith("."):
            raise SecretsError(
                f"{name!r} cannot be the name of a secret file",
                advice="expected a name like 'app.yaml', without a directory",
            )
        return name

    @property
    def path(self) -> Path:
        """The encrypted file."""
        if self.name is None:
            return self.provider.config_path
        return self.provider.file_path(self.name)

    @property
    def inner_name(self) -> str:
        """The name that the editor sees, so that it knows the syntax."""
        return self.name or CONFIG

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else reads or writes the environment's secrets meanwhile."""
        paths = {*self.provider.paths(), self.path}
        with ExitStack() as stack:
            for path in sorted(paths):
                stack.enter_context(encryption.locked(path, exclusive=True))
            yield

    def read(self) -> bytes:
        """The clear text; of a new ``secrets.cfg``, where to begin."""
        if self.name is None:
            exists = self.provider.exists
            return (self.provider.read_config() if exists else NEW_CONFIG).encode()
        has_content = self.path.exists() and self.path.stat().st_size
        return self.provider.read_file(self.path) if has_content else b""

    def write(self, content: bytes) -> None:
        """Encrypt and replace what changed."""
        if self.name is None:
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError as error:
                raise SecretsError(f"{CONFIG} is not UTF-8: {error.reason}") from None
            planned = changes(self.provider, config_text=text)
        else:
            planned = changes(self.provider, files={self.name: content})
        planned.apply()
        for path in planned.writes:
            output.annotate(f"wrote {self.provider.shown(path)}")
        for path in planned.removals:
            output.annotate(f"removed {self.provider.shown(path)}")


def edited(content: bytes, name: str, editor: str) -> tuple[bytes, int]:
    """What *editor*, a shell command, makes of *content* in a private file, and how it ended."""
    with private_directory() as directory:
        path = directory / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        with interrupts_ignored():
            code = subprocess.call(f"{editor} {shlex.quote(str(path))}", shell=True)
        return path.read_bytes() if path.exists() else content, code


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Ctrl-C is for the editor, not for us."""
    try:
        before = signal.signal(signal.SIGINT, lambda number, frame: None)
    except ValueError:  # handlers belong to the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
