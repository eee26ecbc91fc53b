from typing import Any

import pytest

from batou.errors import FileLockedError
from batou.secrets.encryption import locked
from batou.secrets.errors import MemberError, SecretsError, UnreadableSecret
from batou.secrets.fetching import CannotFetch
from batou.secrets.manage import Collected, add_member, reencrypt, remove_member

URL = "https://example.com/ops.keys"
BODY = "[component:app]\npassword = geheim\n"


@pytest.fixture
def fleet(project: Any, keys: Any, ring: Any, config: Any) -> Any:
    """Environments ``dev``, ``prod`` and ``test`` with secrets, and ``bare`` without."""

    class Fleet:
        owner, other = keys.ssh(), keys.age()
        served: dict[str, str] = {}

        def fetch(self, url: str) -> Any:
            if url not in self.served:
                raise CannotFetch("no route to host")
            return self.served[url]

        def providers(self, *names: Any, key: Any = None) -> Any:
            names = names or ("bare", "dev", "prod", "test")
            opener = ring(key or self.owner)
            return [project.provider(opener, name, fetch=self.fetch) for name in names]

        def read(self, name: str, key: Any) -> Any:
            return project.provider(ring(key), name).read()

        def contents(self) -> Any:
            found = project.directory.rglob("environments/*/*")
            return {str(path): path.read_bytes() for path in found}

        def secrets(self, name: str, *members: Any) -> Any:
            text = config(*(members or (self.owner,)), body=BODY)
            project.secrets(text, ring(self.owner), name, foo=b"text")

    for name in ("bare", "dev", "prod", "test"):
        project.environment(name)
    made = Fleet()
    for name in ("dev", "prod", "test"):
        made.secrets(name)
    return made


def test_a_member_is_added_to_all_environments_with_secrets(fleet: Any, output: Any) -> None:
    written = add_member(fleet.providers(), fleet.other.public)

    assert written == ["dev", "prod", "test"]
    for name in written:
        assert fleet.read(name, fleet.other) == fleet.read(name, fleet.owner)
    assert "bare: skipped, it has no secrets" in output.backend.output


def test_only_the_list_of_members_changes(fleet: Any) -> None:
    before = fleet.providers("prod")[0].read_config()

    add_member(fleet.providers("prod"), fleet.other.public)

    after = fleet.providers("prod")[0].read_config()
    old, new = (
        f"    {fleet.owner.public}\n",
        f"    {fleet.owner.public},\n    {fleet.other.public}\n",
    )
    assert after == before.replace(old, new)


def test_who_is_a_member_already_is_not_added_again(fleet: Any, output: Any) -> None:
    before = fleet.contents()

    assert add_member(fleet.providers("prod"), fleet.owner.public) == []

    assert fleet.contents() == before
    assert "is a member already" in output.backend.output


def test_a_removed_member_cannot_read_any_more(fleet: Any) -> None:
    add_member(fleet.providers(), fleet.other.public)

    assert remove_member(fleet.providers(), fleet.other.public) == ["dev", "prod", "test"]

    with pytest.raises(UnreadableSecret):
        fleet.read("prod", fleet.other)
    assert fleet.read("prod", fleet.owner).secret_files == {"foo": "text"}


def test_removing_who_is_no_member_anywhere_is_an_error(fleet: Any) -> None:
    with pytest.raises(SecretsError, match="is no member of these environments"):
        remove_member(fleet.providers(), fleet.other.public)


def test_the_last_member_cannot_be_removed(fleet: Any) -> None:
    before = fleet.contents()

    with pytest.raises(Collected) as caught:
        remove_member(fleet.providers("prod"), fleet.owner.public)

    assert "nobody could read" in str(caught.value.errors[0][1])
    assert fleet.contents() == before


def test_a_wrong_member_is_added_nowhere(fleet: Any) -> None:
    before = fleet.contents()

    with pytest.raises(Collected) as caught:
        add_member(fleet.providers(), "alice")

    assert [name for name, _ in caught.value.errors] == ["dev", "prod", "test"]
    assert all(isinstance(error, MemberError) for _, error in caught.value.errors)
    assert fleet.contents() == before


def test_if_one_environment_cannot_be_read_none_is_written(fleet: Any) -> None:
    fleet.secrets("prod", fleet.owner, fleet.other)
    remove_member(fleet.providers("prod", key=fleet.other), fleet.owner.public)
    before = fleet.contents()

    with pytest.raises(Collected) as caught:
        add_member(fleet.providers(), fleet.other.public)

    assert [name for name, _ in caught.value.errors] == ["prod"]
    assert fleet.contents() == before


def test_if_somebody_edits_one_environment_none_is_written(fleet: Any, project: Any) -> None:
    before = fleet.contents()

    with locked(project.directory / "environments/test/secrets.cfg.age", exclusive=True):
        with pytest.raises(Collected) as caught:
            add_member(fleet.providers(), fleet.other.public)

    assert [(name, type(error)) for name, error in caught.value.errors] == [
        ("test", FileLockedError)
    ]
    assert fleet.contents() == before


class TestReencrypt:
    def test_nothing_is_written_while_recipients_stay(self, fleet: Any) -> None:
        before = fleet.contents()

        assert reencrypt(fleet.providers()) == []

        assert fleet.contents() == before

    def test_with_force_all_is_written(self, fleet: Any) -> None:
        before = fleet.contents()

        assert reencrypt(fleet.providers(), force=True) == ["dev", "prod", "test"]

        after = fleet.contents()
        changed = {path.rpartition("/")[2] for path in after if after[path] != before[path]}
        assert changed == {"secrets.cfg.age", "secret-foo.age"}

    def test_keys_behind_a_url_are_looked_up_again(self, fleet: Any) -> None:
        fleet.served = {URL: fleet.owner.public}
        add_member(fleet.providers("prod"), URL)
        remove_member(fleet.providers("prod"), fleet.owner.public)
        fleet.served = {URL: f"{fleet.owner.public}\n{fleet.other.public}\n"}

        assert reencrypt(fleet.providers()) == ["prod"]

        assert fleet.read("prod", fleet.other).secret_files == {"foo": "text"}

    def test_without_network_the_lock_says_who_reads(self, fleet: Any, output: Any) -> None:
        fleet.served = {URL: fleet.owner.public}
        add_member(fleet.providers("prod"), URL)
        fleet.served = {}

        assert reencrypt(fleet.providers("prod"), force=True) == ["prod"]

        assert "using its keys in age_keys.txt" in output.backend.output
        with pytest.raises(Collected):
            add_member(fleet.providers("prod"), fleet.other.public)
