"""`Role`: who may log in, and with what attributes."""

from collections.abc import Iterable
from typing import Any

from batou.errors import UpdateNeeded
from batou.lib.postgresql.client import Client
from batou.lib.postgresql.passwords import is_password, scram
from batou.lib.postgresql.sql import identifier, literal

COLUMNS = {
    "login": "rolcanlogin",
    "superuser": "rolsuper",
    "createdb": "rolcreatedb",
    "createrole": "rolcreaterole",
    "replication": "rolreplication",
    "inherit": "rolinherit",
}
"""Where the server keeps each attribute."""


class Role(Client):
    """A role that exists, with *password*; None leaves the password alone.

    The password is taken as it is, templates in it are not expanded, and the server
    is told its digest only. The role is a member of the roles *member_of*; what else
    it is a member of is left alone.
    """

    namevar = "role"

    role: str
    password: str | None = None
    login = True
    superuser = False
    createdb = False
    createrole = False
    replication = False
    inherit = True
    connection_limit = -1
    member_of: Iterable[str] = ()

    def verify(self) -> None:
        found = self._rows(
            f"SELECT *, {_members('oid')} AS member_of FROM pg_authid"
            f" WHERE rolname = {literal(self.role)}"
        )
        if not found:
            raise UpdateNeeded(f"there is no role {self.role!r}")
        for reason in self._differences(found[0]):
            raise UpdateNeeded(reason)

    def _differences(self, row: dict[str, Any]) -> Iterable[str]:
        for name, column in COLUMNS.items():
            if row[column] != bool(getattr(self, name)):
                yield f"{name} is {row[column]}, wanted {bool(getattr(self, name))}"
        limit = row["rolconnlimit"]
        if limit != self.connection_limit:
            yield f"connection_limit is {limit}, wanted {self.connection_limit}"
        missing = sorted(set(self.member_of) - set(row["member_of"]))
        if missing:
            yield f"it is no member of {', '.join(map(repr, missing))}"
        if self.password is not None:
            if not is_password(self.password, self.role, row["rolpassword"]):
                yield "its password differs"

    def update(self) -> None:
        name = identifier(self.role)
        exists = self._rows(f"SELECT 1 FROM pg_roles WHERE rolname = {literal(self.role)}")
        statements = [] if exists else [f"CREATE ROLE {name}"]
        statements.append(f"ALTER ROLE {name} {' '.join(self._options())}")
        statements += [f"GRANT {identifier(other)} TO {name}" for other in self.member_of]
        self._run("BEGIN;\n" + ";\n".join(statements) + ";\nCOMMIT")

    def _options(self) -> Iterable[str]:
        for name in COLUMNS:
            yield name.upper() if getattr(self, name) else f"NO{name.upper()}"
        yield f"CONNECTION LIMIT {int(self.connection_limit)}"
        if self.password is not None:
            # an empty one is no password: nobody logs in with it
            digest = literal(scram(self.password)) if self.password else "NULL"
            yield f"PASSWORD {digest}"


def _members(oid: str) -> str:
    """A query for the names of the roles that role *oid* is a member of."""
    return (
        "(SELECT coalesce(json_agg(g.rolname), '[]') FROM pg_auth_members m"
        f" JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = pg_authid.{oid})"
    )
