"""`Database`, and what belongs to one: `Schema` and `Extension`."""

from dataclasses import dataclass

from batou.errors import DeploymentError, UpdateNeeded
from batou.lib.postgresql.client import Client
from batou.lib.postgresql.sql import identifier, literal


@dataclass(eq=False)
class DatabaseDiffers(DeploymentError):
    """A database has what can be given to a new one only."""

    database: str
    what: str
    found: str
    wanted: str

    def summary(self) -> str:
        return f"{self.what} of database {self.database!r} is {self.found}, wanted {self.wanted}"

    def hint(self) -> str | None:
        return "it cannot be changed: dump the database, drop it, deploy, restore the dump"


@dataclass(eq=False)
class MissingExtension(DeploymentError):
    """The server does not have the files of an extension."""

    extension: str

    def summary(self) -> str:
        return f"the server has no extension {self.extension!r}"

    def hint(self) -> str | None:
        return "install its package on the host of the server; many are in postgresql-contrib"


class Database(Client):
    """A database that exists, and belongs to *owner*; None leaves its owner alone.

    *encoding*, *locale* and *template_database* are for a new one. The first two cannot be
    changed, so an existing database with other ones is an error.
    """

    namevar = "database"

    database: str
    owner: str | None = None
    encoding: str | None = None
    locale: str | None = None
    template_database: str | None = None

    def verify(self) -> None:
        found = self._rows(
            "SELECT pg_get_userbyid(datdba) AS owner, datcollate AS locale,"
            " pg_encoding_to_char(encoding) AS encoding,"
            f" pg_encoding_to_char(pg_char_to_encoding({literal(self.encoding or '')})) AS wanted"
            f" FROM pg_database WHERE datname = {literal(self.database)}"
        )
        if not found:
            raise UpdateNeeded(f"there is no database {self.database!r}")
        row = found[0]
        if self.encoding and row["encoding"] != row["wanted"]:
            raise DatabaseDiffers(self.database, "encoding", row["encoding"], self.encoding)
        if self.locale and _locale(row["locale"]) != _locale(self.locale):
            raise DatabaseDiffers(self.database, "locale", row["locale"], self.locale)
        if self.owner and row["owner"] != self.owner:
            raise UpdateNeeded(f"owner is {row['owner']!r}, wanted {self.owner!r}")

    def update(self) -> None:
        name = identifier(self.database)
        if not self._rows(f"SELECT 1 FROM pg_database WHERE datname = {literal(self.database)}"):
            self._run(f"CREATE DATABASE {name} {' '.join(self._options())}")
        elif self.owner:
            self._run(f"ALTER DATABASE {name} OWNER TO {identifier(self.owner)}")

    def _options(self) -> list[str]:
        options = []
        template = self.template_database or ("template0" if self.encoding or self.locale else None)
        for key, value in (("OWNER", self.owner), ("TEMPLATE", template)):
            if value:
                options.append(f"{key} {identifier(value)}")
        for key, value in (("ENCODING", self.encoding), ("LOCALE", self.locale)):
            if value:
                options.append(f"{key} {literal(value)}")
        return options


def _locale(name: str) -> str:
    """A locale's name as the C library compares it.

    >>> _locale("de_DE.UTF-8")
    'de_de.utf8'
    """
    return name.lower().replace("-", "")


class Schema(Client):
    """A schema in *database*, which belongs to *owner*; None leaves its owner alone."""

    namevar = "schema"

    schema: str
    database = ""
    owner: str | None = None

    def configure(self) -> None:
        self._need_name_of_database(self.database)

    def verify(self) -> None:
        self._require_database(self.database)
        found = self._rows(
            "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace"
            f" WHERE nspname = {literal(self.schema)}",
            self.database,
        )
        if not found:
            raise UpdateNeeded(f"there is no schema {self.schema!r}")
        owner = found[0]["owner"]
        if self.owner and owner != self.owner:
            raise UpdateNeeded(f"owner is {owner!r}, wanted {self.owner!r}")

    def update(self) -> None:
        name = identifier(self.schema)
        statements = f"CREATE SCHEMA IF NOT EXISTS {name}"
        if self.owner:
            statements += f";\nALTER SCHEMA {name} OWNER TO {identifier(self.owner)}"
        self._run(statements, self.database)


class Extension(Client):
    """An extension in *database*, in its *schema* and *version*; None means any."""

    namevar = "extension"

    extension: str
    database = ""
    schema: str | None = None
    version: str | None = None

    def configure(self) -> None:
        self._need_name_of_database(self.database)

    def verify(self) -> None:
        self._require_database(self.database)
        found = self._installed()
        if not found:
            raise UpdateNeeded(f"there is no extension {self.extension!r} in {self.database!r}")
        if self.version and found["version"] != self.version:
            raise UpdateNeeded(f"version is {found['version']}, wanted {self.version}")
        if self.schema and found["schema"] != self.schema:
            raise UpdateNeeded(f"schema is {found['schema']!r}, wanted {self.schema!r}")

    def _installed(self) -> dict[str, str] | None:
        rows = self._rows(
            "SELECT extversion AS version, nspname AS schema FROM pg_extension"
            " JOIN pg_namespace n ON n.oid = extnamespace"
            f" WHERE extname = {literal(self.extension)}",
            self.database,
        )
        return rows[0] if rows else None

    def update(self) -> None:
        available = f"SELECT 1 FROM pg_available_extensions WHERE name = {literal(self.extension)}"
        if not self._rows(available, self.database):
            raise MissingExtension(self.extension)
        name, found = identifier(self.extension), self._installed()
        version = identifier(self.version) if self.version else ""
        if found is None:
            options = f" SCHEMA {identifier(self.schema)}" if self.schema else ""
            options += f" VERSION {version}" if version else ""
            self._run(f"CREATE EXTENSION {name}{options} CASCADE", self.database)
            return
        if version and found["version"] != self.version:
            self._run(f"ALTER EXTENSION {name} UPDATE TO {version}", self.database)
        if self.schema and found["schema"] != self.schema:
            self._run(f"ALTER EXTENSION {name} SET SCHEMA {identifier(self.schema)}", self.database)
