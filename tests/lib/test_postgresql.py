"""`batou.lib.postgresql`, with a real server where it is installed."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from glob import glob
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component, RootComponent
from batou.errors import CmdExecutionError, ConfigurationError
from batou.lib.postgresql import (
    CannotAsk,
    Client,
    Command,
    Database,
    DatabaseDiffers,
    Extension,
    Grant,
    MissingExtension,
    Role,
    Schema,
    identifier,
    literal,
)
from batou.lib.postgresql.passwords import is_password, prepared, scram
from batou.report.output import Output

Make = Callable[[], Component]

ADMIN_PASSWORD = 'admin\'s "own" : \\ p4ss'
AWKWARD = "it's \"50%\" `a` \\' {{no template}} äß # -- ; $$ :x"


def program(name: str) -> str:
    """A program of the server; Debian keeps them off PATH."""
    return shutil.which(name) or sorted(glob(f"/usr/lib/postgresql/*/bin/{name}"))[-1]


class Server:
    """A PostgreSQL server of the tests, on a socket of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        (directory / "password").write_text(ADMIN_PASSWORD)
        self.as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if os.geteuid() == 0:  # the server refuses to run as root
            for path in (directory, directory / "password"):
                os.chown(path, 65534, 65534)
        else:
            self.as_user = []
        self._run(
            *("initdb", "--username=postgres", f"--pwfile={directory}/password", "--no-sync"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", f"--pgdata={self.data}"),
        )
        settings = "-c listen_addresses='' -c fsync=off -c log_statement=all"
        self._run(
            *("pg_ctl", f"--pgdata={self.data}", "--wait", "--timeout=120", "start"),
            *("--log", f"{directory}/log", "-o", f"{settings} -k {directory}"),
        )
        self.initial = self.names()

    def _run(self, name: str, *arguments: str) -> None:
        command = [*self.as_user, program(name), *arguments]
        done = subprocess.run(
            command, cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=name == "initdb"
        )
        assert done.returncode == 0, done.stderr

    def stop(self) -> None:
        self._run("pg_ctl", f"--pgdata={self.data}", "--wait", "--mode=immediate", "stop")

    def log(self) -> str:
        return (self.directory / "log").read_text()

    def names(self) -> set[tuple[str, str]]:
        """Databases and roles, as ("DATABASE", name)."""
        found = self.ask(
            "SELECT 'DATABASE|' || datname FROM pg_database"
            " UNION SELECT 'ROLE|' || rolname FROM pg_roles"
        )
        return {tuple(line.split("|", 1)) for line in found.splitlines()}  # type: ignore[misc]

    def clean(self) -> None:
        """Remove what a test has made."""
        made = sorted(self.names() - self.initial)
        self.ask("".join(f"DROP {kind} {identifier(name)};\n" for kind, name in made))

    def ask(
        self, statement: str, db: str = "postgres", user: str = "postgres", password: str = ""
    ) -> str:
        done = subprocess.run(
            [program("psql"), "-XAtqw", "-v", "ON_ERROR_STOP=1", f"--host={self.directory}"]
            + [f"--username={user}", f"--dbname={db}"],
            input=statement,
            env={**os.environ, "PGPASSWORD": password or ADMIN_PASSWORD},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A running server whose administrator has a password."""
    # not pytest's directory: the server's user could not reach it, and sockets want short paths
    directory = Path(tempfile.mkdtemp(prefix="batou-pg-", dir="/tmp"))
    directory.chmod(0o755)
    server = None
    try:
        server = Server(directory)
        yield server
    finally:
        if server:
            server.stop()
        shutil.rmtree(directory)


@pytest.fixture
def postgresql(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server; what the test makes there is removed."""
    monkeypatch.delenv("PGPASSWORD", raising=False)
    yield server
    server.clean()


def deploy(root: RootComponent, *make: Make, predict_only: bool = False) -> None:
    """Deploy what *make* makes in a new tree, as each run does."""
    root.prepare()
    for component in make:
        root.component += component()
    root.component.deploy(predict_only)


def converges(root: RootComponent, *make: Make) -> bool:
    """Whether deploying twice changes nothing the second time."""
    deploy(root, *make)
    assert root.component.changed
    deploy(root, *make)
    return not root.component.changed


def test_password_is_in_a_private_file_and_not_in_the_command(root: RootComponent) -> None:
    root.component += Database("app", admin_password="p:4\\s", hostname="db", port=5433)

    with root.component._._connection("a=b'c") as (command, environment):
        file = Path(environment["PGPASSFILE"])
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)]
        content = file.read_text()

    assert content == "*:*:*:*:p\\:4\\\\s\n"
    assert [word for word in [*command, *environment.values()] if "p:4" in word] == []
    assert {"--username=postgres", "--host=db", "--port=5433"} < set(command)
    assert "--dbname=dbname='a=b\\'c'" in command
    assert modes == [0o600, 0o700]
    assert not file.parent.exists()


def test_without_password_psql_runs_as_the_system_user_of_the_server(root: RootComponent) -> None:
    root.component += Database("app", become="daemon")

    with root.component._._connection("app") as (command, environment):
        who = command[: command.index("psql")]

    assert who in (["runuser", "-u", "daemon", "--"], ["sudo", "-n", "-u", "daemon", "--"])
    assert environment == {}


@pytest.mark.parametrize(
    "options", [{"become": None}, {"hostname": "db.example.com"}, {"admin_password": "x"}]
)
def test_psql_runs_as_the_current_user(root: RootComponent, options: dict[str, Any]) -> None:
    root.component += Database("app", **options)

    with root.component._._connection("app") as (command, _):
        assert command[0] == "psql"


def test_missing_system_user_is_told(root: RootComponent) -> None:
    root.component += Database("app", become="no-such-user")

    with pytest.raises(CannotAsk, match="no system user 'no-such-user'"):
        root.component.deploy()


def test_templates_in_a_command_are_expanded_once(root: RootComponent) -> None:
    root.component += Command(
        "SELECT '{{host.name}}', '{{'{{once}}'}}'", unless="SELECT '{{host.name}}'"
    )

    command = root.component._
    assert command.statement == "SELECT 'localhost', '{{once}}'"
    assert command.unless == "SELECT 'localhost'"


def test_breadcrumbs_are_short(root: RootComponent) -> None:
    assert Command("create  role x password 'p'")._breadcrumb == "Command('CREATE ROLE')"
    root.component += Grant("reader", database="shop", tables="*")
    assert root.component._._breadcrumb == "Grant('reader: shop.public.*')"


def test_quoting() -> None:
    assert identifier('a"b') == '"a""b"'
    assert literal("a'b\\c\n") == "'a''b\\c\n'"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "has no database"),
        ({"database": "a", "owner": "b"}, "goes with tables"),
        ({"database": "a", "privileges": "SELECT"}, "'SELECT' is no privilege on a database"),
        ({"database": "a", "tables": "*", "privileges": ["DROP"]}, "no privilege on a table"),
    ],
)
def test_grants_that_make_no_sense_are_refused(
    root: RootComponent, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        root.component += Grant("reader", **options)


@pytest.mark.parametrize("kind", [Schema, Extension])
def test_what_is_in_a_database_needs_one(root: RootComponent, kind: type[Component]) -> None:
    with pytest.raises(ConfigurationError, match="has no database"):
        root.component += kind("x")


def test_digest_is_that_of_rfc_7677() -> None:
    """The user and the salt of the example there; its proof is made of this key."""
    digest = scram("pencil", b"[m\x99h\x9d\x125\x8e\xec\xa0K\x14\x126\xfa\x81", 4096)

    assert digest == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_passwords_are_compared_with_digests_of_both_kinds() -> None:
    assert is_password("secret", "app", scram("secret"))
    assert not is_password("other", "app", scram("secret"))
    assert is_password("secret", "app", "md53c65eb3e40dcd62ef82bcf4bb5d4ab14") is False
    assert not is_password("secret", "app", None)
    assert not is_password("secret", "app", "unknown")


@pytest.mark.parametrize(
    ("password", "bytes_"),
    [
        ("I\u00adX", b"IX"),
        ("\u00aa", b"a"),
        ("\u2168", b"IX"),
        ("a\u00a0b", b"a b"),
        ("\u0007", b"\x07"),
        ("\u0627\u0031", "\u0627\u0031".encode()),
    ],
)
def test_passwords_are_prepared_as_in_rfc_4013(password: str, bytes_: bytes) -> None:
    assert prepared(password) == bytes_


@pytest.mark.slow
@pytest.mark.needs("psql", "initdb", "pg_ctl", "setpriv")
class TestServer:
    """With a real server."""

    @pytest.fixture(autouse=True)
    def as_admin(self, postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        """Components find the server of the tests, and have its administrator's password."""
        monkeypatch.setattr(Client, "hostname", str(postgresql.directory))
        monkeypatch.setattr(Client, "admin_password", ADMIN_PASSWORD)

    @pytest.mark.parametrize("name", ["app", 'a"B', "a=b c's"])
    def test_database_and_its_owner_converge(
        self, root: RootComponent, postgresql: Server, name: str
    ) -> None:
        make = [lambda: Role(name), lambda: Database(name, owner=name)]

        assert converges(root, *make)
        assert {("ROLE", name), ("DATABASE", name)} <= postgresql.names()

    def test_database_has_its_encoding_and_locale(
        self, root: RootComponent, postgresql: Server
    ) -> None:
        assert converges(root, lambda: Database("app", encoding="latin1", locale="C"))
        assert postgresql.ask("SHOW server_encoding", "app") == "LATIN1"

    def test_other_encoding_is_an_error(self, root: RootComponent, postgresql: Server) -> None:
        deploy(root, lambda: Database("app", encoding="LATIN1"))

        with pytest.raises(DatabaseDiffers, match="'app' is LATIN1, wanted UTF8"):
            deploy(root, lambda: Database("app", encoding="UTF8"))

    def test_database_is_made_of_its_template(
        self, root: RootComponent, postgresql: Server
    ) -> None:
        deploy(root, lambda: Database("first"))
        postgresql.ask("CREATE TABLE t (x int)", "first")

        deploy(root, lambda: Database("second", template_database="first"))

        assert postgresql.ask("SELECT count(*) FROM t", "second") == "0"

    def test_owner_changes(self, root: RootComponent, postgresql: Server) -> None:
        deploy(root, lambda: Role("one"), lambda: Role("two"), lambda: Database("d", owner="one"))

        assert converges(root, lambda: Database("d", owner="two"))

    @pytest.mark.parametrize("password", ["secret", AWKWARD, "\u2168\u00a0x"])
    def test_role_converges_and_can_log_in(
        self, root: RootComponent, postgresql: Server, password: str
    ) -> None:
        assert converges(root, lambda: Role("app", password=password))
        who = postgresql.ask("SELECT current_user", user="app", password=password)
        assert who == "app"
        assert password not in postgresql.log()

    def test_changed_password_is_set(self, root: RootComponent, postgresql: Server) -> None:
        deploy(root, lambda: Role("app", password="old"))

        assert converges(root, lambda: Role("app", password="new"))
        postgresql.ask("SELECT 1", user="app", password="new")

    def test_role_without_password_keeps_its_own(
        self, root: RootComponent, postgresql: Server
    ) -> None:
        deploy(root, lambda: Role("app", password="old"))

        deploy(root, lambda: Role("app"))

        assert not root.component.changed
        postgresql.ask("SELECT 1", user="app", password="old")

    def test_digest_of_the_old_kind_is_known(self, root: RootComponent, postgresql: Server) -> None:
        postgresql.ask("SET password_encryption = 'md5'; CREATE ROLE app LOGIN PASSWORD 'x'")

        deploy(root, lambda: Role("app", password="x"))

        assert not root.component.changed

    def test_attributes_converge(self, root: RootComponent, postgresql: Server) -> None:
        deploy(root, lambda: Role("app"), lambda: Role("group", login=False))

        assert converges(
            root,
            lambda: Role(
                "app", createdb=True, createrole=True, connection_limit=5, member_of=["group"]
            ),
        )
        assert postgresql.ask("SELECT pg_has_role('app', 'group', 'MEMBER')") == "t"
        assert converges(root, lambda: Role("app", inherit=False))

    def test_extension_converges(self, root: RootComponent, postgresql: Server) -> None:
        make = [
            lambda: Database("app"),
            lambda: Schema("tools", database="app"),
            lambda: Extension("pgcrypto", database="app", schema="tools"),
        ]

        assert converges(root, *make)
        assert postgresql.ask("SELECT length(tools.gen_salt('bf')) > 0", "app") == "t"

    def test_extension_gets_its_version_and_schema(
        self, root: RootComponent, postgresql: Server
    ) -> None:
        postgresql.ask("CREATE DATABASE app")
        postgresql.ask("CREATE EXTENSION hstore VERSION '1.4'; CREATE SCHEMA x", "app")

        assert converges(
            root, lambda: Extension("hstore", database="app", version="1.5", schema="x")
        )

    def test_unknown_extension_is_told(self, root: RootComponent, postgresql: Server) -> None:
        with pytest.raises(MissingExtension, match="no extension 'nonsense'") as caught:
            deploy(root, lambda: Extension("nonsense", database="template1"))

        assert "postgresql-contrib" in (caught.value.hint() or "")

    def test_schema_and_its_owner_converge(self, root: RootComponent, postgresql: Server) -> None:
        deploy(root, lambda: Role("it's"), lambda: Database("app"))

        assert converges(root, lambda: Schema("s", database="app"))
        assert converges(root, lambda: Schema("s", database="app", owner="it's"))

    def test_grants_converge_and_work(self, root: RootComponent, postgresql: Server) -> None:
        deploy(
            root,
            lambda: Role("owner"),
            lambda: Role("it's", password="x"),
            lambda: Database("app", owner="owner"),
            lambda: Schema("s", database="app", owner="owner"),
        )
        postgresql.ask("REVOKE ALL ON DATABASE app FROM public")
        postgresql.ask("SET ROLE owner; CREATE TABLE s.one (x int)", "app")

        assert converges(
            root,
            lambda: Grant("it's", database="app", privileges=["connect"]),
            lambda: Grant("it's", database="app", schema="s", privileges="USAGE"),
            lambda: Grant("it's", database="app", schema="s", tables=["one"]),
            lambda: Grant(
                "it's", database="app", schema="s", tables="*", owner="owner", privileges="SELECT"
            ),
        )

        postgresql.ask("SET ROLE owner; CREATE TABLE s.two (x int)", "app")
        asked = "INSERT INTO s.one VALUES (1); SELECT count(*) FROM s.two"
        assert postgresql.ask(asked, "app", "it's", "x") == "0"

    def test_grant_on_a_table_that_is_missing_fails(
        self, root: RootComponent, postgresql: Server
    ) -> None:
        deploy(root, lambda: Role("app"), lambda: Database("app"))

        with pytest.raises(CmdExecutionError) as caught:
            deploy(root, lambda: Grant("app", database="app", tables="nothing"))

        assert 'relation "public.nothing" does not exist' in caught.value.stderr

    def test_prediction_of_everything_changes_nothing(
        self, root: RootComponent, postgresql: Server
    ) -> None:
        make: list[Make] = [
            lambda: Role("app", password="x"),
            lambda: Database("app", owner="app"),
            lambda: Schema("s", database="app"),
            lambda: Extension("pgcrypto", database="app"),
            lambda: Grant("app", database="app"),
            lambda: Command("CREATE TABLE t (x int)", db="app", unless="SELECT 1 FROM t"),
        ]
        before = postgresql.names()

        deploy(root, *make, predict_only=True)

        assert {part.changed for part in root.component.sub_components} == {True}
        assert postgresql.names() == before

    def test_command_runs_unless_there_is_a_result(
        self, root: RootComponent, postgresql: Server
    ) -> None:
        postgresql.ask("CREATE DATABASE app")
        postgresql.ask("CREATE TABLE t (x int)", "app")

        assert converges(
            root,
            lambda: Command(
                "INSERT INTO t VALUES (1)", db="app", unless="SELECT x FROM t WHERE x = 1"
            ),
        )
        deploy(
            root, lambda: Command("INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)", db="app")
        )
        assert postgresql.ask("SELECT count(*) FROM t", "app") == "3"

    @pytest.mark.parametrize("statement", ["s3cret nonsense", "SELECT 's3cret' + nonsense"])
    def test_failing_statement_is_not_shown(
        self, root: RootComponent, postgresql: Server, output: Output, statement: str
    ) -> None:
        with pytest.raises(CmdExecutionError) as caught:
            deploy(root, lambda: Command(statement))

        caught.value.report()
        assert "ERROR:" in output.output
        assert "s3cret" not in output.output + str(caught.value.args)

    def test_wrong_password_is_told_with_what_to_look_at(
        self, root: RootComponent, postgresql: Server
    ) -> None:
        with pytest.raises(CannotAsk, match="password authentication failed") as caught:
            deploy(root, lambda: Role("app", admin_password="wr0ng"))

        assert "pg_hba.conf" in (caught.value.hint() or "")
        assert "wr0ng" not in str(caught.value)

    def test_silent_server_is_told(self, root: RootComponent, tmp_path: Path) -> None:
        with pytest.raises(CannotAsk, match="No such file or directory"):
            deploy(root, lambda: Role("app", hostname=str(tmp_path)))
