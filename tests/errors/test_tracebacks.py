"""Of a traceback, people see what they can act on."""

import os

import pytest

from batou.errors.tracebacks import (
    frame_rows,
    prepare_error,
    prepare_traceback,
    prepare_traceback_from_stack,
    shown_path,
    stack_frame,
    user_frames,
)
from batou.template import engine


def caught(function, *args):
    with pytest.raises(Exception) as caught:
        function(*args)
    return caught.value


def outer():
    inner()


def inner():
    raise ValueError("broken")


def test_the_innermost_frame_comes_first_with_those_that_called_it():
    frames = user_frames(caught(outer).__traceback__)
    rows = dict(frame_rows(frames))

    assert rows["Where"].endswith(" in inner")
    assert rows["Code"] == 'raise ValueError("broken")'
    assert " in outer" in rows["Called from"].splitlines()[0]


def test_frames_of_batou_are_left_out():
    def render():
        return engine().expand("{{f()}}", {"f": inner})

    frames = user_frames(caught(render).__cause__.__traceback__)

    batou = os.path.join("batou", "template.py")
    assert not any(frame.path.endswith(batou) for frame in frames)
    assert frames[-1].function == "inner"


def test_frames_of_the_component_library_are_kept():
    from batou.lib.file import Mode
    from batou.lib.file.permissions import convert_mode

    assert Mode
    frames = user_frames(caught(convert_mode, "nope").__traceback__)

    assert frames[-1].path.endswith("permissions.py")


def test_all_frames_are_shown_as_text():
    text = prepare_traceback(caught(outer).__traceback__)

    assert text.count("test_tracebacks.py") == 4 or " in inner" in text
    assert "    raise ValueError" in text


def test_no_frames_at_all_is_said():
    assert prepare_traceback(None) == "<no code outside of batou was involved>"
    assert frame_rows([]) == []


def test_the_running_code_can_be_shown():
    frame = stack_frame()

    assert frame.function == "test_the_running_code_can_be_shown"
    assert "test_the_running_code_can_be_shown" in prepare_traceback_from_stack()


@pytest.mark.parametrize(
    "error, text",
    [
        (ValueError("x"), "ValueError: x"),
        (ValueError(), "ValueError"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_an_exception_is_its_type_and_text(error, text):
    assert prepare_error(error) == text


def test_paths_below_the_current_directory_are_short(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert shown_path(str(tmp_path / "a" / "b.py")) == os.path.join("a", "b.py")
    assert shown_path("/somewhere/else.py") == "/somewhere/else.py"
    assert shown_path("<string>") == "<string>"
