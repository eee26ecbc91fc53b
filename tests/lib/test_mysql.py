"""`batou.lib.mysql`."""

import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component, RootComponent
from batou.errors import CmdExecutionError, ConfigurationError
from batou.lib.mysql import USE_SUDO, Command, Database, Grant, User, identifier, literal
from batou.report.output import Output

Make = Callable[[], Component]

ROOT_PASSWORD = 'root\'s "own" #1 \\n ;[client]'
AWKWARD = "it's \"50%\" `a` \\' {{no template}} äß # -- ;"


class Server:
    """A MariaDB server of the tests, on a socket of its own."""

    def __init__(self, directory: Path) -> None:
        self.socket = str(directory / "s")
        self.data = directory / "data"
        user = ["--user=root"] if os.geteuid() == 0 else []
        common = ["--no-defaults", f"--datadir={self.data}", *user]
        subprocess.run(
            ["mariadb-install-db", *common, "--force", "--auth-root-authentication-method=normal"],
            check=True,
            capture_output=True,
        )
        self.process = subprocess.Popen(
            ["mariadbd", *common, f"--socket={self.socket}", "--skip-networking"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        self.password = ""
        self.ask(f"ALTER USER root@localhost IDENTIFIED BY {literal(ROOT_PASSWORD)}")
        self.password = ROOT_PASSWORD
        self.initial_databases = self.databases()
        self.initial_users = self.users()

    def databases(self) -> set[str]:
        return set(self.ask("SHOW DATABASES").splitlines())

    def users(self) -> set[tuple[str, ...]]:
        rows = self.ask("SELECT HEX(User), HEX(Host) FROM mysql.user").splitlines()
        return {tuple(bytes.fromhex(word).decode() for word in row.split("\t")) for row in rows}

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while subprocess.run(
            ["mariadb-admin", "--no-defaults", f"--socket={self.socket}", "--user=root", "ping"],
            capture_output=True,
        ).returncode:
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def ask(self, statement: str, user: str = "root", password: str | None = None) -> str:
        password = self.password if password is None else password
        command = ["mariadb", "--no-defaults", f"--socket={self.socket}", f"--user={user}", "-Bs"]
        done = subprocess.run(
            [*command, "--default-character-set=utf8mb4"],
            input=statement,
            env={**os.environ, "MYSQL_PWD": password},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server whose root has a password."""
    server = Server(tmp_path_factory.mktemp("mysql"))
    yield server
    server.stop()


@pytest.fixture
def mysql(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """The server; what the test makes there is removed.

    The user's own settings have its socket, and a password that is not root's.
    """
    home = tmp_path / "home"
    home.mkdir()
    (home / ".my.cnf").write_text(f"[client]\nsocket={server.socket}\npassword=wrong\n")
    monkeypatch.setenv("HOME", str(home))
    yield server
    for name in server.databases() - server.initial_databases:
        server.ask(f"DROP DATABASE {identifier(name)}")
    for user, host in server.users() - server.initial_users:
        server.ask(f"DROP USER {literal(user)}@{literal(host)}")


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


def as_root(kind: type[Component], name: str, **kw: Any) -> Make:
    return lambda: kind(name, admin_password=ROOT_PASSWORD, **kw)


def test_password_is_in_a_private_file_and_not_in_the_command(
    root: RootComponent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    root.component += Database("app", admin_password="p4ss", hostname="db", port=3307)

    with root.component._._client() as (command, environment):
        file = Path(command[1].removeprefix("--defaults-extra-file="))
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)]
        content = file.read_text()

    assert "p4ss" not in " ".join([*command, *environment.values()])
    assert {"--user=root", "--host=db", "--port=3307"} < set(command)
    assert modes == [0o600, 0o700]
    assert content == '[client]\npassword="p4ss"\n'
    assert not file.parent.exists()


def test_private_file_is_removed_after_a_failure(root: RootComponent) -> None:
    root.component += Database("app", admin_password="p4ss")

    with pytest.raises(RuntimeError, match="stop"):
        with root.component._._client() as (command, _):
            file = Path(command[1].removeprefix("--defaults-extra-file="))
            raise RuntimeError("stop")

    assert not file.parent.exists()


def test_without_password_the_client_looks_for_itself(root: RootComponent) -> None:
    root.component += Command("SELECT 1")

    with root.component._._client() as (command, environment):
        assert "--user=root" in command
        assert not [word for word in command if word.startswith("--defaults")]
        assert environment == {}


def test_sudo_becomes_the_user_of_the_server(root: RootComponent) -> None:
    root.component += Command("SELECT 1", admin_password=USE_SUDO)

    with root.component._._client() as (command, _):
        assert command[:4] == ["sudo", "-n", "-u", "mysql"]
        assert not [word for word in command if word.startswith("--user")]


def test_templates_in_a_command_are_expanded_once(root: RootComponent) -> None:
    root.component += Command(
        "SELECT '{{host.name}}', '{{'{{once}}'}}'", unless="SELECT '{{host.name}}'"
    )

    command = root.component._
    assert command.statement == "SELECT 'localhost', '{{once}}'"
    assert command.unless == "SELECT 'localhost'"


def test_breadcrumb_of_a_command_is_short() -> None:
    assert Command("create  user x identified by 'p'")._breadcrumb == "Command('CREATE USER')"


def test_password_of_a_user_is_no_template(root: RootComponent) -> None:
    root.component += User("app", password="{{nonsense")

    assert root.component._.password == "{{nonsense"


def test_character_set_is_a_word(root: RootComponent) -> None:
    with pytest.raises(ConfigurationError, match="'utf8; DROP' is no character set"):
        root.component += Database("app", charset="utf8; DROP")


def test_quoting() -> None:
    assert identifier("a`b") == "`a``b`"
    assert literal("a'b\\c\n") == r"'a''b\\c\n'"


@pytest.mark.slow
@pytest.mark.needs("mariadbd", "mariadb-install-db")
class TestServer:
    """With a real server."""

    @pytest.mark.parametrize("name", ["app", "my-app", "a`b", "App"])
    def test_database_converges(self, root: RootComponent, mysql: Server, name: str) -> None:
        assert converges(root, as_root(Database, name))
        assert name in mysql.databases()

    def test_database_of_another_case_is_another_one(
        self, root: RootComponent, mysql: Server
    ) -> None:
        deploy(root, as_root(Database, "app"))

        deploy(root, as_root(Database, "App"))

        assert {"app", "App"} < mysql.databases()

    def test_database_has_its_character_set(self, root: RootComponent, mysql: Server) -> None:
        deploy(root, as_root(Database, "app", charset="latin1"))

        assert "CHARACTER SET latin1" in mysql.ask("SHOW CREATE DATABASE app")

    def test_dump_is_imported_once(self, root: RootComponent, mysql: Server) -> None:
        Path(root.workdir, "my dump.sql").write_text(
            "CREATE TABLE t (x VARCHAR(9)); INSERT INTO t VALUES ('ä');"
        )

        assert converges(root, as_root(Database, "app", base_import_file="my dump.sql"))
        assert mysql.ask("SELECT x FROM app.t") == "ä\n"

    def test_dump_goes_into_an_empty_database(self, root: RootComponent, mysql: Server) -> None:
        Path(root.workdir, "dump.sql").write_text("CREATE TABLE t (x INT);")
        mysql.ask("CREATE DATABASE app")

        deploy(root, as_root(Database, "app", base_import_file="dump.sql"))

        assert mysql.ask("SHOW TABLES FROM app") == "t\n"

    def test_import_that_was_cut_off_is_repeated(self, root: RootComponent, mysql: Server) -> None:
        dump = Path(root.workdir, "dump.sql")
        dump.write_text("CREATE TABLE IF NOT EXISTS t (x INT); nonsense;")
        make = as_root(Database, "app", base_import_file="dump.sql")
        with pytest.raises(CmdExecutionError):
            deploy(root, make)
        dump.write_text("CREATE TABLE IF NOT EXISTS t (x INT); INSERT INTO t VALUES (1);")

        deploy(root, make)
        deploy(root, make)

        assert not root.component.changed
        assert mysql.ask("SELECT COUNT(*) FROM app.t") == "1\n"

    @pytest.mark.parametrize("password", ["secret", AWKWARD, "", "a\nb\ttab"])
    def test_user_converges_and_can_log_in(
        self, root: RootComponent, mysql: Server, password: str
    ) -> None:
        assert converges(root, as_root(User, "app", password=password))
        assert mysql.ask("SELECT CURRENT_USER()", "app", password) == "app@localhost\n"

    def test_user_with_an_awkward_name_and_host_converges(
        self, root: RootComponent, mysql: Server
    ) -> None:
        make = as_root(User, "it's \\ me", password="x", allow_from_hostname="10.0.0.%")

        assert converges(root, make)

    def test_changed_password_is_set(self, root: RootComponent, mysql: Server) -> None:
        deploy(root, as_root(User, "app", password="old"))

        assert converges(root, as_root(User, "app", password="new"))
        assert mysql.ask("SELECT 1", "app", "new") == "1\n"

    def test_same_name_from_another_host_is_another_user(
        self, root: RootComponent, mysql: Server
    ) -> None:
        deploy(root, as_root(User, "app", password="a"))

        assert converges(root, as_root(User, "app", password="b", allow_from_hostname="%"))
        assert mysql.ask("SELECT 1", "app", "a") == "1\n"

    def test_user_without_password_keeps_its_own(self, root: RootComponent, mysql: Server) -> None:
        deploy(root, as_root(User, "app", password="old"))

        deploy(root, as_root(User, "app"))

        assert not root.component.changed
        assert mysql.ask("SELECT 1", "app", "old") == "1\n"

    def test_user_that_logs_in_through_the_socket_gets_a_password(
        self, root: RootComponent, mysql: Server
    ) -> None:
        mysql.ask("CREATE USER app@localhost IDENTIFIED VIA unix_socket")

        assert converges(root, as_root(User, "app", password="x"))
        assert mysql.ask("SELECT 1", "app", "x") == "1\n"

    @pytest.mark.parametrize("name", ["app", "my_app", "my-app", "a`b", "*"])
    def test_grant_converges(self, root: RootComponent, mysql: Server, name: str) -> None:
        deploy(root, as_root(User, "it's", password="x"))

        assert converges(root, as_root(Grant, name, user="it's"))
        if name != "*":
            mysql.ask(f"CREATE DATABASE {identifier(name)}", "it's", "x")

    def test_part_of_the_privileges_is_not_enough(self, root: RootComponent, mysql: Server) -> None:
        deploy(root, as_root(User, "app", password="x"))
        mysql.ask("GRANT SELECT ON app.* TO app@localhost")
        mysql.ask("GRANT ALL PRIVILEGES ON app2.* TO app@localhost")

        assert converges(root, as_root(Grant, "app", user="app"))

    def test_server_with_unusual_modes_is_understood(
        self, root: RootComponent, mysql: Server
    ) -> None:
        before = mysql.ask("SELECT @@GLOBAL.sql_mode").strip()
        mysql.ask("SET GLOBAL sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'")
        try:
            assert converges(
                root,
                as_root(Database, "a`b"),
                as_root(User, "app", password=AWKWARD),
                as_root(Grant, "a`b", user="app"),
            )
            assert mysql.ask("SELECT 1", "app", AWKWARD) == "1\n"
        finally:
            mysql.ask(f"SET GLOBAL sql_mode = {literal(before)}")

    def test_prediction_of_everything_changes_nothing(
        self, root: RootComponent, mysql: Server
    ) -> None:
        make = [
            as_root(Database, "app"),
            as_root(User, "app", password="x"),
            as_root(Grant, "app", user="app"),
        ]

        deploy(root, *make, predict_only=True)

        assert [part.changed for part in root.component.sub_components] == [True, True, True]
        assert "app" not in mysql.databases()
        assert mysql.ask("SELECT COUNT(*) FROM mysql.user WHERE User = 'app'") == "0\n"

    def test_command_runs_unless_there_is_a_result(
        self, root: RootComponent, mysql: Server
    ) -> None:
        mysql.ask("CREATE DATABASE app; CREATE TABLE app.t (x INT)")
        make = as_root(
            Command, "INSERT INTO t VALUES (1)", db="app", unless="SELECT x FROM t WHERE x = 1"
        )

        assert converges(root, make)
        assert mysql.ask("SELECT COUNT(*) FROM app.t") == "1\n"

    def test_command_without_condition_runs_always(
        self, root: RootComponent, mysql: Server
    ) -> None:
        mysql.ask("CREATE DATABASE app; CREATE TABLE app.t (x INT)")
        make = as_root(Command, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", db="app")
        deploy(root, make)

        deploy(root, make)

        assert mysql.ask("SELECT COUNT(*) FROM app.t") == "4\n"

    def test_failing_statement_is_not_shown(
        self, root: RootComponent, mysql: Server, output: Output
    ) -> None:
        statement = "CREATE USERS app IDENTIFIED BY 's3cret'"

        with pytest.raises(CmdExecutionError) as caught:
            deploy(root, as_root(Command, statement))

        caught.value.report()
        assert "ERROR 1064" in output.output
        assert "s3cret" not in output.output + str(caught.value.args)

    def test_failing_change_of_a_password_does_not_show_it(
        self, root: RootComponent, mysql: Server
    ) -> None:
        name = "s3cret" * 30  # the server complains about the name, and repeats it

        with pytest.raises(CmdExecutionError) as caught:
            deploy(root, as_root(User, name, password="s3cret"))

        shown = str(caught.value.args) + str(caught.value.all_rows())
        assert "ERROR 1470" in shown
        assert "***" in shown
        assert "s3cret" not in shown

    def test_wrong_password_is_an_error(self, root: RootComponent, mysql: Server) -> None:
        with pytest.raises(CmdExecutionError) as caught:
            deploy(root, lambda: Database("app", admin_password="not it"))

        assert "ERROR 1045" in str(caught.value.stderr)

    def test_sudo_works_without_password(
        self, root: RootComponent, mysql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mysql.ask("CREATE USER admin@localhost; GRANT ALL ON *.* TO admin@localhost")
        sudo = tmp_path / "sudo"
        sudo.write_text('#!/bin/sh\nshift 3\nexec "$@" --user=admin --password=\n')
        sudo.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

        assert converges(root, lambda: Database("app", admin_password=USE_SUDO))
