"""Manifests as values."""

import json

import pytest

from batou.bundle.manifest import Entry, Manifest, changes

ONE, TWO = "1" * 64, "2" * 64


def test_the_digest_does_not_depend_on_the_order():
    entries = [Entry("b", 0o755, 1, (ONE,)), Entry("a", link="b")]

    assert Manifest.of(entries).digest == Manifest.of(reversed(entries)).digest


@pytest.mark.parametrize(
    "other",
    [
        Entry("b", 0o644, 1, (ONE,)),
        Entry("a", 0o755, 1, (ONE,)),
        Entry("a", 0o644, 2, (ONE,)),
        Entry("a", 0o644, 1, (TWO,)),
        Entry("a", link="b"),
    ],
)
def test_whatever_differs_makes_another_digest(other):
    assert Manifest.of([Entry("a", 0o644, 1, (ONE,))]).digest != Manifest.of([other]).digest


def test_two_files_of_one_path_are_an_error():
    with pytest.raises(ValueError, match="two files for 'a'"):
        Manifest.of([Entry("a"), Entry("a", 0o755)])


def test_the_canonical_form_has_neither_times_nor_blanks():
    manifest = Manifest.of([Entry("ä", 0o644, 1, (ONE,))])

    text = manifest.canonical()

    assert text == (
        b'{"entries":[{"chunks":["%s"],"mode":420,"path":"\\u00e4","size":1}],"format":1}'
        % ONE.encode()
    )
    assert json.loads(text) == manifest.to_wire()


def test_what_differs_between_two_manifests_is_told_by_path():
    before = {"a": Entry("a"), "b": Entry("b"), "c": Entry("c")}
    after = {"b": Entry("b"), "c": Entry("c", 0o755), "d": Entry("d")}

    assert changes(before, after) == {"a": "removed", "c": "changed", "d": "added"}
