"""What an interpreter reads at first: as small as it can be, and the same program."""

import ast
import inspect
import zlib

import pytest
from execnet import gateway_base

from batou.transport.bootstrap import bootstrap, without_words
from batou.transport.execnet import source_of

SOURCES = {
    "execnet": inspect.getsource(gateway_base),
    "stage zero": source_of("stage0"),
    "relay": source_of("relaying"),
    "tricky": 'def f():\n    """a\n    # b\n    """\n    # c\n    return """\n# d\n"""\n',
}


def code(source):
    """The program *source*, its docstrings left out, with its lines."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and (
                isinstance(value.value, str) or value.value == 0
            ):
                del body[0]
    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return ast.dump(tree), lines


@pytest.mark.parametrize("name", SOURCES)
def test_leaving_out_words_leaves_the_program_and_its_lines(name):
    assert code(without_words(SOURCES[name])) == code(SOURCES[name])


def test_what_is_sent_at_first_leaves_room_for_the_rest_in_20_kib():
    assert len(bootstrap(SOURCES["stage zero"], "main_thread_only")) < 18_500


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_left_can_be_compiled(name):
    compile(without_words(SOURCES[name]), name, "exec")


def test_its_length_is_said_first_and_even():
    sent = bootstrap(SOURCES["relay"], "thread")

    assert int(sent[:8]) == len(sent) - 8
    assert len(sent) % 2 == 0
    assert b"serve(io" in zlib.decompress(sent[8:])


def test_it_is_kept_for_the_next_run(tmp_path):
    first = bootstrap("1", "thread", str(tmp_path / "cache"))

    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.read_bytes() == first
