"""`ManagedContentBase` and `Content` on their own, and what is shown of a change (Appendix A.4)."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component, RootComponent
from batou.errors import UpdateNeeded
from batou.lib.file import Content, ManagedContentBase

Add = Callable[[Component], Any]
Deploy = Callable[..., Any]


def shown(lines: Any) -> list[str]:
    """The lines of a diff, without the names of components."""
    return [line for line, _ in lines.lines if line.startswith("  ")]


# A.4, row by row


def test_equal_bytes_need_no_update(deploy: Deploy, workdir: Path, lines: Any) -> None:
    (workdir / "f").write_bytes(b"x")

    assert not deploy(Content("f", content="x")).changed
    assert shown(lines) == []


def test_other_text_is_shown_as_a_diff(deploy: Deploy, workdir: Path, lines: Any) -> None:
    (workdir / "f").write_text("same\n\nold\n")

    assert deploy(Content("f", content="same\n\nnew\n")).changed

    assert shown(lines) == [
        "  f --- ",
        "  f +++ ",
        "  f @@ -1,3 +1,3 @@",
        "  f  same",
        "  f -old",
        "  f +new",
    ]
    assert lines.colours_of("  f -old") == {"red"}
    assert lines.colours_of("  f --- ") == {"red"}
    assert lines.colours_of("  f +new") == {"green"}
    assert lines.colours_of("  f  same") == set()
    assert (workdir / "f").read_text() == "same\n\nnew\n"


def test_a_short_diff_is_kept_nowhere(deploy: Deploy, workdir: Path, root: RootComponent) -> None:
    (workdir / "f").write_text("old")

    deploy(Content("f", content="new"))

    assert os.listdir(root.environment.workdir_base) == [workdir.name]


def test_a_missing_file_is_compared_with_an_empty_one(
    deploy: Deploy, workdir: Path, lines: Any
) -> None:
    deploy(Content("f", content="a\nb\n"))

    assert "  f @@ -0,0 +1,2 @@" in shown(lines)
    assert (workdir / "f").read_text() == "a\nb\n"


def test_a_missing_file_needs_an_update_even_if_it_is_to_be_empty(
    deploy: Deploy, workdir: Path, lines: Any
) -> None:
    assert deploy(Content("f", content="")).changed

    assert (workdir / "f").read_bytes() == b""
    assert shown(lines) == []


def test_the_content_of_a_directory_is_unknown(add: Add, workdir: Path, lines: Any) -> None:
    content = add(Content("f", content="x"))
    (workdir / "f").mkdir()

    with pytest.raises(UpdateNeeded, match="content is unknown: Is a directory"):
        content.verify()

    assert shown(lines) == ["  f: its content is unknown: Is a directory"]


def test_the_content_of_a_closed_file_is_unknown(
    add: Add, open_dir: Path, unprivileged: Callable[[], Any]
) -> None:
    content = add(Content(str(open_dir / "f"), content="x"))

    with unprivileged():
        (open_dir / "f").touch(0o000)
        with pytest.raises(UpdateNeeded, match="content is unknown: Permission denied"):
            content.verify()


@pytest.mark.parametrize("where", ["content", "source"])
def test_binary_content_is_not_shown(
    deploy: Deploy, workdir: Path, defdir: Path, lines: Any, where: str
) -> None:
    (workdir / "f").write_bytes(b"old")
    (defdir / "s").write_bytes(b"new")
    given: dict[str, Any] = {"content": b"new"} if where == "content" else {"source": "s"}

    deploy(Content("f", encoding=None, is_template=False, **given))

    assert shown(lines) == ["  f is binary, its diff is not shown"]
    assert lines.colours_of(shown(lines)[0]) == {"yellow"}
    assert (workdir / "f").read_bytes() == b"new"


def test_sensitive_content_is_not_shown(
    deploy: Deploy, workdir: Path, lines: Any, root: RootComponent
) -> None:
    (workdir / "f").write_text("old\n" * 500)

    deploy(Content("f", content="new\n" * 500, sensitive_data=True))

    assert shown(lines) == ["  f is sensitive, its diff is not shown"]
    assert lines.colours_of(shown(lines)[0]) == {"red"}
    assert os.listdir(root.environment.workdir_base) == [workdir.name]


def test_sensitive_binary_content_is_called_sensitive(
    deploy: Deploy, defdir: Path, lines: Any
) -> None:
    (defdir / "f").write_bytes(b"new")

    deploy(Content("f", encoding=None, is_template=False, sensitive_data=True))

    assert shown(lines) == ["  f is sensitive, its diff is not shown"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x", "password hunter2"),
        ("x", "url = mysql://app:hunter2@db/app"),
        ("x", 'PASSWORD="hunter2";'),
        ("key=hunter2", "x"),
    ],
)
def test_a_change_with_a_secret_in_it_is_not_shown(
    deploy: Deploy, workdir: Path, lines: Any, root: RootComponent, old: str, new: str
) -> None:
    root.environment.secret_data = {"hunter2"}
    (workdir / "f").write_text(old + "\n" * 300)

    deploy(Content("f", content=new + "\n" * 300))

    assert len(shown(lines)) == 1
    assert "contains a secret" in shown(lines)[0]
    assert lines.colours_of(shown(lines)[0]) == {"red"}
    assert os.listdir(root.environment.workdir_base) == [workdir.name]


@pytest.mark.parametrize("secret", ["-", "yes", "", "   "])
def test_short_secrets_do_not_hide_a_change(
    deploy: Deploy, lines: Any, root: RootComponent, secret: str
) -> None:
    root.environment.secret_data = {secret}

    deploy(Content("f", content="- yes    \n"))

    assert "  f +- yes    " in shown(lines)


def test_content_that_is_declared_harmless_is_shown(
    deploy: Deploy, lines: Any, root: RootComponent
) -> None:
    root.environment.secret_data = {"hunter2"}

    deploy(Content("f", content="not hunter2", sensitive_data=False))

    assert "  f +not hunter2" in shown(lines)


def test_a_long_change_with_a_secret_is_kept_nowhere_even_if_shown(
    deploy: Deploy, workdir: Path, root: RootComponent
) -> None:
    root.environment.secret_data = {"hunter2"}

    deploy(Content("f", content="hunter2\n" * 300, sensitive_data=False))

    assert os.listdir(root.environment.workdir_base) == [workdir.name]


def test_a_source_that_is_still_missing_is_an_error(deploy: Deploy, defdir: Path) -> None:
    with pytest.raises(FileNotFoundError, match="source") as raised:
        deploy(Content("f", source="s"))

    assert raised.value.filename == str(defdir / "s")


@pytest.mark.parametrize("arguments", [{}, {"encoding": None, "is_template": False}])
def test_a_source_that_is_missing_while_predicting_needs_an_update(
    add: Add, defdir: Path, arguments: dict[str, Any]
) -> None:
    content = add(Content("f", source="s", **arguments))

    with pytest.raises(UpdateNeeded) as raised:
        content.verify(predicting=True)

    assert str(raised.value) == f"its source {str(defdir / 's')!r} does not exist yet"


# Long diffs


def test_a_long_diff_is_cut_and_kept_in_full(
    deploy: Deploy, workdir: Path, lines: Any, root: RootComponent
) -> None:
    deploy(Content("f", content="".join(f"{n}\n" for n in range(300))))

    (log,) = (Path(root.environment.workdir_base) / ".batou-diffs").iterdir()
    note, *diff = shown(lines)
    assert str(log) in note
    assert diff[0] == "  f --- "
    assert diff[49:52] == ["  f +46", "  f ...", "  f +250"]
    assert diff[-1] == "  f +299"
    assert len(diff) == 101
    assert log.read_text().splitlines()[3:] == [f"+{n}" for n in range(300)]
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o777 == 0o700


def test_a_diff_at_the_limit_is_shown_in_full(deploy: Deploy, lines: Any) -> None:
    deploy(Content("f", content="".join(f"{n}\n" for n in range(197))))

    assert len(shown(lines)) == 200


def test_a_subclass_may_show_less(deploy: Deploy, lines: Any) -> None:
    class Short(Content):
        _max_diff = 4
        _max_diff_lead = 1

    deploy(Short("f", content="a\nb\nc\n"))

    assert shown(lines)[1:] == ["  f --- ", "  f ...", "  f +c"]


def test_a_long_diff_is_not_kept_while_predicting(
    deploy: Deploy, workdir: Path, lines: Any, root: RootComponent
) -> None:
    deploy(Content("f", content="x\n" * 300), predict_only=True)

    assert "  f ..." in shown(lines)
    assert os.listdir(root.environment.workdir_base) == [workdir.name]


def test_the_newest_twenty_diffs_are_kept(
    deploy: Deploy, workdir: Path, root: RootComponent
) -> None:
    logs = Path(root.environment.workdir_base) / ".batou-diffs"
    logs.mkdir()
    for age in range(25):
        (logs / f"tmp{age}.diff").touch()
        os.utime(logs / f"tmp{age}.diff", (1000 - age, 1000 - age))

    deploy(Content("f", content="x\n" * 300))

    kept = {path.name for path in logs.iterdir()}
    assert len(kept) == 20
    assert {f"tmp{age}.diff" for age in range(19)} < kept


def test_a_diff_that_cannot_be_kept_does_not_stop_the_deployment(
    deploy: Deploy, workdir: Path, root: RootComponent
) -> None:
    (Path(root.environment.workdir_base) / ".batou-diffs").touch()

    deploy(Content("f", content="x\n" * 300))

    assert (workdir / "f").read_text() == "x\n" * 300


def test_very_large_texts_are_not_compared_line_by_line(
    deploy: Deploy, workdir: Path, lines: Any
) -> None:
    (workdir / "f").write_text("x\n" * 600_000)

    deploy(Content("f", content="y\n"))

    assert shown(lines) == ["  f is too large to show its diff"]
    assert (workdir / "f").read_text() == "y\n"


def test_what_does_not_decode_is_shown_with_replacements(
    deploy: Deploy, workdir: Path, lines: Any
) -> None:
    (workdir / "f").write_bytes(b"\xff\n")

    deploy(Content("f", content="x\n"))

    assert "  f -\N{REPLACEMENT CHARACTER}" in shown(lines)


# On its own


def test_the_source_of_a_bare_content_is_the_file_of_the_same_path_beside_the_component(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "sub").mkdir()
    (defdir / "sub/f").write_text("x")
    (workdir / "sub").mkdir()

    deploy(Content("sub/f"))

    assert (workdir / "sub/f").read_text() == "x"


def test_the_source_of_an_absolute_path_has_the_same_name_beside_the_component(
    deploy: Deploy, defdir: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (defdir / "f").write_text("x")

    deploy(Content(str(tmp_path / "elsewhere/f")))

    assert (tmp_path / "elsewhere/f").read_text() == "x"


def test_a_bare_content_makes_no_directories(deploy: Deploy, workdir: Path) -> None:
    with pytest.raises(FileNotFoundError, match="leading=True"):
        deploy(Content("d/f", content="x"))


def test_a_new_sensitive_file_is_closed_to_others(deploy: Deploy, workdir: Path) -> None:
    deploy(Content("f", content="x", sensitive_data=True))

    assert (workdir / "f").stat().st_mode & 0o777 == 0o600


def test_content_is_written_through_a_link(deploy: Deploy, workdir: Path) -> None:
    (workdir / "real").write_text("old")
    (workdir / "f").symlink_to("real")

    deploy(Content("f", content="new"))

    assert (workdir / "f").is_symlink()
    assert (workdir / "real").read_text() == "new"


def test_diffs_belong_below_the_work_directories(add: Add, root: RootComponent) -> None:
    content = add(Content("f", content="x"))

    assert content.diff_dir == os.path.join(root.environment.workdir_base, ".batou-diffs")


# Subclasses, as deployments write them


def test_a_subclass_turns_content_into_its_final_form(deploy: Deploy, workdir: Path) -> None:
    class Shouted(ManagedContentBase):
        def render(self) -> None:
            assert isinstance(self.content, str)
            self.content = self.content.upper()

    content = deploy(Shouted("f", content=b"hello"))

    assert content.content == b"HELLO"
    assert (workdir / "f").read_bytes() == b"HELLO"


def test_a_subclass_renders_its_source(deploy: Deploy, defdir: Path, workdir: Path) -> None:
    class Doubled(ManagedContentBase):
        def render(self) -> None:
            assert isinstance(self.content, bytes)
            self.content *= 2

    (defdir / "f").write_bytes(b"ab")

    deploy(Doubled("f", encoding=None))

    assert (workdir / "f").read_bytes() == b"abab"


def test_a_subclass_may_look_at_what_is_going_to_be_written(deploy: Deploy, workdir: Path) -> None:
    checked = []

    class Checked(ManagedContentBase):
        def render(self) -> None:
            pass

        def verify(self, predicting: bool = False) -> None:
            try:
                super().verify(predicting)
            except UpdateNeeded:
                checked.append((self.content, predicting))
                raise

    deploy(Checked("f", content="x"), predict_only=True)
    deploy(Checked("f", content="x"))
    deploy(Checked("f", content="x"))

    assert checked == [(b"x", True), (b"x", False)]
    assert (workdir / "f").read_text() == "x"


def test_a_subclass_of_content_that_renders_bytes_is_not_bypassed(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    class Reversed(Content):
        is_template = False
        encoding = None

        def render(self) -> None:
            assert isinstance(self.content, bytes)
            self.content = self.content[::-1]

    (defdir / "f").write_bytes(b"abc")

    deploy(Reversed("f"))

    assert (workdir / "f").read_bytes() == b"cba"
