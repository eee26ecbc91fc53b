"""Databases, users and grants of MySQL and MariaDB, through their command line client.

Statements reach the client through its standard input, and the password through
a file that only the client's user can read: neither is ever seen in a process
list. Errors do not show statements, as those may contain passwords.
"""

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from batou.component import Component
from batou.errors import CmdExecutionError, ConfigurationError, UpdateNeeded
from batou.lib.mysqlauth import is_password
from batou.process import cmd, quote

USE_SUDO: Any = object()
"""As *admin_password*: become the system user ``mysql``, whom the server trusts."""


class Client(Component):
    """Base of components that talk to a server as its administrator.

    *admin_password* may be `USE_SUDO`. Without one the client finds it where it
    always does, in ``~/.my.cnf`` for example.
    """

    admin_password: Any = None
    admin_user = "root"
    hostname: str | None = None
    port: int | str | None = None

    def _run(self, statements: str, db: str | None = None, hide: str | None = None) -> str:
        """What the server answers; *hide* is kept out of errors."""
        database = [f"--database={db}"] if db else []
        with self._client() as (command, environment), _quiet_errors(hide):
            out, _ = cmd([*command, *database], env=environment, input=statements)
        return str(out)

    def _plainly(self, statements: str, hide: str | None = None) -> str:
        """`_run` where the quoting of this module holds, whatever the server's mode is."""
        return self._run(f"SET SESSION sql_mode = '';\n{statements};\n", hide=hide)

    @contextmanager
    def _client(self) -> Iterator[tuple[list[str], dict[str, str]]]:
        """The client's command and what to add to its environment."""
        program = "mysql" if shutil.which("mysql") or not shutil.which("mariadb") else "mariadb"
        options = ["--batch", "--silent", "--default-character-set=utf8mb4"]
        if self.hostname:
            options.append(f"--host={self.hostname}")
        if self.port:
            options.append(f"--port={self.port}")
        if self.admin_password is USE_SUDO:
            yield ["sudo", "-n", "-u", "mysql", program, *options], {}
            return
        options.append(f"--user={self.admin_user}")
        if not self.admin_password:
            yield [program, *options], {}
            return
        with tempfile.TemporaryDirectory(prefix="batou-mysql-") as private:
            path = os.path.join(private, "client.cnf")
            with open(path, "w", opener=_private, encoding="utf-8") as file:
                file.write(_options(self.admin_password))
            # another home, because the client reads ~/.my.cnf last, and its password would win
            yield [program, f"--defaults-extra-file={path}", *options], {"HOME": private}


class Command(Client):
    """Runs an SQL *statement* in *db*, unless the query *unless* has a result.

    Without *unless* it runs in every deployment. Templates in both are expanded.
    """

    namevar = "statement"

    statement: str
    admin_password: Any = ""
    db = "mysql"
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
        if not self._run(self.unless, self.db).strip():
            raise UpdateNeeded("the 'unless' query has no result")

    def update(self) -> None:
        self._run(self.statement, self.db)


class Database(Client):
    """A database that exists.

    *charset* is for a new one. The SQL dump *base_import_file* is loaded into it
    while it has no tables.
    """

    namevar = "database"

    database: str
    charset = "UTF8"
    base_import_file: str | None = None

    def configure(self) -> None:
        if not re.fullmatch(r"\w+", self.charset):
            raise ConfigurationError.from_context(
                f"{self.charset!r} is no character set, expected something like 'utf8mb4'", self
            )
        if self.base_import_file:
            self.base_import_file = self.map(self.base_import_file)

    def verify(self) -> None:
        if not self._exists():
            raise UpdateNeeded(f"there is no database {self.database!r}")
        if self.base_import_file and self._wants_import():
            raise UpdateNeeded(f"{self.base_import_file!r} is not imported")

    def update(self) -> None:
        name = identifier(self.database)
        self._plainly(f"CREATE DATABASE IF NOT EXISTS {name} DEFAULT CHARACTER SET {self.charset}")
        if self.base_import_file and self._wants_import():
            self._import(self.base_import_file)

    def _exists(self) -> bool:
        condition = _same_name("SCHEMA_NAME", self.database)
        return self._has_rows(f"SELECT 1 FROM information_schema.SCHEMATA WHERE {condition}")

    def _wants_import(self) -> bool:
        condition = _same_name("TABLE_SCHEMA", self.database)
        return os.path.exists(self._marker()) or not self._has_rows(
            f"SELECT 1 FROM information_schema.TABLES WHERE {condition} LIMIT 1"
        )

    def _has_rows(self, query: str) -> bool:
        return bool(self._plainly(query).strip())

    def _import(self, dump: str) -> None:
        self.touch(self._marker())
        with self._client() as (command, environment), _quiet_errors():
            client = shlex.join([*command, f"--database={self.database}"])
            cmd(f"{client} < {quote(dump)}", env=environment)
        os.remove(self._marker())

    def _marker(self) -> str:
        """The file that is there while an import is under way, or was cut off."""
        name = self.database.replace("/", "_")
        return os.path.join(self.workdir, f".batou.mysql.{name}.importing")


class User(Client):
    """A user that exists, with *password*; None leaves the password alone.

    The password is taken as it is, templates in it are not expanded.
    """

    namevar = "user"

    user: str
    password: str | None = None
    allow_from_hostname = "localhost"

    def verify(self) -> None:
        account = _account(self.user, self.allow_from_hostname)
        row = self._plainly(
            "SELECT plugin, HEX(authentication_string) FROM mysql.user"
            f" WHERE BINARY User = {literal(self.user)}"
            f" AND Host = {literal(self.allow_from_hostname)}"
        )
        if not row:
            raise UpdateNeeded(f"there is no user {account}")
        if self.password is None:
            return
        plugin, _, digest = row.rstrip("\n").partition("\t")
        agrees = is_password(self.password, plugin, bytes.fromhex(digest))
        if agrees is None:
            raise UpdateNeeded(f"the password of {account} is kept by {plugin!r}")
        if not agrees:
            raise UpdateNeeded(f"the password of {account} differs")

    def update(self) -> None:
        account = _account(self.user, self.allow_from_hostname)
        if self.password is None:
            self._plainly(f"CREATE USER IF NOT EXISTS {account}")
            return
        password = literal(self.password)
        self._plainly(
            f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {password};\n"
            f"ALTER USER {account} IDENTIFIED BY {password}",
            hide=self.password,
        )


class Grant(Client):
    """All privileges on the database *grant_db* for *user*.

    ``*`` means all databases; ``_`` and ``%`` are wildcards, as in SQL's GRANT.
    """

    namevar = "grant_db"

    grant_db: str
    user = ""
    allow_from_hostname = "localhost"

    def verify(self) -> None:
        account = _account(self.user, self.allow_from_hostname)
        missing = UpdateNeeded(f"{account} has no privileges on {self.grant_db!r}")
        try:
            answer = self._plainly(f"SELECT @@lower_case_table_names;\nSHOW GRANTS FOR {account}")
        except CmdExecutionError as error:
            if "ERROR 1141 " in str(error.stderr):  # there is no such user
                raise missing from None
            raise
        ignores_case, *grants = answer.splitlines()
        wanted = f"GRANT ALL PRIVILEGES ON {self._scope()} TO "
        if ignores_case != "0":
            wanted, grants = wanted.lower(), [grant.lower() for grant in grants]
        if not any(grant.startswith(wanted) for grant in grants):
            raise missing

    def update(self) -> None:
        account = _account(self.user, self.allow_from_hostname)
        self._plainly(f"GRANT ALL PRIVILEGES ON {self._scope()} TO {account}")

    def _scope(self) -> str:
        return "*.*" if self.grant_db == "*" else f"{identifier(self.grant_db)}.*"


def identifier(name: str) -> str:
    """*name* as the name of a database.

    >>> identifier("a`b")
    '`a``b`'
    """
    return "`" + name.replace("`", "``") + "`"


_ESCAPES = str.maketrans(
    {"\\": r"\\", "'": "''", "\0": r"\0", "\n": r"\n", "\r": r"\r", "\x1a": r"\Z"}
)
_OPTION_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def literal(text: str) -> str:
    """*text* as an SQL string, for a session without NO_BACKSLASH_ESCAPES.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.translate(_ESCAPES) + "'"


def _account(user: str, host: str) -> str:
    return f"{literal(user)}@{literal(host)}"


def _same_name(column: str, name: str) -> str:
    """The condition that *column* is *name*, as the server's file system sees it."""
    wanted = literal(name)
    return (
        f"IF(@@lower_case_table_names = 0, BINARY {column} = {wanted},"
        f" LOWER({column}) = LOWER({wanted}))"
    )


def _options(password: str) -> str:
    """An option file with *password*, and with the user's own settings before it."""
    own = os.path.expanduser("~/.my.cnf")
    include = f"!include {own}\n" if os.path.exists(own) else ""
    return f'{include}[client]\npassword="{password.translate(_OPTION_ESCAPES)}"\n'


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


@contextmanager
def _quiet_errors(hide: str | None = None) -> Iterator[None]:
    """Errors of the client without the statement that it failed on, and without *hide*."""
    try:
        yield
    except CmdExecutionError as error:
        text = _without_statement(str(error.stderr))
        for secret in {hide, hide and literal(hide)[1:-1]} - {None, ""}:
            text = text.replace(str(secret), "***")
        raise CmdExecutionError(error.cmd, error.returncode, "", text) from None


def _without_statement(message: str) -> str:
    """What the client prints, without the statement it failed on.

    >>> _without_statement("----\\nSELEKT 1\\n----\\n\\nERROR 1064: near 'SELEKT 1' at line 1")
    "ERROR 1064: near '…' at line 1"
    """
    message = re.sub(r"near '.*' at line", "near '…' at line", message, flags=re.S)
    return message[message.rfind("\nERROR ") + 1 :]
