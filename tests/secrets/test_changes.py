from pathlib import Path
from typing import Any

import pytest

from batou.secrets import age
from batou.secrets.agefile import is_encrypted_for
from batou.secrets.changes import Changes, changes
from batou.secrets.errors import MemberError, ProviderError, UnreadableSecret

BODY = "[component:app]\npassword = geheim\nuser = me\n"


@pytest.fixture
def prod(project: Any, keys: Any, ring: Any, config: Any) -> Any:
    """An environment with secrets of one member, and a secret file."""

    class Prod:
        directory = project.environment()
        owner, other = keys.ssh(), keys.age()

        def make(self, kind: Any = "age") -> Any:
            text = config(self.owner, kind=kind, body=BODY)
            project.secrets(text, ring(self.owner), foo_yaml=b"text")
            return self

        def provider(self, *identities: Any) -> Any:
            return project.provider(ring(*(identities or (self.owner,))))

        def names(self) -> Any:
            return sorted(path.name for path in self.directory.iterdir())

        def contents(self) -> Any:
            return {path.name: path.read_bytes() for path in self.directory.iterdir()}

        def text(self, *members: Any, kind: Any = "age", body: Any = BODY) -> Any:
            return config(*members, kind=kind, body=body)

    return Prod()


def changed(before: Any, after: Any) -> Any:
    return sorted(name for name in after if before.get(name) != after[name])


def test_a_first_config_is_written_with_its_lock_of_keys(prod: Any) -> None:
    prod.make()

    assert prod.names() == [
        "age_keys.txt",
        "environment.cfg",
        "secret-foo.yaml.age",
        "secrets.cfg.age",
    ]
    assert (
        f"# plain ssh public key\n{prod.owner.public}\n"
        in (prod.directory / "age_keys.txt").read_text()
    )


def test_what_stays_the_same_is_not_written(prod: Any) -> None:
    provider = prod.make().provider()

    assert not changes(provider, config_text=provider.read_config())


@pytest.mark.parametrize("kind", ["age", "age-diffable"])
def test_a_changed_value_is_written_to_the_config_only(prod: Any, kind: str) -> None:
    before = prod.make(kind).contents()
    text = prod.text(prod.owner, kind=kind, body=BODY.replace("geheim", "neu"))

    changes(prod.provider(), config_text=text).apply()

    assert changed(before, prod.contents()) == [f"secrets.cfg.{kind}"]
    assert prod.provider().read().component_overrides["app"]["password"] == "neu"


@pytest.mark.parametrize("kind", ["age", "age-diffable"])
def test_a_new_member_reads_everything(prod: Any, kind: str) -> None:
    before = prod.make(kind).contents()
    text = prod.text(prod.owner, prod.other, kind=kind)

    changes(prod.provider(), config_text=text).apply()

    assert changed(before, prod.contents()) == [
        "age_keys.txt",
        "secret-foo.yaml.age",
        f"secrets.cfg.{kind}",
    ]
    assert prod.provider(prod.other).read() == prod.provider(prod.owner).read()


def test_a_removed_member_reads_nothing_new(prod: Any) -> None:
    prod.make()
    changes(prod.provider(), config_text=prod.text(prod.owner, prod.other)).apply()

    changes(prod.provider(), config_text=prod.text(prod.owner)).apply()

    with pytest.raises(UnreadableSecret):
        prod.provider(prod.other).read()
    assert prod.provider().read().secret_files == {"foo.yaml": "text"}


def test_the_lock_of_keys_is_replaced_last(prod: Any) -> None:
    prod.make()

    planned = changes(prod.provider(), config_text=prod.text(prod.owner, prod.other))

    assert [path.name for path in planned.writes][-1] == "age_keys.txt"


def test_everything_is_encrypted_again_if_a_file_has_other_recipients_than_the_lock(
    prod: Any,
) -> None:
    prod.make()
    path = prod.directory / "secret-foo.yaml.age"
    path.write_bytes(age.encrypt(b"text", [prod.owner.public, prod.other.public]))

    changes(prod.provider()).apply()

    assert is_encrypted_for(path.read_bytes(), [prod.owner.public])


def test_everything_is_encrypted_again_if_the_lock_is_missing(prod: Any) -> None:
    before = prod.make().contents()
    (prod.directory / "age_keys.txt").unlink()

    changes(prod.provider()).apply()

    assert changed(before, prod.contents()) == ["secret-foo.yaml.age", "secrets.cfg.age"]


def test_force_encrypts_everything_again(prod: Any) -> None:
    before = prod.make().contents()

    changes(prod.provider(), force=True).apply()

    assert changed(before, prod.contents()) == ["secret-foo.yaml.age", "secrets.cfg.age"]


def test_nothing_is_written_if_a_member_is_wrong(prod: Any) -> None:
    before = prod.make().contents()

    with pytest.raises(MemberError) as caught:
        changes(prod.provider(), config_text=prod.text(prod.owner, "alice"))

    assert str(caught.value.location) == "environments/prod/secrets.cfg.age:3"
    assert prod.contents() == before


def test_nobody_as_member_is_an_error(prod: Any) -> None:
    prod.make()

    with pytest.raises(MemberError, match="nobody could read"):
        changes(prod.provider(), config_text="[batou]\nmembers =\n")


def test_an_unknown_provider_is_an_error_with_its_line(prod: Any) -> None:
    prod.make()

    with pytest.raises(ProviderError, match="unknown secret_provider 'pgp'") as caught:
        changes(prod.provider(), config_text=prod.text(prod.owner, kind="pgp"))

    assert str(caught.value.location) == "environments/prod/secrets.cfg.age:2"


def test_all_files_stay_if_one_cannot_be_replaced(prod: Any) -> None:
    before = prod.make().contents()
    planned = changes(prod.provider(), config_text=prod.text(prod.owner, prod.other))
    blocked = prod.directory / "blocked"
    (blocked / "x").mkdir(parents=True)

    with pytest.raises(OSError):
        (planned + Changes({blocked: b""})).apply()

    (blocked / "x").rmdir()
    blocked.rmdir()
    assert prod.contents() == before


class TestAnotherProvider:
    @pytest.mark.parametrize("old, new", [("age", "age-diffable"), ("age-diffable", "age")])
    def test_between_kinds_of_age_files_keep_their_names(
        self, prod: Any, old: str, new: str
    ) -> None:
        blob = prod.make(old).provider().read()

        changes(prod.provider(), config_text=prod.text(prod.owner, kind=new)).apply()

        assert prod.names() == [
            "age_keys.txt",
            "environment.cfg",
            "secret-foo.yaml.age",
            f"secrets.cfg.{new}",
        ]
        assert prod.provider().read().component_overrides == blob.component_overrides
        assert prod.provider().read().secret_files == blob.secret_files

    @pytest.mark.needs("gpg")
    def test_from_gpg_to_age_and_back_leaves_no_old_file(self, prod: Any, gnupg: Path) -> None:
        text = prod.text("alice@example.com", kind="gpg")

        changes(prod.make().provider(), config_text=text).apply()

        assert prod.names() == ["environment.cfg", "secret-foo.yaml.gpg", "secrets.cfg.gpg"]
        assert prod.provider().read().secret_files == {"foo.yaml": "text"}

        changes(prod.provider(), config_text=prod.text(prod.owner)).apply()

        assert prod.names() == [
            "age_keys.txt",
            "environment.cfg",
            "secret-foo.yaml.age",
            "secrets.cfg.age",
        ]
        assert prod.provider().read().component_overrides["app"]["password"] == "geheim"

    @pytest.mark.needs("gpg")
    def test_gpg_files_are_encrypted_again_only_if_members_change(
        self, prod: Any, gnupg: Path
    ) -> None:
        changes(
            prod.make().provider(), config_text=prod.text("alice@example.com", kind="gpg")
        ).apply()

        assert not changes(prod.provider())

        both = prod.text("alice@example.com", "bob@example.com", kind="gpg")
        planned = changes(prod.provider(), config_text=both)
        assert sorted(path.name for path in planned.writes) == [
            "secret-foo.yaml.gpg",
            "secrets.cfg.gpg",
        ]
