import grp
import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batou.component import Attribute, Component
from batou.errors import ConfigurationError, ConversionError, UpdateNeeded
from batou.lib.file import Group, Mode, Owner, convert_mode

Add = Callable[[Component], Any]
Deploy = Callable[..., Any]

ME = pwd.getpwuid(os.getuid()).pw_name
MY_GROUP = grp.getgrgid(os.getgid()).gr_name


@pytest.fixture
def target(workdir: Path) -> Path:
    path = workdir / "f"
    path.touch(0o644)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# Mode

MODES = [
    ("755", 0o755),
    ("0755", 0o755),
    ("0o755", 0o755),
    ("4755", 0o4755),
    ("1777", 0o1777),
    ("0", 0),
    ("rwxr-x---", 0o750),
    ("---------", 0),
    ("rwxrwxrwx", 0o777),
    ("rwsr-xr-x", 0o4755),
    ("rwSr--r--", 0o4644),
    ("rwxr-sr-x", 0o2755),
    ("rwxr-Sr-x", 0o2745),
    ("rwxrwxrwt", 0o1777),
    ("rwxrwxrwT", 0o1776),
    ("rwsrwsrwt", 0o7777),
]


@pytest.mark.parametrize(("text", "mode"), MODES)
def test_text_is_a_mode(text: str, mode: int) -> None:
    assert convert_mode(text) == mode


@pytest.mark.parametrize(("text", "mode"), MODES)
def test_a_mode_may_be_given_as_text(add: Add, text: str, mode: int) -> None:
    assert add(Mode("f", mode=text)).mode == mode


@pytest.mark.parametrize("mode", [0, 0o400, 0o755, 0o7777])
def test_a_mode_may_be_a_number(deploy: Deploy, target: Path, mode: int) -> None:
    deploy(Mode("f", mode=mode))

    assert mode_of(target) == mode


@pytest.mark.parametrize(
    "text",
    ["", "u+x", "888", "rwxr-x--", "rwxr-x----", "wrxr-x---", "rwtr-x---", "rwxr-x--s", "77777"],
)
def test_other_text_is_no_mode(add: Add, text: str) -> None:
    with pytest.raises(SyntaxError, match="wanted octal digits such as '0644'"):
        convert_mode(text)
    with pytest.raises(ConversionError, match="rw-r--r--") as raised:
        add(Mode("f", mode=text))

    assert raised.value.key == "mode"


@pytest.mark.parametrize("mode", [None, 6.44, True, b"644", -1, 0o10000])
def test_other_values_are_no_mode(add: Add, mode: Any) -> None:
    with pytest.raises(ConfigurationError, match="wanted"):
        add(Mode("f", mode=mode))


def test_a_mode_may_come_from_an_attribute_of_the_environment(deploy: Deploy, target: Path) -> None:
    class Service(Component):
        file_mode = Attribute(str, "0600")

        def configure(self) -> None:
            self += Mode("f", mode=self.file_mode)

    deploy(Service())

    assert mode_of(target) == 0o600


def test_the_right_mode_is_left_alone(deploy: Deploy, target: Path) -> None:
    assert not deploy(Mode("f", mode=0o644)).changed


def test_another_mode_is_a_reason(add: Add, target: Path) -> None:
    with pytest.raises(UpdateNeeded, match=r"^mode is 0644, wanted 4700$"):
        add(Mode("f", mode=0o4700)).verify()


def test_the_mode_of_a_missing_file_needs_an_update(add: Add) -> None:
    with pytest.raises(UpdateNeeded, match=r"^missing$"):
        add(Mode("d/f", mode=0o644)).verify()


def test_the_mode_of_a_directory_is_set(deploy: Deploy, workdir: Path) -> None:
    (workdir / "d").mkdir()

    deploy(Mode("d", mode=0o1770))

    assert mode_of(workdir / "d") == 0o1770


@pytest.mark.skipif(hasattr(os, "lchmod"), reason="links have modes here")
@pytest.mark.parametrize("destination", ["f", "nowhere"])
def test_a_link_has_no_mode(deploy: Deploy, workdir: Path, target: Path, destination: str) -> None:
    (workdir / "l").symlink_to(destination)

    assert not deploy(Mode("l", mode=0o600)).changed

    assert mode_of(target) == 0o644


# Owner and group


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (Owner, {"owner": os.getuid()}),
        (Owner, {"owner": ME}),
        (Owner, {"owner": str(os.getuid())}),
        (Group, {"group": os.getgid()}),
        (Group, {"group": MY_GROUP}),
        (Group, {"group": str(os.getgid())}),
    ],
)
def test_the_right_owner_or_group_is_left_alone(
    deploy: Deploy, target: Path, kind: type[Component], arguments: dict[str, Any]
) -> None:
    os.chown(target, os.getuid(), os.getgid())

    assert not deploy(kind("f", **arguments)).changed


@pytest.mark.parametrize(
    ("kind", "name", "current"),
    [(Owner, "owner", os.getuid()), (Group, "group", os.getgid())],
)
def test_another_owner_or_group_is_a_reason(
    add: Add, target: Path, kind: type[Component], name: str, current: int
) -> None:
    os.chown(target, os.getuid(), os.getgid())

    with pytest.raises(UpdateNeeded) as raised:
        add(kind("f", **{name: 54321})).verify()

    assert str(raised.value) == f"{name} is {current}, wanted 54321"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owner_and_group_are_set_one_by_one(deploy: Deploy, target: Path) -> None:
    deploy(Owner("f", owner=1234))
    deploy(Group("f", group=4321))

    assert (target.stat().st_uid, target.stat().st_gid) == (1234, 4321)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_zero_is_an_owner_and_a_group(deploy: Deploy, target: Path) -> None:
    os.chown(target, 1234, 4321)

    deploy(Owner("f", owner=0))
    deploy(Group("f", group=0))

    assert (target.stat().st_uid, target.stat().st_gid) == (0, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_name_is_shown_with_its_number(add: Add, target: Path) -> None:
    os.chown(target, 1234, 4321)

    with pytest.raises(UpdateNeeded, match=f"owner is 1234, wanted '{ME}' \\(0\\)"):
        add(Owner("f", owner=ME)).verify()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_links_are_followed(deploy: Deploy, workdir: Path, target: Path) -> None:
    (workdir / "l").symlink_to("f")

    deploy(Owner("l", owner=1234))

    assert target.stat().st_uid == 1234
    assert (workdir / "l").lstat().st_uid == os.getuid()


@pytest.mark.parametrize(
    "make", [lambda path: Owner(path, owner=ME), lambda path: Group(path, group=MY_GROUP)]
)
def test_what_a_missing_file_belongs_to_needs_an_update(
    add: Add, make: Callable[[str], Component]
) -> None:
    with pytest.raises(UpdateNeeded, match=r"^missing$"):
        add(make("d/f")).verify()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Owner("f", owner="batou-nobody"), "user 'batou-nobody'"),
        (lambda: Group("f", group="batou-nobody"), "group 'batou-nobody'"),
    ],
)
def test_unknown_names_are_errors_only_when_deploying(
    add: Add, target: Path, make: Callable[[], Component], what: str
) -> None:
    part = add(make())

    with pytest.raises(UpdateNeeded, match=f"{what} does not exist on this host yet"):
        part.verify(predicting=True)
    with pytest.raises(KeyError, match=f"{what} does not exist on this host"):
        part.verify()


@pytest.mark.parametrize("kind", [Owner, Group])
@pytest.mark.parametrize("value", [None, "", 1.5])
def test_other_values_own_nothing(add: Add, kind: type[Component], value: Any) -> None:
    name = kind.__name__.lower()

    with pytest.raises(ConfigurationError, match=f"^{name} is {value!r}, wanted the name of a"):
        add(kind("f", **{name: value}))
