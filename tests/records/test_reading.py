"""A record may have been cut, or changed by anybody."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batou.records.errors import DamagedRecord
from batou.records.reading import end_of, events_of, header_of
from batou.records.recorder import Recorder
from batou.report.events import Finished, Line


@pytest.fixture
def path(tmp_path):
    with Recorder("prod", "deploy", print, str(tmp_path)) as made:
        made.receive(Line("one"))
        made.receive(Finished("deploy", True, 0, 1.0))
    return made.path


def change(path, edit):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(edit(text))


def test_a_last_line_that_was_cut_is_left_out(path):
    change(path, lambda text: text[:-20])

    assert [recorded.event for recorded in events_of(path)] == [Line("one")]
    assert end_of(path) is None


@pytest.mark.parametrize(
    ("edit", "line", "why"),
    [
        (lambda text: "", 1, "a line is no JSON object"),
        (lambda text: "[1]\n" + text, 1, "a line is no JSON object"),
        (lambda text: text.replace('"record": 1', '"record": 7'), 1, "header of format 1"),
        (lambda text: text.replace('"user"', '"usr"'), 1, "its header lacks something"),
        (lambda text: text.replace('"event": "line"', '"event": "x"'), 2, "unknown kind of event"),
        (lambda text: text.replace('"at": ', '"at": "x", "ta": '), 2, "when it happened"),
        (lambda text: text.replace("one", 'one"'), 2, "a line is no JSON object"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(path, edit, line, why):
    change(path, edit)

    with pytest.raises(DamagedRecord, match=why) as caught:
        list(events_of(path))

    assert caught.value.line == line


def test_a_record_that_cannot_be_read_is_an_error(tmp_path):
    for read in (header_of, end_of, lambda path: list(events_of(path))):
        with pytest.raises(DamagedRecord, match="it cannot be read: is a directory"):
            read(str(tmp_path))


@given(
    st.binary()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda value: json.dumps(value).encode() + b"\n")
)
def test_whatever_follows_the_header_never_raises_anything_else(tmp_path_factory, garbage):
    with Recorder("prod", "deploy", print, str(tmp_path_factory.mktemp("runs"))) as made:
        pass
    with open(made.path, "ab") as file:
        file.write(garbage)

    try:
        list(events_of(made.path))
    except DamagedRecord:
        pass
    end_of(made.path)
