"""Compiled templates, kept on disk: compiling costs more than all else that rendering does."""

import contextlib
import hashlib
import marshal
import os
import stat
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

import jinja2

MOST = 4000
"""Templates that are kept; above, all are dropped."""


class CompiledTemplates:
    """Makes templates from source, with a directory of compiled ones behind it.

    What is in the directory is executed. So it must be the user's own, with
    nobody else allowed to write; otherwise nothing is kept. Nor is a template
    that `is_secret`, because its text is in what it is compiled to.
    """

    def __init__(self, env: jinja2.Environment) -> None:
        self._env = env
        self._directory: str | None = None
        self.is_secret: Callable[[str], bool] = lambda source: False
        self._known: dict[str, jinja2.Template] = {}
        self._salt = f"{sys.implementation.cache_tag} {jinja2.__version__}\n"

    def keep_in(self, directory: str) -> None:
        """Keep compiled templates in *directory* from now on, if it is safe."""
        with contextlib.suppress(OSError):
            os.makedirs(directory, mode=0o700, exist_ok=True)
            status = os.stat(directory)
            others_write = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            self._directory = None
            if status.st_uid == os.geteuid() and not others_write:
                self._directory = directory

    def get(self, source: str) -> jinja2.Template:
        """The template of *source*; raises jinja2.TemplateSyntaxError."""
        template = self._known.get(source)
        if template is None:
            code = self._code(source) if self._directory else self._compile(source)
            template = jinja2.Template.from_code(self._env, code, self._env.make_globals(None))
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[source] = template
        return template

    def _compile(self, source: str) -> CodeType:
        return self._env.compile(source)

    def _code(self, source: str) -> CodeType:
        assert self._directory is not None
        digest = hashlib.sha256((self._salt + source).encode("utf-8", "surrogatepass")).hexdigest()
        path = os.path.join(self._directory, digest)
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
            with open(path, "rb") as file:
                kept: Any = marshal.load(file)
            if isinstance(kept, CodeType):
                return kept
        code = self._compile(source)
        if not self.is_secret(source):
            with contextlib.suppress(OSError):
                self._write(path, marshal.dumps(code))
        return code

    def _write(self, path: str, data: bytes) -> None:
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)

    def collect(self) -> None:
        """Drop what is kept on disk if it has become too much."""
        if self._directory is None:
            return
        with contextlib.suppress(OSError):
            names = os.listdir(self._directory)
            if len(names) > MOST:
                for name in names:
                    os.remove(os.path.join(self._directory, name))
