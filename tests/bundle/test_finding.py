"""Packages as kinds of hosts need them: installed here, fetched, built, or without speed."""

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from batou.bundle.errors import PackageError
from batou.bundle.finding import Finder
from batou.bundle.installed import Installed
from batou.bundle.interpreter import Interpreter
from batou.bundle.lock import Lock, Pin, parse
from batou.bundle.tree import walk
from batou.bundle.wheels import Wheels

CP313 = "cp313-cp313-manylinux_2_17_aarch64"
FOREIGN = "cp38-cp38-manylinux_2_17_x86_64"


@pytest.fixture
def finder(project, interpreter):
    """Makes a finder for hosts that are not like this machine."""

    def make(lock="", kind=interpreter):
        here = str(project.path)
        return Finder(kind, Lock.of(lock), Wheels(project.cache, here), (here,))

    return make


def digest(path):
    return f"sha256:{hashlib.sha256(Path(path).read_bytes()).hexdigest()}"


def content(package):
    return {path: Path(package.base, path).read_text() for path in package.paths}


def without_index(monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "absent"))


# Installed here


def test_a_plain_package_is_taken_from_here(finder, install):
    site = install("plain", "1.5")

    package = finder().find(Pin("plain"))

    assert package.base == str(site)
    assert package.paths == ("plain-1.5.dist-info/METADATA", "plain.py")


def test_a_compiled_package_is_taken_from_here_if_its_tags_fit(finder, install):
    site = install("native", tag=CP313, files={"native.so": "compiled"})

    assert finder().find(Pin("native")).base == str(site)


def test_what_was_compiled_here_is_taken_for_hosts_of_the_same_kind(finder, install):
    here = Interpreter.here()
    site = install("native", tag=f"{here.tag}-{here.tag}-linux_{here.machine}",
                   files={"native.so": "compiled"})  # fmt: skip

    assert finder(kind=here).find(Pin("native")).base == str(site)
    with pytest.raises(PackageError):
        finder().find(Pin("native"))


@pytest.mark.parametrize("tag", ["py2-none-any", "cp38-cp38-manylinux_2_17_x86_64"])
def test_what_fits_no_python_of_the_kind_is_not_taken(finder, install, tag):
    install("odd", tag=tag)

    with pytest.raises(PackageError):
        finder(kind=Interpreter.here()).find(Pin("odd"))


def test_a_package_of_another_version_than_locked_is_not_taken(finder, install, index):
    install("plain", "1.5")
    index("plain", "1.6")

    package = finder("plain==1.6").find(Pin("plain"))

    assert package.version == "1.6"
    assert content(package)["plain.py"] == "VERSION = '1.6'\n"


def test_versions_are_compared_as_versions(finder, install):
    install("plain", "1.0")

    assert finder("plain==1").find(Pin("plain")).version == "1.0"


def test_a_package_that_was_changed_here_is_fetched(finder, install, index):
    site = install("plain")
    (site / "plain.py").write_text("VERSION = 'patched'\n")
    index("plain")

    assert content(finder().find(Pin("plain")))["plain.py"] == "VERSION = '1.0'\n"


@pytest.mark.parametrize("change", [lambda path: path.write_text("patched"), Path.unlink])
def test_if_that_cannot_be_had_the_changed_file_is_named(finder, install, change):
    change(install("plain") / "plain.py")

    with pytest.raises(PackageError) as raised:
        finder().find(Pin("plain"))

    assert ("Answer", "'plain.py' was changed after it was installed here") in raised.value.rows()


def test_what_only_describes_the_installation_is_not_taken(finder, install):
    site = install("plain")
    (site / "plain-1.0.dist-info/INSTALLER").write_text("pip")
    with open(site / "plain-1.0.dist-info/RECORD", "a") as record:
        record.write("plain-1.0.dist-info/INSTALLER,,\n__pycache__/plain.pyc,,\n../bin/plain,,\n")

    package = finder().find(Pin("plain"))

    assert package.paths == ("plain-1.0.dist-info/METADATA", "plain.py")


# Fetched


def test_the_wheel_for_the_host_is_fetched(finder, index):
    index("native", tag=CP313, files={"native.so": "right"})
    index("native", tag=FOREIGN, files={"native.so": "wrong"})

    package = finder("native==1.0").find(Pin("native"))

    assert content(package)["native.so"] == "right"


def test_the_wheel_for_the_newest_libc_is_fetched(finder, index, facts):
    index("native", tag=CP313, files={"native.so": "old"})
    index("native", tag=CP313.replace("2_17", "2_34"), files={"native.so": "new"})
    index("native", tag=CP313.replace("2_17", "2_39"), files={"native.so": "too new"})

    found = finder("native==1.0").find(Pin("native"))
    older = finder("native==1.0", Interpreter.of({**facts, "libc": ["glibc", "2.31"]}))

    assert content(found)["native.so"] == "new"
    assert content(older.find(Pin("native")))["native.so"] == "old"


def test_musl_gets_a_wheel_for_musl(finder, index, facts):
    index("native", tag=CP313, files={"native.so": "glibc"})
    index("native", tag="cp313-cp313-musllinux_1_2_aarch64", files={"native.so": "musl"})
    alpine = Interpreter.of({**facts, "libc": ["", ""]})

    package = finder("native==1.0", alpine).find(Pin("native"))

    assert content(package)["native.so"] == "musl"


def test_what_was_fetched_once_needs_no_index(finder, index, monkeypatch, tmp_path):
    index("native", tag=CP313, files={"native.so": "right"})
    first = finder("native==1.0").find(Pin("native"))
    without_index(monkeypatch, tmp_path)

    assert finder("native==1.0").find(Pin("native")) == first


def test_only_what_the_lock_knows_is_taken(finder, index):
    good = index("plain", "1.0")
    lock = f"plain==1.0 --hash={digest(good)}"
    index("plain", "1.0", files={"plain.py": "evil"})

    with pytest.raises(PackageError) as raised:
        finder(lock).find(Pin("plain"))

    assert "HASHES" in raised.value.rows()[1][1]


def test_what_the_lock_knows_is_taken(finder, index):
    lock = f"plain==1.0 --hash=sha256:{'0' * 64} --hash={digest(index('plain', '1.0'))}"

    assert finder(lock).find(Pin("plain")).version == "1.0"


def test_scripts_stay_and_libraries_of_both_kinds_come(finder, index):
    index(
        "odd",
        files={
            "odd-1.0.data/scripts/tool": "#!python",
            "odd-1.0.data/purelib/pure.py": "pure",
            "odd-1.0.data/platlib/native.so": "native",
            "odd-1.0.data/data/share/doc": "doc",
        },
    )

    package = finder("odd==1.0").find(Pin("odd"))

    assert package.paths == ("native.so", "odd-1.0.dist-info/METADATA", "pure.py")


def test_a_wheel_that_leads_elsewhere_writes_nothing(finder, index, tmp_path):
    with zipfile.ZipFile(index("evil"), "a") as archive:
        archive.writestr("../../../../evil.py", "evil")

    with pytest.raises(PackageError) as raised:
        finder("evil==1.0").find(Pin("evil"))

    assert "../../../../evil.py" in dict(raised.value.rows()[1:2])["Answer"]
    assert list(tmp_path.rglob("evil.py")) == []
    assert list((tmp_path / "project/.batou/cache/wheels").iterdir()) == []


@pytest.mark.parametrize("tag", ["py3-none-any", FOREIGN])
def test_a_version_that_needs_another_python_is_an_error(finder, install, tag):
    install("plain", tag=tag, python=">=3.14")

    with pytest.raises(PackageError) as raised:
        finder().find(Pin("plain"))

    assert raised.value.summary() == "package 'plain 1.0' needs Python >=3.14"
    assert raised.value.rows() == [("Hosts", "cp313 manylinux_2_36_aarch64")]


# Without speed


@pytest.mark.parametrize("name", ["markupsafe", "pyyaml"])
def test_packages_that_are_only_faster_compiled_are_shipped_without(finder, name):
    package = finder().find(Pin(name))

    assert package.name == name
    assert not [path for path in package.paths if path.endswith(".so")]
    assert [path for path in package.paths if path.endswith("__init__.py")]


def test_the_compiled_part_is_shipped_if_there_is_one(finder, index):
    index("markupsafe", "9.0", CP313, files={"markupsafe/_speedups.so": "compiled"})

    package = finder("markupsafe==9.0").find(Pin("markupsafe"))

    assert "markupsafe/_speedups.so" in package.paths


def test_the_plain_part_may_come_from_a_wheel_for_this_machine(finder, index):
    here = Interpreter.here()
    files = {"markupsafe/__init__.py": "", "markupsafe/_speedups.so": "compiled"}
    index("markupsafe", "9.0", f"{here.tag}-{here.tag}-{next(here.platforms())}", files=files)

    package = finder("markupsafe==9.0").find(Pin("markupsafe"))

    assert package.paths == ("markupsafe-9.0.dist-info/METADATA", "markupsafe/__init__.py")


def test_that_there_is_no_wheel_is_remembered_for_a_day(finder, index, project):
    before = finder().find(Pin("markupsafe"))
    index("markupsafe", before.version, CP313, files={"markupsafe/_speedups.so": "compiled"})
    again = finder().find(Pin("markupsafe"))
    for path in (project.path / ".batou/cache/wanted").iterdir():
        os.utime(path, (1, 1))

    later = finder().find(Pin("markupsafe"))

    assert again == before
    assert "markupsafe/_speedups.so" in later.paths


# No wheel


def test_a_compiled_package_without_a_wheel_is_an_error(finder, index, install):
    install("native", tag=FOREIGN, files={"native.so": "compiled"})
    index("native", tag=FOREIGN, files={"native.so": "compiled"})

    with pytest.raises(PackageError) as raised:
        finder().find(Pin("native"))

    assert raised.value.summary() == (
        "package 'native 1.0' has no wheel for cp313 manylinux_2_36_aarch64"
    )
    assert "--find-links" in raised.value.hint()
    assert "No matching distribution" in dict(raised.value.rows())["Answer"]


def test_a_package_that_nobody_has_is_an_error(finder):
    with pytest.raises(PackageError) as raised:
        finder("other==1.0").find(Pin("absent"), asked_by="app 2.0")

    assert raised.value.summary() == (
        "package 'absent' is needed by app 2.0, but requirements.lock does not have it"
    )


def test_without_a_lock_what_is_not_installed_is_an_error(finder):
    with pytest.raises(PackageError) as raised:
        finder().find(Pin("absent"))

    assert raised.value.summary() == "package 'absent' is required, but not installed here"
    assert "batou lock" in raised.value.hint()


# Built


def test_an_editable_package_is_built(finder, package, project, output):
    directory = package(project.path / "pkg", "mine", "1.2")
    (directory / "mine.py").chmod(0o700)
    before = set(walk(str(directory)))

    found = finder("-e ./pkg").find(parse("-e ./pkg"))

    assert (found.name, found.version) == ("mine", "1.2")
    assert content(found)["mine.py"] == "VERSION = '1.2'\n"
    assert os.stat(os.path.join(found.base, "mine.py")).st_mode & 0o777 == 0o755
    assert "Building pkg" in output.backend.output
    assert set(walk(str(directory))) == before


def test_it_is_built_once_until_it_changes(finder, package, project, output):
    directory = package(project.path / "pkg", "mine")
    first = finder().find(parse("-e ./pkg"))
    again = finder().find(parse("./pkg"))
    (directory / "mine.py").write_text("VERSION = 'changed'\n")

    changed = finder().find(parse("-e ./pkg"))

    assert again == first
    assert content(changed)["mine.py"] == "VERSION = 'changed'\n"
    assert output.backend.output.count("Building") == 2


def test_products_of_earlier_builds_do_not_matter(finder, package, project):
    directory = package(project.path / "pkg", "mine")
    first = finder().find(parse("./pkg"))
    for name in ("build/lib/old.py", "mine.egg-info/PKG-INFO", "dist/mine-1.0.tar.gz"):
        (directory / name).parent.mkdir(parents=True)
        (directory / name).write_text("")

    assert finder().find(parse("./pkg")) == first


def test_if_the_project_itself_is_a_package_its_state_does_not_matter(finder, package, project):
    shutil.copytree(package(project.path / "pkg", "mine"), project.path, dirs_exist_ok=True)
    first = finder().find(parse("-e ."))
    project.write("work/hello/data", "state")
    project.write("environments/prod/secrets.cfg.age", "private")

    assert finder().find(parse("-e .")) == first


def test_the_version_of_the_build_tool_does_not_matter(finder, package, project):
    package(project.path / "one", "mine", generator="tool 1")
    package(project.path / "two", "mine", generator="tool 2")

    one, two = (finder().find(parse(place)) for place in ("./one", "./two"))

    assert content(one) == content(two)
    assert one.base != two.base


def test_an_editable_package_of_which_only_the_name_is_known_is_built(
    finder, package, tmp_path, install
):
    directory = package(tmp_path / "src with blank", "mine", "2.0")
    site = install("mine", "2.0", files={"__editable__mine.pth": str(directory)})
    (site / "mine-2.0.dist-info/direct_url.json").write_text(
        f'{{"url": "{directory.as_uri()}", "dir_info": {{"editable": true}}}}'
    )

    found = finder("mine==2.0").find(Pin("mine"))

    assert "mine.py" in found.paths
    assert found.base != str(site)


def test_the_files_of_the_revision_are_used_if_there_is_one(
    project, package, interpreter, tmp_path
):
    package(project.path / "pkg", "mine", "2.0")
    revision = tmp_path / "revision"
    package(revision / "pkg", "mine", "1.0")
    wheels = Wheels(project.cache, str(project.path))
    finder = Finder(interpreter, Lock(), wheels, (str(revision), str(project.path)))

    for place in ("./pkg", f"file:{project.path}/pkg"):
        assert finder.find(Pin(place=place)).version == "1.0"


def test_a_local_package_that_must_be_compiled_is_an_error(finder, package, project):
    package(project.path / "pkg", "mine", tag="cp38-cp38-linux_x86_64")

    with pytest.raises(PackageError) as raised:
        finder().find(parse("-e ./pkg"))

    assert (
        raised.value.summary() == "package 'mine 1.0' has no wheel for cp313 manylinux_2_36_aarch64"
    )
    assert ("Built", "for cp38-cp38-linux_x86_64") in raised.value.rows()


def test_a_local_package_that_cannot_be_built_is_an_error(finder, package, project):
    directory = package(project.path / "pkg", "mine")
    (directory / "backend.py").write_text("raise SystemError('no such tool')\n")

    with pytest.raises(PackageError, match="'pkg' cannot be built") as raised:
        finder().find(parse("-e ./pkg"))

    assert raised.value.rows()[1][1]


def test_a_local_package_that_is_gone_is_an_error(finder):
    with pytest.raises(PackageError, match=r"'\./pkg' is not there"):
        finder().find(parse("-e ./pkg"))


def test_a_wheel_in_the_project_is_used(finder, index, project):
    os.rename(index("plain", "3.0"), project.path / "plain-3.0-py3-none-any.whl")

    assert finder().find(parse("./plain-3.0-py3-none-any.whl")).version == "3.0"


def test_a_package_from_a_repository_is_built(finder, package, tmp_path):
    directory = package(tmp_path / "lib", "mine", "4.0")
    for words in (["init"], ["add", "--all"], ["commit", "--message", "mine"]):
        subprocess.run(["git", *words], cwd=directory, check=True, capture_output=True)

    found = finder().find(parse(f"mine @ git+file://{directory}"))

    assert found.version == "4.0"
    assert "Summary" not in content(found)["mine-4.0.dist-info/METADATA"]


def test_a_package_from_a_repository_is_taken_from_here_if_it_is_plain(finder, install):
    site = install("mine", "4.0")
    (site / "mine-4.0.dist-info/direct_url.json").write_text(
        '{"url": "https://example.com/mine", "vcs_info": {"vcs": "git", "commit_id": "1"}}'
    )

    for line in ("mine @ git+https://example.com/mine@main", "git+https://example.com/mine"):
        assert finder().find(parse(line)).base == str(site)
    assert Installed.find_from("git+https://example.com/mine-too") is None


def test_a_source_distribution_is_built(finder, package, tmp_path):
    directory = package(tmp_path / "mine-5.0", "mine", "5.0")
    (directory / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 5.0\n")
    subprocess.run(
        ["tar", "-czf", str(tmp_path / "wheels/mine-5.0.tar.gz"), "mine-5.0"],
        cwd=tmp_path,
        check=True,
    )

    assert finder("mine==5.0").find(Pin("mine")).version == "5.0"
