"""`Grant`: what a role may do with a database, a schema, or its tables."""

from collections.abc import Iterable

from batou.errors import ConfigurationError, UpdateNeeded
from batou.lib.postgresql.client import Client
from batou.lib.postgresql.sql import identifier, literal

KNOWN = {
    "database": ("CREATE", "CONNECT", "TEMPORARY"),
    "schema": ("CREATE", "USAGE"),
    "table": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
}
"""All privileges on each kind of thing, that every supported server has."""


class Grant(Client):
    """*privileges* of a role on *database*; with *schema* on that schema in it.

    With *tables*, names or ``"*"`` for all that exist and all that *owner* will make,
    the privileges are on those tables of the schema, which is then ``public`` if it is
    not given. *privileges* are names, or ``"ALL"``.
    """

    namevar = "role"

    role: str
    database = ""
    schema: str | None = None
    tables: Iterable[str] | str = ()
    owner: str | None = None
    privileges: Iterable[str] | str = "ALL"

    _kind = "database"
    _wanted: tuple[str, ...]

    def configure(self) -> None:
        self._need_name_of_database(self.database)
        if self.tables:
            self._kind, self.schema = "table", self.schema or "public"
        elif self.schema:
            self._kind = "schema"
        if self.owner and self.tables != "*":
            raise ConfigurationError.from_context(
                f"the grant for role {self.role!r} has an owner, which goes with tables='*'", self
            )
        self._wanted = self._checked_privileges()

    def _checked_privileges(self) -> tuple[str, ...]:
        given = [self.privileges] if isinstance(self.privileges, str) else [*self.privileges]
        known = KNOWN[self._kind]
        names = [name.upper() for name in given]
        if names == ["ALL"]:
            return known
        strange = sorted(set(names) - set(known))
        if strange or not names:
            raise ConfigurationError.from_context(
                f"{', '.join(map(repr, strange)) or 'nothing'} is no privilege on a {self._kind}, "
                f"expected 'ALL' or some of {', '.join(known)}",
                self,
            )
        return tuple(names)

    @property
    def namevar_for_breadcrumb(self) -> str:
        return f"{self.role}: {self._on()}"

    def _on(self) -> str:
        if self._kind == "database":
            return self.database
        tables = self.tables if isinstance(self.tables, str) else ", ".join(self.tables)
        return f"{self.database}.{self.schema}" + (f".{tables}" if self.tables else "")

    def verify(self) -> None:
        for name, what in ((self.role, "role"), (self.owner, "role")):
            if name and not self._rows(f"SELECT 1 FROM pg_roles WHERE rolname = {literal(name)}"):
                raise UpdateNeeded(f"there is no {what} {name!r}")
        self._require_database(self.database)
        missing = self._rows(self._missing(), self.database)
        if missing:
            first = missing[0]
            raise UpdateNeeded(f"{self.role!r} may not {first['privilege']} on {first['name']!r}")

    def _missing(self) -> str:
        """A query for the privileges that the role lacks."""
        role, schema = literal(self.role), literal(self.schema or "")
        privileges = f"unnest({_array(self._wanted)}) privilege"
        if self._kind == "database":
            name = literal(self.database)
            return (
                f"SELECT privilege, {name} AS name FROM {privileges}"
                f" WHERE NOT has_database_privilege({role}, {name}, privilege)"
            )
        schemas = f"(SELECT oid FROM pg_namespace WHERE nspname = {schema})"
        if self._kind == "schema":
            return (
                f"SELECT privilege, {schema} AS name FROM {privileges}"
                f" WHERE coalesce(NOT has_schema_privilege({role}, {schemas}, privilege), true)"
            )
        query = (
            f"SELECT privilege, relname AS name FROM {privileges}, pg_class"
            f" WHERE relnamespace = {schemas} AND relkind IN ('r', 'v', 'm', 'f', 'p')"
            f" AND NOT has_table_privilege({role}, pg_class.oid, privilege){self._among()}"
        )
        return query + self._missing_tables() + self._missing_defaults(privileges, schemas)

    def _among(self) -> str:
        return "" if self.tables == "*" else f" AND relname = ANY ({_array(self._names())})"

    def _names(self) -> list[str]:
        return [self.tables] if isinstance(self.tables, str) else [*self.tables]

    def _missing_tables(self) -> str:
        """Tables that are not there yet: who grants will be told."""
        if self.tables == "*":
            return ""
        there = (
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            f" WHERE nspname = {literal(self.schema or '')}"
        )
        return (
            f" UNION ALL SELECT {literal(self._wanted[0])}, name"
            f" FROM unnest({_array(self._names())}) name WHERE name NOT IN ({there})"
        )

    def _missing_defaults(self, privileges: str, schemas: str) -> str:
        if not self.owner:
            return ""
        granted = (
            "SELECT 1 FROM pg_default_acl, aclexplode(defaclacl) acl"
            f" WHERE defaclrole = {_role(self.owner)} AND defaclnamespace = {schemas}"
            f" AND defaclobjtype = 'r' AND acl.grantee = {_role(self.role)}"
            " AND acl.privilege_type = privilege"
        )
        return (
            f" UNION ALL SELECT privilege, 'what ' || {literal(self.owner)} || ' will make'"
            f" FROM {privileges} WHERE NOT EXISTS ({granted})"
        )

    def update(self) -> None:
        role, privileges = identifier(self.role), ", ".join(self._wanted)
        if self._kind == "database":
            self._run(f"GRANT {privileges} ON DATABASE {identifier(self.database)} TO {role}")
            return
        schema = identifier(self.schema or "")
        if self._kind == "schema":
            what = f"SCHEMA {schema}"
        elif self.tables == "*":
            what = f"ALL TABLES IN SCHEMA {schema}"
        else:
            what = ", ".join(f"{schema}.{identifier(name)}" for name in self._names())
        statements = [f"GRANT {privileges} ON {what} TO {role}"]
        if self.owner:
            statements.append(
                f"ALTER DEFAULT PRIVILEGES FOR ROLE {identifier(self.owner)} IN SCHEMA {schema}"
                f" GRANT {privileges} ON TABLES TO {role}"
            )
        self._run(";\n".join(statements), self.database)


def _array(words: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(map(literal, words))}]::text[]"


def _role(name: str) -> str:
    return f"(SELECT oid FROM pg_roles WHERE rolname = {literal(name)})"
