"""What requirements and locks ask for."""

import pytest

from batou.bundle.lock import Lock, Pin, Requirements, parse

LOCK = """\
# Made by batou with pip-compile
--index-url https://user:password@example.com/simple
jinja2==3.1.6 \\
    --hash=sha256:bb \\
    --hash=sha256:aa
    # via batou
Markup-Safe==2.0 ; python_version < "3.12"
markup_safe==3.0 ; python_version >= "3.12"
-e ./pkg
lib @ git+https://example.com/lib@main
"""


@pytest.mark.parametrize(
    "line, pin",
    [
        ("six", Pin("six")),
        ("Six>=1,<2", Pin("six")),
        ("six==1.16", Pin("six", "1.16")),
        ("six===1.16", Pin("six", "1.16")),
        ("requests[socks,a]==2", Pin("requests", "2", extras=("a", "socks"))),
        ("a @ https://x.org/a.zip#sha256=1", Pin("a", place="https://x.org/a.zip#sha256=1")),
        ("-e ./pkg", Pin(place="./pkg")),
        ("--editable=./pkg", Pin(place="./pkg")),
        (
            "-e ./pkg[fast, x] ; os_name == 'nt'",
            Pin(place="./pkg", extras=("fast", "x"), marker="os_name == 'nt'"),
        ),
        ("./pkg-1.0.whl", Pin(place="./pkg-1.0.whl")),
        (
            "-e git+https://x.org/a@1#egg=My_Lib",
            Pin("my-lib", place="git+https://x.org/a@1#egg=My_Lib"),
        ),
        ("--hash=sha256:1", None),
        ("-r other.txt", None),
        ("--find-links wheels", None),
    ],
)
def test_a_line_is_a_pin(line, pin):
    assert parse(line) == pin


def test_the_hashes_do_not_depend_on_their_order():
    assert Lock.of(LOCK).pins[0] == Pin("jinja2", "3.1.6", hashes=("sha256:aa", "sha256:bb"))


def test_of_several_versions_the_one_for_the_host_is_found(interpreter):
    lock = Lock.of(LOCK)

    found = lock.find("markup-safe", interpreter.markers)
    older = lock.find("markup-safe", {**interpreter.markers, "python_version": "3.11"})

    assert (found.version, older.version) == ("3.0", "2.0")
    assert lock.find("absent", interpreter.markers) is None


def test_pip_is_told_hashes_and_places():
    pins = Lock.of(LOCK).pins

    told = [pin.requirement for pin in pins]

    assert told[0] == "jinja2==3.1.6 --hash=sha256:aa --hash=sha256:bb"
    assert Pin("a", place="https://x.org/a.zip", hashes=("sha256:1",)).requirement == (
        "a @ https://x.org/a.zip --hash=sha256:1"
    )
    assert told[-2:] == ["./pkg", "lib @ git+https://example.com/lib@main"]


def test_extras_are_markers():
    pin = parse('a; extra == "socks"')

    assert not pin.applies({})
    assert pin.applies({}, ("socks",))


def test_requirements_are_what_people_wrote_without_batou(project):
    project.write("more.txt", "two\n")
    lines = ("batou>=3", "one", "-r more.txt", "--no-index", "-f wheels", "-e ./pkg")
    project.write("requirements.txt", "\n".join(lines))
    project.write("requirements.lock", "one==1\ntwo==2\n")
    (project.path / "wheels").mkdir()

    found = Requirements.read(str(project.path))

    assert found.wanted == (Pin("one"), Pin("two"), Pin(place="./pkg"))
    assert [pin.version for pin in found.lock.pins] == ["1", "2"]
    assert found.lock.options == ("--no-index", f"--find-links {project.path / 'wheels'}")


def test_the_lock_of_a_platform_wins(project):
    project.write("requirements.lock", "one==1\n")
    project.write("requirements-ubuntu.lock", "one==2\n")

    versions = [
        Requirements.read(str(project.path), platform).lock.pins[0].version
        for platform in ("", "ubuntu", "debian")
    ]

    assert versions == ["1", "2", "1"]


def test_a_project_may_have_neither(project):
    assert Requirements.read(str(project.path)) == Requirements((), Lock())
