"""What stage zero does not do, whoever asks for it; it answers, and nothing is written."""

import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batou.agent.stage0 import CHUNK

GOOD = {"path": "a", "mode": 0o644, "size": 1, "chunks": ["0" * 64]}


def without(key):
    return {name: value for name, value in GOOD.items() if name != key}


ENTRIES = {
    "above": [{**GOOD, "path": "../a"}],
    "above, later": [{**GOOD, "path": "b/../../a"}],
    "absolute": [{**GOOD, "path": "/a"}],
    "dot": [{**GOOD, "path": "./a"}],
    "doubled slash": [{**GOOD, "path": "a//b"}],
    "at the end": [{**GOOD, "path": "a/"}],
    "null": [{**GOOD, "path": "a\0b"}],
    "empty": [{**GOOD, "path": ""}],
    "bytes": [{**GOOD, "path": b"a"}],
    "number": [{**GOOD, "path": 1}],
    "no path": [without("path")],
    "lock": [{**GOOD, "path": ".batou/lock"}],
    "journal": [{**GOOD, "path": ".batou/journal"}],
    "received": [{**GOOD, "path": ".batou/incoming/x"}],
    "state": [{**GOOD, "path": ".batou"}],
    "temporary": [{**GOOD, "path": "a.batou-new"}],
    "setuid": [{**GOOD, "mode": 0o4755}],
    "negative mode": [{**GOOD, "mode": -1}],
    "mode as text": [{**GOOD, "mode": "0644"}],
    "mode as bool": [{**GOOD, "mode": True}],
    "no mode": [without("mode")],
    "negative size": [{**GOOD, "size": -1, "chunks": []}],
    "size as float": [{**GOOD, "size": 1.0}],
    "no size": [without("size")],
    "too few chunks": [{**GOOD, "chunks": []}],
    "too many chunks": [{**GOOD, "chunks": ["0" * 64] * 2}],
    "no chunks": [without("chunks")],
    "chunk as path": [{**GOOD, "chunks": ["../" * 21 + "x"]}],
    "chunk in capitals": [{**GOOD, "chunks": ["A" * 64]}],
    "chunk as bytes": [{**GOOD, "chunks": [b"0" * 64]}],
    "link, absolute": [{"path": "a", "link": "/etc/passwd"}],
    "link, above": [{"path": "a", "link": ".."}],
    "link, later": [{"path": "a/b", "link": "c/../../../x"}],
    "link, empty": [{"path": "a", "link": ""}],
    "link, none": [{"path": "a", "link": None}],
    "twice": [GOOD, GOOD],
    "file below file": [GOOD, {**GOOD, "path": "a/b"}],
    "file below link": [{"path": "a", "link": "b"}, {**GOOD, "path": "a/b"}],
    "no dictionary": ["a"],
    "none": None,
    "text": "abc",
}


@pytest.mark.parametrize("entries", ENTRIES.values(), ids=ENTRIES)
def test_a_manifest_that_is_wrong(far, target, entries):
    ship = {
        "do": "ship",
        "target": str(target),
        "manifest": {"format": 1, "entries": entries},
        "owner": {},
    }

    (answer,) = far.answers(ship)

    assert answer["say"] == "refused"
    assert answer["why"].startswith(("the manifest", "link"))
    assert far.tree(target.parent) == {}


@pytest.mark.parametrize("format", [0, 2, None, "1", []])
def test_a_manifest_of_another_format(far, target, format):
    ship = far.request(target, {})
    ship["manifest"]["format"] = format

    (answer,) = far.answers(ship)

    assert answer == {
        "say": "refused",
        "why": "the manifest has another format",
        "expected": "format 1",
    }


@pytest.mark.parametrize(
    "request_",
    [
        {},
        [],
        None,
        "ship",
        {"do": None},
        {"do": "dance"},
        {"do": ["ship"]},
        {"do": "ship"},
        {"do": "ship", "target": 5, "manifest": {}, "owner": {}},
        {"do": "ship", "target": "\0", "manifest": {}, "owner": {}},
    ],
    ids=repr,
)
def test_a_request_that_makes_no_sense(far, request_):
    (answer,) = far.answers(request_)

    assert answer["say"] == "refused"
    assert "Traceback" not in answer["why"]


DATA = b"right" * 100


@pytest.mark.parametrize(
    "change",
    [
        lambda digest: (digest, b"wrong", False),
        lambda digest: (digest, b"", False),
        lambda digest: (digest, DATA, True),
        lambda digest: (digest, zlib.compress(DATA)[:9], True),
        lambda digest: (digest, zlib.compress(b"\0" * (50 * CHUNK)), True),
        lambda digest: (digest, b"\0" * (CHUNK + 1), False),
        lambda digest: (digest, DATA.decode(), False),
        lambda digest: ("0" * 64, DATA, False),
        lambda digest: ("../../escaped", DATA, False),
        lambda digest: (None, DATA, False),
        lambda digest: (digest, DATA),
        lambda digest: digest,
        lambda digest: None,
    ],
    ids=[
        "another",
        "empty",
        "not packed",
        "cut off",
        "a bomb",
        "too large",
        "text",
        "not asked for",
        "a path",
        "nobody's",
        "a pair",
        "a digest",
        "nothing",
    ],
)
def test_a_chunk_that_is_wrong_is_not_kept(far, target, change):
    chunk = change(far.digest(DATA))

    told = far.answers(
        far.request(target, {"a": DATA}),
        {"do": "objects", "objects": [chunk]},
        {"do": "objects", "objects": [(far.digest(DATA), DATA, False)]},
        {"do": "start", "path": []},
    )

    assert [answer["say"] for answer in told] == ["lacks", "refused"]
    assert far.tree(target) == {}
    assert list((target / ".batou/incoming").iterdir()) == []
    assert far.ship(target, {"a": DATA})["say"] == "unpacked"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.just("0" * 64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(["path", "mode", "size", "chunks", "link", "x"])
MANIFESTS = st.fixed_dictionaries(
    {
        "format": st.just(1),
        "entries": st.lists(st.dictionaries(KEYS, VALUES) | VALUES, max_size=3),
    }
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(manifest=MANIFESTS | VALUES, objects=VALUES, word=VALUES, owner=VALUES)
def test_whatever_comes_is_answered(far, tmp_path, manifest, objects, word, owner):
    told = far.answers(
        {"do": word},
        {"do": "ship", "target": str(tmp_path / "t"), "manifest": manifest, "owner": owner},
        {"do": "objects", "objects": objects},
    )

    assert {answer["say"] for answer in told} <= {"refused", "lacks", "unpacked", "got"}
    assert sorted(path.name for path in tmp_path.iterdir()) in ([], ["t"])
