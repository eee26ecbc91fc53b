"""`File`: what it is made of, which content it takes, in which order it acts."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component, RootComponent
from batou.errors import ConfigurationError, TemplatingError
from batou.lib.file import (
    BinaryFile,
    Content,
    Directory,
    File,
    Group,
    ManagedContentBase,
    Mode,
    Owner,
    Presence,
    Symlink,
)
from batou.report.output import Output
from batou.vfs import Map

Add = Callable[[Component], Any]
Deploy = Callable[..., Any]


def kinds(component: Component) -> list[str]:
    return [type(part).__name__ for part in component.sub_components]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# What it is made of


def test_parts_are_added_with_content_last(add: Add) -> None:
    file = add(File("f", content="x", mode=0o600, owner=os.getuid(), group=os.getgid()))

    assert kinds(file) == ["Presence", "Owner", "Group", "Mode", "Content"]


def test_only_what_is_given_is_managed(add: Add) -> None:
    assert kinds(add(File("f", content="x"))) == ["Presence", "Content"]


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        ({"content": "x"}, Presence),
        ({"ensure": "directory"}, Directory),
        ({"ensure": "symlink", "link_to": "y"}, Symlink),
    ],
)
def test_what_makes_the_path_exist_is_the_first_part(
    add: Add, arguments: dict[str, Any], first: type
) -> None:
    assert type(add(File("f", **arguments)).sub_components[0]) is first


def test_zero_is_an_owner_a_group_and_a_mode(add: Add) -> None:
    file = add(File("f", content="x", owner=0, group=0, mode=0))

    owner, group, mode = file.sub_components[1:4]
    assert (type(owner), owner.owner) == (Owner, 0)
    assert (type(group), group.group) == (Group, 0)
    assert (type(mode), mode.mode) == (Mode, 0)


def test_empty_text_is_no_owner_no_group_and_no_mode(add: Add) -> None:
    assert kinds(add(File("f", content="x", owner="", group="", mode=""))) == [
        "Presence",
        "Content",
    ]


def test_an_unknown_kind_of_path_is_refused(add: Add) -> None:
    with pytest.raises(ValueError, match=r"'folder'.*wanted 'file', 'directory' or 'symlink'"):
        add(File("f", ensure="folder"))


def test_a_link_without_destination_is_refused(add: Add) -> None:
    with pytest.raises(ValueError, match="link_to"):
        add(File("f", ensure="symlink"))


def test_a_bad_mode_is_refused_while_configuring(add: Add) -> None:
    with pytest.raises(ConfigurationError, match="rw-r--r--"):
        add(File("f", content="x", mode="u+x"))


# Paths


def test_a_relative_path_is_below_the_work_directory(add: Add, workdir: Path) -> None:
    file = add(File("a/../f", content="x"))

    assert file.path == str(workdir / "f")
    assert file._unmapped_path == "a/../f"


def test_a_path_object_will_do(deploy: Deploy, tmp_path: Path) -> None:
    file = deploy(File(tmp_path / "f", content="x"))

    assert file.path == str(tmp_path / "f")
    assert (tmp_path / "f").read_text() == "x"


def test_home_is_expanded(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")

    assert add(File("~/f", content="x")).path == "/home/me/f"


@pytest.fixture
def mapped(root: RootComponent, tmp_path: Path) -> Path:
    """Where ``/a`` lies; what is mapped twice ends up elsewhere."""
    rules = {"/a": f"{tmp_path}/a", str(tmp_path): "/mapped/twice"}
    root.environment.vfs_sandbox = Map(root.environment, rules)
    return tmp_path / "a"


def paths(root: RootComponent) -> set[str]:
    return {part.path for part in root.component.recursive_sub_components}


def test_no_part_maps_the_path_a_second_time(
    root: RootComponent, mapped: Path, tmp_path: Path
) -> None:

    root.component += File(
        "/a/d/f", content="x", mode=0o600, owner=os.getuid(), group=os.getgid(), leading=True
    )
    root.component += File("/a/l", ensure="symlink", link_to="/a/d/f", leading=True)
    root.component += File("/a/copy", ensure="directory", source=str(tmp_path), leading=True)

    assert [path for path in paths(root) if not path.startswith(str(mapped))] == []


def test_parts_that_a_subclass_adds_are_not_mapped_again(root: RootComponent, mapped: Path) -> None:
    class Executable(File):
        def configure(self) -> None:
            super().configure()
            self += Mode(self.path, mode=0o755)

    root.component += Executable("/a/f", content="x")

    assert paths(root) == {str(mapped / "f")}


def test_a_composite_of_a_deployment_is_not_mapped_twice(root: RootComponent, mapped: Path) -> None:
    class Checked(ManagedContentBase):
        def render(self) -> None:
            pass

    class NixFile(Component):
        namevar = "path"
        path: str

        def configure(self) -> None:
            self._unmapped_path = self.path
            self.path = self.map(self.path)
            self += Presence(self.path, leading=True)
            self += Mode(self.path, mode=0o644)
            self += Checked(self.path, content="x")

    root.component += NixFile("/a/d/f")
    root.component.deploy()

    assert paths(root) == {str(mapped / "d/f"), str(mapped / "d")}
    assert (mapped / "d/f").read_text() == "x"


def test_a_part_with_a_path_of_its_own_is_mapped(root: RootComponent, mapped: Path) -> None:
    class WithBackup(File):
        def configure(self) -> None:
            super().configure()
            self += Presence("/a/backup")

    root.component += WithBackup("/a/f", content="x")

    assert paths(root) == {str(mapped / "f"), str(mapped / "backup")}


# Which content it takes (Appendix A.1)


def test_content_is_the_file_of_the_same_name_beside_the_component(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "f").write_text("from file")

    file = deploy(File("sub/f", leading=True))

    assert file.source == str(defdir / "f")
    assert (workdir / "sub/f").read_text() == "from file"


def test_neither_content_nor_source_nor_such_a_file_is_refused(add: Add, defdir: Path) -> None:
    with pytest.raises(ValueError, match="content=''") as raised:
        add(File("f"))

    assert str(defdir / "f") in str(raised.value)


def test_source_is_relative_to_the_component(deploy: Deploy, defdir: Path, workdir: Path) -> None:
    (defdir / "f").write_text("of the same name")
    (defdir / "other").write_text("source")

    deploy(File("f", source="other"))

    assert (workdir / "f").read_text() == "source"


def test_a_source_may_be_absolute(deploy: Deploy, tmp_path: Path, workdir: Path) -> None:
    (tmp_path / "elsewhere").write_text("absolute")

    deploy(File("f", source=tmp_path / "elsewhere"))

    assert (workdir / "f").read_text() == "absolute"


@pytest.mark.parametrize("content", ["", b""])
def test_empty_content_asks_for_a_file_and_keeps_what_is_in_it(
    deploy: Deploy, workdir: Path, content: str | bytes
) -> None:
    (workdir / "app.log").write_text("was here")

    kept = deploy(File("app.log", content=content))
    made = deploy(File("new.log", content=content))

    assert not kept.changed
    assert (workdir / "app.log").read_text() == "was here"
    assert made.content == b""
    assert (workdir / "new.log").read_bytes() == b""


@pytest.mark.parametrize("content", ["", b""])
def test_empty_content_counts_as_not_given_beside_a_source(
    deploy: Deploy, defdir: Path, workdir: Path, content: str | bytes
) -> None:
    (defdir / "s").write_text("source")

    deploy(File("f", content=content, source="s"))

    assert (workdir / "f").read_text() == "source"


@pytest.mark.parametrize("content", ["text", b"bytes"])
def test_content_is_taken_literally(deploy: Deploy, workdir: Path, content: str | bytes) -> None:
    deploy(File("f", content=content))

    assert (workdir / "f").read_text() == (
        content if isinstance(content, str) else content.decode()
    )


def test_both_content_and_source_are_refused(add: Add, defdir: Path) -> None:
    (defdir / "s").write_text("source")

    with pytest.raises(ValueError, match="both content and source"):
        add(File("f", content="x", source="s"))


def test_a_source_may_appear_until_the_file_is_verified(
    root: RootComponent, defdir: Path, workdir: Path
) -> None:
    class Generate(Component):
        def verify(self) -> None:
            assert (defdir / "s").exists()

        def update(self) -> None:
            (defdir / "s").write_text("{{host.name}}")

    root.component += Generate()
    root.component += (file := File("f", source="s"))
    assert file.content is None

    root.component.deploy()

    assert (workdir / "f").read_text() == "localhost"
    assert file.content == b"localhost"


# Templates and encodings (Appendix A.2)


def test_content_is_a_template_for_the_component_that_adds_the_file(
    root: RootComponent, workdir: Path
) -> None:
    root.component.answer = 42
    root.component += File("f", content="{{component.answer}} on {{host.name}}\n")

    root.component.deploy()

    assert (workdir / "f").read_text() == "42 on localhost\n"


def test_another_component_may_be_the_context(root: RootComponent, workdir: Path) -> None:
    class Context(Component):
        answer = 43

    root.component |= (context := Context())
    root.component += File("f", content="{{component.answer}}", template_context=context)

    root.component.deploy()

    assert (workdir / "f").read_text() == "43"


def test_template_args_are_visible_as_args(deploy: Deploy, workdir: Path) -> None:
    deploy(File("f", content="{{args.foo}}", template_args={"foo": "bar"}))

    assert (workdir / "f").read_text() == "bar"


def test_the_generated_header_names_the_context(deploy: Deploy, workdir: Path) -> None:
    deploy(File("f", content="# {{batou_generated_header}}"))

    assert "MyComponent" in (workdir / "f").read_text()


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_the_newlines_at_the_end_are_those_of_the_source(
    deploy: Deploy, defdir: Path, workdir: Path, end: str
) -> None:
    (defdir / "f").write_text("{{host.name}}" + end)

    deploy(File("f"))

    assert (workdir / "f").read_text() == "localhost" + end


def test_lines_with_two_at_signs_are_statements(deploy: Deploy, workdir: Path) -> None:
    deploy(File("f", content="@@ if true\nyes\n@@ endif\n"))

    assert (workdir / "f").read_text() == "yes\n"


def test_text_that_is_no_template_stays_as_it_is(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "f").write_bytes(b"{{x}} @@ \xc3\xbc\r\n")

    file = deploy(File("f", is_template=False))

    assert (workdir / "f").read_bytes() == b"{{x}} @@ \xc3\xbc\r\n"
    assert file.content == b"{{x}} @@ \xc3\xbc\r\n"


def test_bytes_are_decoded_rendered_and_encoded(deploy: Deploy, workdir: Path) -> None:
    file = deploy(File("f", content=b"\xfc {{host.name}}", encoding="latin-1"))

    assert (workdir / "f").read_bytes() == b"\xfc localhost"
    assert file.content == b"\xfc localhost"


def test_content_after_configure_is_bytes(add: Add) -> None:
    assert add(File("f", content="ü{{1 + 1}}")).content == "ü2".encode()


def test_text_that_the_encoding_lacks_is_refused_while_configuring(add: Add) -> None:
    with pytest.raises(UnicodeEncodeError):
        add(File("f", content="ü", encoding="ascii"))


def test_a_text_source_that_is_no_text_is_named(add: Add, defdir: Path) -> None:
    (defdir / "f").write_bytes(b"\xff\x00")

    with pytest.raises(UnicodeDecodeError, match="BinaryFile") as raised:
        add(File("f"))

    assert str(defdir / "f") in str(raised.value)


def test_bytes_cannot_be_a_template(add: Add) -> None:
    with pytest.raises(TemplatingError, match="bytes"):
        add(File("f", content=b"x", encoding=None))


def test_a_template_that_fails_is_named_with_its_line_and_leaves_the_old_file(
    root: RootComponent, defdir: Path, workdir: Path
) -> None:
    (workdir / "f").write_text("old")
    (defdir / "f").write_text("fine\n{{component.nothing}}\n")

    with pytest.raises(TemplatingError) as raised:
        root.component += File("f")

    assert raised.value.template_identifier == str(defdir / "f")
    assert raised.value.line == 2
    assert (workdir / "f").read_text() == "old"


def test_a_template_with_a_syntax_error_is_named_with_its_line(add: Add, defdir: Path) -> None:
    (defdir / "f").write_text("fine\n\n{% if %}\n")

    with pytest.raises(TemplatingError) as raised:
        add(File("f"))

    assert (raised.value.template_identifier, raised.value.line) == (str(defdir / "f"), 3)


def test_a_template_in_the_code_is_named_by_its_component(add: Add) -> None:
    with pytest.raises(TemplatingError, match=r"Content\('f'\)"):
        add(File("f", content="{{nothing}}"))


# Binary files


def test_a_binary_file_is_copied_as_it_is(deploy: Deploy, defdir: Path, workdir: Path) -> None:
    (defdir / "f").write_bytes(b"{{x}}\xff\x00\r\n")

    deploy(BinaryFile("f"))

    assert (workdir / "f").read_bytes() == b"{{x}}\xff\x00\r\n"


def test_a_binary_file_takes_bytes(deploy: Deploy, workdir: Path) -> None:
    file = deploy(BinaryFile("f", content=b"{{x}}\xff"))

    assert file.content == b"{{x}}\xff"
    assert (workdir / "f").read_bytes() == b"{{x}}\xff"


def test_a_binary_file_with_text_is_refused(add: Add) -> None:
    with pytest.raises(TypeError, match="wanted bytes"):
        add(BinaryFile("f", content="text"))


def test_a_binary_file_may_be_empty(deploy: Deploy, workdir: Path) -> None:
    deploy(BinaryFile("f", content=""))

    assert (workdir / "f").read_bytes() == b""


def test_the_content_of_a_binary_file_is_read_when_asked_for_and_not_kept(
    add: Add, defdir: Path
) -> None:
    (defdir / "f").write_bytes(b"one")
    file = add(BinaryFile("f"))
    (defdir / "f").write_bytes(b"two")

    assert file.content == b"two"
    assert "content" not in vars(file)


def test_a_binary_file_that_is_right_is_left_alone(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "f").write_bytes(b"\xff" * 3_000_000)
    deploy(BinaryFile("f"))
    inode = (workdir / "f").stat().st_ino

    again = deploy(BinaryFile("f"))

    assert not again.changed
    assert (workdir / "f").stat().st_ino == inode


def test_a_large_binary_file_is_not_held_in_memory(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    import tracemalloc

    with (defdir / "f").open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()

    try:
        deploy(BinaryFile("f"))
        deploy(BinaryFile("f"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (workdir / "f").stat().st_size == 64 << 20
    assert peak < 8 << 20


def test_a_binary_source_may_appear_until_the_file_is_verified(
    root: RootComponent, defdir: Path, workdir: Path
) -> None:
    root.component += (file := BinaryFile("f", source="s"))
    assert file.content is None
    (defdir / "s").write_bytes(b"\xff")

    root.component.deploy()

    assert (workdir / "f").read_bytes() == b"\xff"
    assert file.content == b"\xff"


# What happens, in which order (Appendix A.3)


def test_the_first_deployment_makes_everything(deploy: Deploy, workdir: Path) -> None:
    file = deploy(
        File(
            "d/e/f",
            content="x",
            mode=0o640,
            owner=os.getuid(),
            group=os.getgid(),
            leading=True,
        )
    )

    assert file.changed
    assert (workdir / "d/e/f").read_text() == "x"
    assert mode_of(workdir / "d/e/f") == 0o640


def test_a_second_deployment_changes_nothing(deploy: Deploy) -> None:
    def file() -> File:
        return File("d/f", content="x", mode=0o640, leading=True)

    deploy(file())

    again = deploy(file())

    assert [part for part in again.recursive_sub_components if part.changed] == []
    assert not again.changed


def test_new_content_changes_content_only(deploy: Deploy, workdir: Path) -> None:
    deploy(File("f", content="x", mode=0o640))

    again = deploy(File("f", content="y", mode=0o640))

    assert [type(part) for part in again.sub_components if part.changed] == [Content]
    assert mode_of(workdir / "f") == 0o640


def test_a_new_mode_changes_the_mode_only(deploy: Deploy, workdir: Path) -> None:
    deploy(File("f", content="x", mode=0o640))

    again = deploy(File("f", content="x", mode=0o600))

    assert [type(part) for part in again.sub_components if part.changed] == [Mode]
    assert mode_of(workdir / "f") == 0o600


def test_a_read_only_file_gets_new_content(
    root: RootComponent, open_dir: Path, unprivileged: Callable[[], Any]
) -> None:
    path = str(open_dir / "f")
    root.component += (first := File(path, content="old", mode=0o400))
    root.component += (second := File(path, content="new", mode=0o400))

    with unprivileged():
        for part in [*first.sub_components, *second.sub_components]:
            try:
                part.verify()
            except AssertionError:
                part.update()

    assert (open_dir / "f").read_text() == "new"
    assert mode_of(open_dir / "f") == 0o400


def test_a_file_is_never_open_to_others_before_it_has_its_mode(
    root: RootComponent, workdir: Path
) -> None:
    modes = []

    class Look(Component):
        def verify(self) -> None:
            modes.append(oct(mode_of(workdir / "f")))

    root.component += (file := File("f", content="x", mode=0o604))
    file.sub_components.insert(1, look := Look())
    look.prepare(file)

    root.component.deploy()

    assert modes == ["0o600"]
    assert mode_of(workdir / "f") == 0o604


def test_a_new_sensitive_file_without_mode_is_closed_to_others(
    deploy: Deploy, workdir: Path
) -> None:
    deploy(File("f", content="x", sensitive_data=True))

    assert mode_of(workdir / "f") == 0o600


def test_a_sensitive_file_that_exists_keeps_its_mode(deploy: Deploy, workdir: Path) -> None:
    (workdir / "f").write_text("old")
    (workdir / "f").chmod(0o644)

    deploy(File("f", content="x", sensitive_data=True))

    assert mode_of(workdir / "f") == 0o644


@pytest.mark.parametrize("arguments", [{}, {"owner": os.getuid()}, {"group": os.getgid()}])
def test_a_new_file_without_mode_has_what_the_umask_leaves(
    deploy: Deploy, workdir: Path, arguments: dict[str, Any]
) -> None:
    before = os.umask(0o022)

    try:
        deploy(File("f", content="x", **arguments))
    finally:
        os.umask(before)

    assert mode_of(workdir / "f") == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_setuid_survives_a_change_of_owner(deploy: Deploy, workdir: Path) -> None:
    deploy(File("f", content="x", mode=0o4755))

    deploy(File("f", content="y", mode=0o4755, owner=1234, group=4321))

    status = (workdir / "f").stat()
    assert (status.st_uid, status.st_gid, mode_of(workdir / "f")) == (1234, 4321, 0o4755)


def test_no_temporary_file_stays_behind(deploy: Deploy, workdir: Path) -> None:
    deploy(File("f", content="x", mode=0o600))
    deploy(File("f", content="y", mode=0o600))
    deploy(File("l", ensure="symlink", link_to="f"))
    deploy(File("l", ensure="symlink", link_to="other"))

    assert sorted(os.listdir(workdir)) == ["f", "l"]


# Other kinds


def test_a_private_directory_is_made(deploy: Deploy, workdir: Path) -> None:
    deploy(File("a/b", ensure="directory", mode=0o700, leading=True))

    assert mode_of(workdir / "a/b") == 0o700


def test_a_directory_with_source_is_filled(deploy: Deploy, defdir: Path, workdir: Path) -> None:
    (defdir / "tree/sub").mkdir(parents=True)
    (defdir / "tree/sub/f").write_text("x")

    deploy(File("a/b", ensure="directory", source="tree", leading=True, mode=0o750))

    assert (workdir / "a/b/sub/f").read_text() == "x"
    assert mode_of(workdir / "a/b") == 0o750


def test_a_link_is_made_with_its_parents(deploy: Deploy, workdir: Path) -> None:
    deploy(File("a/l", ensure="symlink", link_to="f", leading=True))

    assert os.readlink(workdir / "a/l") == str(workdir / "f")


# Predicting


def test_predicting_a_new_file_writes_nothing(
    deploy: Deploy, workdir: Path, output: Output
) -> None:
    file = deploy(
        File("d/f", content="new\n", mode=0o600, owner=os.getuid(), leading=True),
        predict_only=True,
    )

    assert file.changed
    assert os.listdir(workdir) == []
    assert "  f +new" in output.backend.output  # type: ignore[attr-defined]  # the recording one


def test_predicting_a_changed_file_writes_nothing(
    deploy: Deploy, workdir: Path, root: RootComponent
) -> None:
    (workdir / "f").write_text("\n".join(map(str, range(500))))

    file = deploy(File("f", content="new\n", mode=0o600), predict_only=True)

    assert file.changed
    assert len((workdir / "f").read_text()) > 500
    assert os.listdir(workdir) == ["f"]
    assert os.listdir(root.environment.workdir_base) == [workdir.name]


def test_predicting_tells_why(deploy: Deploy, workdir: Path, output: Output) -> None:
    (workdir / "f").write_text("x")
    (workdir / "f").chmod(0o644)

    deploy(File("f", content="x", mode=0o600), predict_only=True)

    assert "mode is 0644, wanted 0600" in output.backend.output  # type: ignore[attr-defined]  # the recording one


def test_predicting_below_a_file_that_is_to_become_a_directory(
    deploy: Deploy, workdir: Path
) -> None:
    (workdir / "d").write_text("a file")

    file = deploy(
        File("d/f", content="x", mode=0o600, group=os.getgid(), leading=True), predict_only=True
    )

    assert all(part.changed for part in file.sub_components)
    assert (workdir / "d").read_text() == "a file"


# Names and times


def test_the_breadcrumb_is_relative_to_the_deployment(add: Add) -> None:
    assert add(File("f", content="x"))._breadcrumb == "File('work/mycomponent/f')"


def test_the_breadcrumb_of_a_path_elsewhere_is_absolute(add: Add) -> None:
    assert add(File("/etc/f", content="x"))._breadcrumb == "File('/etc/f')"


def test_the_parts_show_the_base_name_only(add: Add) -> None:
    file = add(File("/etc/f", content="x"))

    assert [part._breadcrumb for part in file.sub_components] == ["Presence('f')", "Content('f')"]


def test_a_file_that_was_never_added_has_a_name() -> None:
    assert File("a/f")._breadcrumb == "File('a/f')"
    assert Symlink("a/l")._breadcrumb == "Symlink('a/l')"
    assert repr(File("f")) == "<File (unattached) \"File('f')\">"


def test_last_updated_is_a_field_of_the_stat(deploy: Deploy, workdir: Path) -> None:
    file = deploy(File("f", content="x"))

    assert file.last_updated() == (workdir / "f").stat().st_mtime
    assert file.last_updated(key="st_size") == 1.0


def test_last_updated_of_a_missing_file_is_none(add: Add) -> None:
    assert add(File("d/f", content="x")).last_updated() is None


# As deployments use it


def test_a_subclass_may_fix_arguments(deploy: Deploy, workdir: Path) -> None:
    class Secret(File):
        mode = 0o400
        content = "fixed"

    deploy(Secret("f"))

    assert (workdir / "f").read_text() == "fixed"
    assert mode_of(workdir / "f") == 0o400


def test_a_subclass_may_make_its_content_before_it_is_configured(
    deploy: Deploy, workdir: Path
) -> None:
    class Greeting(File):
        def configure(self) -> None:
            self.content = "hello {{host.name}}"
            super().configure()

    file = deploy(Greeting("f"))

    assert (workdir / "f").read_text() == "hello localhost"
    assert file.content == b"hello localhost"


def test_path_as_keyword_is_refused_as_ever() -> None:
    with pytest.raises(ValueError, match="path"):
        File(path="f")
