import base64
from typing import Any

import pytest

from batou.secrets import age, diffable
from batou.secrets.errors import DamagedSecret

TEXT = """\
# readable
[batou]
secret_provider = age-diffable
members = a

[component:app]
# the database
dbName = orders
empty =
pem =
    -----BEGIN
    x

    -----END
script = first
    second

[host:web1]
token: t
"""


@pytest.fixture
def seal(keys: Any) -> Any:
    return lambda value: age.encrypt(value, [keys.ssh().public])


@pytest.fixture
def unseal(keys: Any, ring: Any) -> Any:
    opener = ring(keys.ssh())
    return lambda value: opener.decrypt(value, "x")


def values(text: str) -> Any:
    return {
        key.strip(): value.strip()
        for line in text.splitlines()
        if "=" in line and not line.startswith("members")
        for key, _, value in [line.partition("=")]
    }


def test_sections_keys_comments_and_batou_are_clear_text_and_nothing_else(seal: Any) -> None:
    sealed = diffable.encrypt(TEXT, seal, "x")

    for line in ("# readable", "members = a", "[component:app]", "# the database", "[host:web1]"):
        assert line in sealed.splitlines()
    for clear in ("orders", "BEGIN", "second", "token: t"):
        assert clear not in sealed


def test_each_value_is_the_base64_of_an_age_file(seal: Any, unseal: Any) -> None:
    sealed = diffable.encrypt(TEXT, seal, "x")

    found = values(sealed)
    assert unseal(base64.b64decode(found["dbName"])) == b"orders"
    assert unseal(base64.b64decode(found["pem"])) == b"\n-----BEGIN\nx\n\n-----END"
    assert unseal(base64.b64decode(found["script"])) == b"first\nsecond"
    assert unseal(base64.b64decode(found["empty"])) == b""


def test_it_reads_back_with_its_lines_and_comments(seal: Any, unseal: Any) -> None:
    sealed = diffable.encrypt(TEXT, seal, "x")

    opened = diffable.decrypt(sealed, unseal, "x")

    assert diffable.decrypt(diffable.encrypt(opened, seal, "x"), unseal, "x") == opened
    assert "pem =\n    -----BEGIN\n    x\n" in opened
    assert "# the database\ndbName = orders\n" in opened


def test_only_what_changed_is_encrypted_again(seal: Any, unseal: Any) -> None:
    sealed = diffable.encrypt(TEXT, seal, "x")
    opened = diffable.decrypt(sealed, unseal, "x")

    changed = opened.replace("orders", "invoices").replace("token : t", "token : t\nnew = 1")
    again = diffable.encrypt(changed, seal, "x", (opened, sealed))

    lines, before = again.splitlines(), sealed.splitlines()
    assert sorted(set(before) - set(lines)) == [line for line in before if "dbName" in line]
    assert sorted(line.split()[0] for line in set(lines) - set(before)) == ["dbName", "new"]


def test_without_what_was_before_everything_is_encrypted_again(seal: Any) -> None:
    one, two = diffable.encrypt(TEXT, seal, "x"), diffable.encrypt(TEXT, seal, "x")

    assert values(one)["dbName"] != values(two)["dbName"]


def test_a_value_broken_into_lines_opens(seal: Any, unseal: Any) -> None:
    line = base64.b64encode(seal(b"orders")).decode()
    broken = f"[app]\nx =\n    {line[:60]}\n    {line[60:]}\n"

    assert diffable.decrypt(broken, unseal, "x") == "[app]\nx = orders\n"


def test_a_value_that_is_no_text_is_named(seal: Any, unseal: Any) -> None:
    line = base64.b64encode(seal(b"\xff")).decode()

    with pytest.raises(DamagedSecret, match=r"value of \[app\] x in 'x' is not UTF-8"):
        diffable.decrypt(f"[app]\nx = {line}\n", unseal, "x")


def test_a_damaged_value_is_named(unseal: Any) -> None:
    with pytest.raises(DamagedSecret, match=r"value of \[app\] x in 'secrets\.cfg'"):
        diffable.decrypt("[app]\nx = <<<<\n", unseal, "secrets.cfg")
