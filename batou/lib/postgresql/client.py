"""Talk to a server as its administrator.

Statements reach psql through its standard input, and the password through a file
that only the client's user can read: neither is ever seen in a process list.
Errors do not show statements, as those may contain passwords.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from batou.component import Component
from batou.errors import CmdExecutionError, ConfigurationError, DeploymentError, UpdateNeeded
from batou.lib.postgresql.sql import literal, without_statement
from batou.process import cmd

OPTIONS = [
    "--no-psqlrc",
    "--no-password",
    "--quiet",
    "--no-align",
    "--tuples-only",
    "--set=ON_ERROR_STOP=1",
    "--set=VERBOSITY=terse",
]
PREAMBLE = "\\encoding UTF8\nSET standard_conforming_strings = on;\n"


@dataclass(eq=False)
class CannotAsk(DeploymentError):
    """There is no connection to the server."""

    reason: str
    advice: str

    def summary(self) -> str:
        return f"cannot ask the PostgreSQL server: {self.reason}"

    def hint(self) -> str | None:
        return self.advice


class Client(Component):
    """Base of components that talk to a server as its administrator.

    Without *admin_password* and with a server of this host, psql runs as the system
    user *become*, whom the server knows by its name; None means as the current one.
    """

    admin_user = "postgres"
    admin_password: Any = None
    become: str | None = "postgres"
    hostname: str | None = None
    port: int | str | None = None

    def _rows(self, query: str, db: str = "postgres") -> list[dict[str, Any]]:
        """What the server answers to *query*, a row being {column: value}."""
        answer = self._run(f"SELECT coalesce(json_agg(r), '[]') FROM ({query}) r", db)
        rows: list[dict[str, Any]] = json.loads(answer)
        return rows

    def _run(self, statements: str, db: str = "postgres") -> str:
        """What psql prints for *statements*. Raises CannotAsk and CmdExecutionError."""
        with self._connection(db) as (command, environment):
            try:
                out, _ = cmd(command, env=environment, input=f"{PREAMBLE}{statements};\n", cwd="/")
            except CmdExecutionError as error:
                text = without_statement(str(error.stderr))
                if error.returncode == 2 and "connection to server" in text:
                    raise CannotAsk(text.strip().removeprefix("psql: "), self._advice()) from None
                raise CmdExecutionError(error.cmd, error.returncode, "", text) from None
        return str(out)

    def _advice(self) -> str:
        who = f"as role {self.admin_user!r}"
        if self._becomes():
            who += f" and system user {self.become!r}"
        return f"asked {who}; is the server running, and does its pg_hba.conf let them in?"

    def _becomes(self) -> bool:
        is_local = not self.hostname or self.hostname.startswith("/")
        return bool(self.become) and not self.admin_password and is_local

    @contextmanager
    def _connection(self, db: str) -> Iterator[tuple[list[str], dict[str, str]]]:
        """psql's command and what to add to its environment."""
        command = ["psql", *OPTIONS, f"--username={self.admin_user}", f"--dbname={_plain(db)}"]
        if self.hostname:
            command.append(f"--host={self.hostname}")
        if self.port:
            command.append(f"--port={self.port}")
        if self._becomes():
            yield [*becoming(str(self.become)), *command], {}
            return
        if not self.admin_password:
            yield command, {}
            return
        with tempfile.TemporaryDirectory(prefix="batou-postgresql-") as private:
            path = os.path.join(private, "passwords")
            with open(path, "w", opener=_private, encoding="utf-8") as file:
                file.write(f"*:*:*:*:{_escaped(self.admin_password)}\n")
            yield command, {"PGPASSFILE": path}

    def _need_name_of_database(self, name: str) -> None:
        if not name:
            raise ConfigurationError.from_context(
                f"{self._breadcrumb} has no database, give database='…'", self
            )

    def _require_database(self, name: str) -> None:
        """Raise UpdateNeeded if there is no database *name*."""
        if not self._rows(f"SELECT 1 FROM pg_database WHERE datname = {literal(name)}"):
            raise UpdateNeeded(f"there is no database {name!r}")


def becoming(user: str) -> list[str]:
    """What is put before a command so that it runs as another system user."""
    import pwd

    try:
        if pwd.getpwnam(user).pw_uid == os.geteuid():
            return []
    except KeyError:
        raise CannotAsk(
            f"this host has no system user {user!r}",
            "install the server before, or give hostname and admin_password",
        ) from None
    if os.geteuid() == 0 and shutil.which("runuser"):
        return ["runuser", "-u", user, "--"]
    return ["sudo", "-n", "-u", user, "--"]


def _plain(db: str) -> str:
    """*db* as a connection string, because psql takes a name with ``=`` for one."""
    quoted = db.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{quoted}'"


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


class Command(Client):
    """Runs an SQL *statement* in *db*, unless the query *unless* has a result.

    Without *unless* it runs in every deployment. Templates in both are expanded.
    """

    namevar = "statement"

    statement: str
    db = "postgres"
    unless = ""

    def configure(self) -> None:
        self.statement = self.expand(self.statement)
        self.unless = self.expand(self.unless)

    @property
    def namevar_for_breadcrumb(self) -> str:
        return " ".join(self.statement.split()[:2]).upper()

    def verify(self) -> None:
        if not self.unless:
            raise UpdateNeeded("there is no 'unless' query that could tell")
        self._require_database(self.db)
        if not self._run(self.unless, self.db).strip():
            raise UpdateNeeded("the 'unless' query has no result")

    def update(self) -> None:
        self._run(self.statement, self.db)
