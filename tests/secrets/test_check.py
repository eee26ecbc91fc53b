import json
from pathlib import Path
from typing import Any

import pytest

from batou.secrets import age
from batou.secrets.check import check
from batou.secrets.usage import load_model
from batou.secrets.who import who

READS = """\
password = None
user = None

def configure(self):
    self.content = self.environment.secret_files["foo"]
"""


@pytest.fixture
def prod(project: Any, keys: Any, ring: Any, config: Any) -> Any:
    class Prod:
        directory = project.environment()
        key, other = keys.ssh(), keys.age()

        def make(
            self,
            body: str = "[app]\npassword = geheim\n",
            component: str = READS,
            **files: bytes,
        ) -> Any:
            project.component("app", component)
            text = config(self.key, body=body)
            project.secrets(text, ring(self.key), **(files or {"foo": b"text"}))
            return self

        def provider(self, key: Any = None) -> Any:
            return project.provider(ring(key or self.key))

        def check(self, key: Any = None) -> Any:
            return check(self.provider(key))

        def findings(self) -> Any:
            return [(finding.kind, finding.message) for finding in self.check().findings]

    return Prod()


def test_what_is_right_has_no_findings(prod: Any) -> None:
    assert prod.make().findings() == []
    assert prod.check().lines() == ["prod: no findings"]


def test_an_environment_without_secrets_has_no_findings(prod: Any) -> None:
    assert prod.findings() == []


def test_what_cannot_be_opened_is_found_file_by_file(prod: Any) -> None:
    checked = prod.make().check(prod.other)

    found = {finding.location: finding for finding in checked.findings}
    assert sorted(found) == [
        "environments/prod/secret-foo.age",
        "environments/prod/secrets.cfg.age",
    ]
    assert all(finding.kind == "unreadable" for finding in found.values())
    assert "its key is not among the recipients" in checked.findings[0].message
    assert checked.notes == ("who uses them cannot be told",)


def test_a_damaged_secret_file_is_found(prod: Any) -> None:
    (prod.make().directory / "secret-foo.age").write_bytes(b"damaged")

    assert [kind for kind, _ in prod.findings()] == ["unreadable", "unreadable"]


def test_a_missing_secret_file_is_found_with_who_reads_it(prod: Any) -> None:
    prod.make(bar=b"text")

    assert ("missing", "component 'app' on 'web1' reads the secret file 'foo', there is none") in (
        prod.findings()
    )


def test_an_unused_secret_file_is_found(prod: Any) -> None:
    prod.make(foo=b"text", bar=b"text")

    assert prod.findings() == [("unused", "no component reads the secret file 'bar'")]


def test_a_section_for_a_component_on_no_host_is_unused(prod: Any, project: Any) -> None:
    project.component("idle", "x = 1")
    prod.make("[component:idle]\nx = 2\n")

    (finding,) = prod.check().findings

    assert finding.kind == "unused"
    assert finding.location == "environments/prod/secrets.cfg.age:6"


def test_a_section_that_a_component_reads_as_data_is_used(prod: Any, project: Any) -> None:
    project.component("settings", "x = 1")
    prod.make(
        "[settings]\nx = 2\n",
        READS + '    self.x = self.environment.overrides["settings"]["x"]\n',
    )

    assert prod.findings() == []


@pytest.mark.parametrize(
    "body, cfg, kind, line",
    [
        ("[app]\nuser = 1\n[component:app]\nuser = 2\n", "", "duplicate", 9),
        ("[app]\nuser = 1\n", "[component:app]\nuser = 2\n", "duplicate", None),
        ("[ap]\nuser = 1\n", "", "unknown", 6),
        ("[host:web]\nuser = 1\n", "", "unknown", 6),
        ("[app]\nusr = 1\n", "", "unknown", 7),
    ],
)
def test_what_does_not_fit_is_found_with_its_line(
    prod: Any, body: str, cfg: str, kind: str, line: Any
) -> None:
    with (prod.directory / "environment.cfg").open("a") as file:
        file.write(cfg)

    (finding,) = prod.make(body).check().findings

    assert finding.kind == kind
    if line:
        assert finding.location == f"environments/prod/secrets.cfg.age:{line}"


def test_no_finding_shows_a_secret(prod: Any) -> None:
    checked = prod.make("[app]\nusr = geheim\n[ap]\nx = geheim\n").check()

    assert len(checked.findings) == 2
    assert "geheim" not in json.dumps(checked.to_json())


@pytest.mark.parametrize(
    "name, problem",
    [
        ("secret-foo.gpg", "is not read, the secrets are age"),
        ("secret-foo.yaml", "is it clear text?"),
        ("secrets.cfg", "is it clear text?"),
    ],
)
def test_files_that_nobody_reads_are_found(prod: Any, name: str, problem: str) -> None:
    (prod.make().directory / name).write_text("x")

    ((kind, message),) = prod.findings()

    assert kind == "unused"
    assert problem in message


def test_an_empty_file_of_an_interrupted_editor_is_found(prod: Any) -> None:
    (prod.make().directory / "secret-bar.age").touch()

    assert "an editor was interrupted" in prod.findings()[0][1]


class TestRecipients:
    def test_a_file_for_others_than_the_lock_is_found(self, prod: Any) -> None:
        content = age.encrypt(b"text", [prod.key.public, prod.other.public])
        (prod.make().directory / "secret-foo.age").write_bytes(content)

        assert prod.findings() == [
            (
                "recipients",
                "'environments/prod/secret-foo.age' is encrypted for others than the members",
            )
        ]

    def test_a_lock_of_other_members_is_found(self, prod: Any) -> None:
        (prod.make().directory / "age_keys.txt").write_text(
            f"# plain age public key\n{prod.other.public}\n"
        )

        ((kind, message),) = prod.findings()

        assert kind == "recipients"
        assert "age_keys.txt" in message

    def test_a_member_that_2x_would_ignore_is_found(self, prod: Any, config: Any) -> None:
        text = config(prod.key, "alice")
        content = age.encrypt(text.encode(), [prod.key.public])
        (prod.make().directory / "secrets.cfg.age").write_bytes(content)

        (finding,) = (found for found in prod.check().findings if found.kind == "recipients")

        assert "'alice' is no member" in finding.message
        assert finding.location == "environments/prod/secrets.cfg.age:3"

    @pytest.mark.needs("gpg")
    def test_a_gpg_file_for_others_is_found(
        self, prod: Any, gnupg: Path, config: Any, project: Any, ring: Any
    ) -> None:
        from batou.secrets import gpg

        project.component("app", READS)
        text = config("alice@example.com", kind="gpg")
        project.secrets(text, ring(), foo=b"text")
        assert prod.findings() == []
        (prod.directory / "secret-foo.gpg").write_bytes(gpg.encrypt(b"x", ["bob@example.com"]))

        assert [kind for kind, _ in prod.findings()] == ["recipients"]


class TestModelsThatDoNotConfigure:
    def test_other_errors_are_a_note(self, prod: Any) -> None:
        checked = prod.make(component="password = None\n\ndef configure(self):\n    1 / 0").check()

        assert checked.findings == ()
        assert "batou check prod" in checked.notes[0]

    def test_a_component_that_does_not_load_is_a_note(self, prod: Any) -> None:
        checked = prod.make(component="1 / 0").check()

        assert checked.findings == ()
        assert "cannot be configured" in checked.notes[0]

    def test_what_components_print_does_not_disturb(
        self, prod: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        prod.make(component=READS + "    print('noise'); self.log('noise')\n").check()

        assert "noise" not in capsys.readouterr().out


class TestWho:
    def test_people_and_hosts_are_listed_by_name_and_never_by_value(
        self, prod: Any, keys: Any
    ) -> None:
        with (prod.directory / "environment.cfg").open("a") as file:
            file.write("web2 =\n")
        body = "[app]\npassword = geheim\n[host:web2]\ndata-Token = geheim\n"

        table = who(prod.make(body).provider())

        person = f"ssh-ed25519 …{prod.key.public.split()[1][-10:]} id_ed25519"
        assert table.lines() == [
            "prod",
            "    people",
            f"        {person}: secrets.cfg.age, secret-foo.age",
            "    hosts",
            "        web1: app (password); files (foo)",
            "        web2: host data (Token)",
        ]
        assert "geheim" not in json.dumps(table.to_json())

    def test_one_host_can_be_asked_for(self, prod: Any) -> None:
        table = who(prod.make().provider(), "web1")

        assert [host.name for host in table.hosts] == ["web1"]
        assert who(prod.provider(), "web9").hosts == ()

    def test_a_url_is_one_person_with_several_keys(
        self, prod: Any, keys: Any, ring: Any, config: Any, project: Any
    ) -> None:
        project.component("app", READS)
        (project.directory / "ops.keys").write_text(f"{prod.key.public}\n{prod.other.public}\n")
        project.secrets(config("file:ops.keys"), ring(prod.key), foo=b"text")

        (person,) = who(prod.provider()).people

        assert person.member == "file:ops.keys"
        assert len(person.keys) == 2
        assert person.reads == ("secrets.cfg.age", "secret-foo.age")

    def test_a_key_that_is_not_listed_but_can_read_is_shown(self, prod: Any, keys: Any) -> None:
        stranger = keys.ssh("rsa")
        content = age.encrypt(b"text", [prod.key.public, stranger.public])
        (prod.make().directory / "secret-foo.age").write_bytes(content)

        people = who(prod.provider()).people

        assert "unknown ssh-rsa key" in people[-1].member
        assert people[-1].reads == ("secret-foo.age",)

    def test_people_are_known_even_if_we_cannot_read(self, prod: Any) -> None:
        table = who(prod.make().provider(prod.other))

        assert len(table.people) == 1
        assert "none of your identities opens" in table.problem

    @pytest.mark.needs("gpg")
    def test_gpg_keys_have_the_names_of_their_owners(
        self, prod: Any, gnupg: Path, project: Any, ring: Any, config: Any
    ) -> None:
        project.component("app", READS)
        text = config("alice@example.com", "bob@example.com", kind="gpg")
        project.secrets(text, ring(), foo=b"text")

        people = who(prod.provider()).people

        assert sorted(person.member for person in people) == [
            "alice <alice@example.com>",
            "bob <bob@example.com>",
        ]
        assert all(person.reads == ("secrets.cfg.gpg", "secret-foo.gpg") for person in people)


class TestUsage:
    @pytest.mark.parametrize(
        "expression, used",
        [
            ('self.environment.secret_files["foo"]', ["foo"]),
            ('self.environment.secret_files.get("foo")', ["foo"]),
            ('self.environment.secret_files.get("nothing")', []),
            ("dict(self.environment.secret_files.items())", ["bar", "foo"]),
            ("list(self.environment.secret_files.values())", ["bar", "foo"]),
            ("sorted(self.environment.secret_files)", ["bar", "foo"]),
            ("len(self.environment.secret_files)", []),
        ],
    )
    def test_reading_is_seen_however_it_is_written(
        self, prod: Any, expression: str, used: list[str]
    ) -> None:
        component = f"password = None\n\ndef configure(self):\n    self.x = {expression}"

        model = load_model(prod.make(component=component, foo=b"1", bar=b"2").provider())

        assert model.errors == ()
        assert sorted(model.share_of("web1").files) == used
