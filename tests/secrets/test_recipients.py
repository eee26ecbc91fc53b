from pathlib import Path
from typing import Any

import pytest

from batou.errors import Location
from batou.secrets.errors import MemberError
from batou.secrets.fetching import CannotFetch
from batou.secrets.recipients import KeyLock, Resolver

URL = "https://example.com/ops.keys"
PLACE = Location("secrets.cfg", 3)


class Server:
    """Texts by URL; a missing one cannot be fetched."""

    def __init__(self, texts: Any = None) -> None:
        self.texts = texts or {}

    def __call__(self, url: str) -> Any:
        if url not in self.texts:
            raise CannotFetch("no route to host")
        return self.texts[url]


class Resolving:
    """Resolves members, and remembers what was noted."""

    def __init__(self, project: Any, server: Any) -> None:
        self.notes: list[str] = []
        self.resolver = Resolver(project, server, self.notes.append)

    def __call__(self, *members: Any, lock: Any = None) -> Any:
        return self.resolver.resolve(members, lock or KeyLock(), PLACE)


@pytest.fixture
def resolving(tmp_path: Path) -> Any:
    return lambda **texts: Resolving(tmp_path, Server(texts.get("texts")))


def test_plain_keys_stand_for_themselves(keys: Any, resolving: Any) -> None:
    ssh, age = keys.ssh().public, keys.age().public

    lock = resolving()(ssh, age)

    assert lock.keys == [ssh, age]
    assert str(lock).endswith(f"# plain ssh public key\n{ssh}\n# plain age public key\n{age}\n")


def test_a_url_stands_for_its_sorted_usable_keys_and_others_are_named(
    keys: Any, resolving: Any
) -> None:
    one, two, ecdsa = keys.ssh().public, keys.ssh("rsa").public, keys.ssh("ecdsa").public
    resolve = resolving(
        texts={URL: f"\n# ops\n{two}\n{ecdsa}\n{one}\nsk-ssh-ed25519@openssh.com A\n"}
    )

    lock = resolve(URL)

    assert lock.keys == sorted([one, two])
    assert f"# ssh key file from {URL}\n{lock.keys[0]}\n{lock.keys[1]}\n" in str(lock)
    assert resolve.notes == [
        f"{URL}: skipped a key that age cannot use (ecdsa-sha2-nistp256)",
        f"{URL}: skipped a key that age cannot use (sk-ssh-ed25519@openssh.com)",
    ]


def test_a_file_of_the_project_may_list_keys(keys: Any, resolving: Any, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ops").write_text(f"# ops\n{keys.age().public}\n{keys.ssh().public}\n")

    lock = resolving()("file:keys/ops")

    assert lock.keys == sorted([keys.age().public, keys.ssh().public])


def test_a_missing_file_is_an_error(resolving: Any) -> None:
    with pytest.raises(MemberError, match="file:keys/ops: No such file"):
        resolving()("file:keys/ops")


def test_a_key_that_several_members_stand_for_counts_once(keys: Any, resolving: Any) -> None:
    key = keys.ssh().public

    assert resolving(texts={URL: key})(key, URL).keys == [key]


@pytest.mark.parametrize(
    "member, hint",
    [
        ("ssh-ed25519x AAAA", "ssh-ed25519"),
        ("agel1abc", "check it for a typo"),
        ("alice@example.com", "check it for a typo"),
        ("http://example.com/keys", "https://example.com/keys"),
        ("ftp://example.com/keys", "check it for a typo"),
        ("ecdsa-sha2-nistp256 AAAA", "ssh-ed25519"),
        ("ssh-dss AAAA", "ssh-ed25519"),
        ("sk-ssh-ed25519@openssh.com AAAA", "ssh-ed25519"),
    ],
)
def test_an_unknown_kind_of_member_is_an_error_with_its_place(
    resolving: Any, member: str, hint: str
) -> None:
    with pytest.raises(MemberError) as caught:
        resolving()(member)

    assert member.split()[0] in str(caught.value)
    assert hint in (caught.value.hint() or "")
    assert caught.value.location == PLACE


def test_a_damaged_key_is_an_error_with_its_place(resolving: Any) -> None:
    with pytest.raises(MemberError, match="no key that age can use") as caught:
        resolving()("ssh-ed25519 AAAA me")

    assert caught.value.location == PLACE


def test_a_list_without_usable_keys_is_an_error(resolving: Any) -> None:
    with pytest.raises(MemberError, match="lists no key that age can use"):
        resolving(texts={URL: "<html>please log in</html>"})(URL)


class TestWithoutNetwork:
    def lock(self, keys: Any, resolving: Any, *members: Any) -> Any:
        return resolving(texts={URL: keys.ssh().public})(*members)

    def test_the_lock_is_used_while_members_do_not_change_and_it_says_so(
        self, keys: Any, resolving: Any
    ) -> None:
        age = keys.age().public
        lock = self.lock(keys, resolving, URL, age)
        resolve = resolving()

        assert resolve(age, URL, lock=lock).keys == [age, keys.ssh().public]
        assert resolve.notes == [
            f"cannot reach {URL} (no route to host): using its keys in age_keys.txt"
        ]

    def test_a_changed_list_of_members_needs_the_network(self, keys: Any, resolving: Any) -> None:
        lock = self.lock(keys, resolving, URL)

        with pytest.raises(MemberError, match=r"cannot read keys from .*no route to host"):
            resolving()(URL, keys.age().public, lock=lock)

    def test_without_a_lock_it_is_an_error(self, resolving: Any) -> None:
        with pytest.raises(MemberError, match="no route to host"):
            resolving()(URL)


class TestKeyLock:
    def test_it_reads_back_what_it_writes(self, keys: Any, resolving: Any) -> None:
        lock = resolving(texts={URL: f"{keys.ssh().public}\n{keys.ssh('rsa').public}"})(
            URL, keys.age().public
        )

        assert KeyLock.parse(str(lock)) == lock

    def test_the_banner_of_another_version_is_kept(self) -> None:
        text = "###\n# Some other words\n\n# plain age public key\nage1abc\n"

        assert str(KeyLock.parse(text)) == text

    def test_an_empty_file_is_an_empty_lock(self) -> None:
        assert KeyLock.parse("").keys == []

    def test_it_knows_the_members_it_was_made_of(self, keys: Any, resolving: Any) -> None:
        lock = resolving(texts={URL: keys.ssh().public})(URL, keys.age().public)

        assert lock.is_made_of([keys.age().public, URL])
        assert not lock.is_made_of([URL])
        assert not lock.is_made_of([URL, keys.ssh().public])
