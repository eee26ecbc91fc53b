"""Small projects that are configured with sh and built with make."""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from batou.component import RootComponent
from batou.errors import CmdExecutionError, UpdateNeeded
from batou.lib.archive import ArchiveError
from batou.lib.cmmi import Build, Configure, Make

pytestmark = pytest.mark.needs("make")

CONFIGURE = r"""#!/bin/sh
if [ -n "$FAIL" ]; then echo "no compiler" >&2; exit 77; fi
for word; do printf '[%s]' "$word"; done >> arguments
printf ' %s\n' "$FLAGS" >> arguments
for word; do case $word in --prefix=*) prefix=${word#--prefix=};; esac; done
printf 'FLAGS = %s\nPREFIX = %s\n' "$FLAGS" "$prefix" | cat - Makefile.in > Makefile
touch config.status
"""

MAKEFILE = """
program: source
\t(cat source; echo "$(FLAGS)") > program

install: program
\tmkdir -p "$(PREFIX)/bin"
\tcp program "$(PREFIX)/bin/program"
\techo "installed with [$$STYLE]" >> installed

clean:
\trm -f program
"""

FILES = {"configure": CONFIGURE, "Makefile.in": MAKEFILE, "source": "one\n"}


def archive(path: Path, files: dict[str, str] = FILES) -> str:
    """Pack *files*, long ago; returns the checksum."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"pkg-1.0/{name}")
            info.size, info.mtime = len(content), 1_000_000_000
            info.mode = 0o755 if name == "configure" else 0o644
            tar.addfile(info, io.BytesIO(content.encode()))
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def source(root: RootComponent) -> Path:
    """An unpacked project in the work directory."""
    path = Path(root.workdir, "source")
    path.mkdir()
    for name, content in FILES.items():
        (path / name).write_text(content)
    (path / "configure").chmod(0o755)
    return path


def deploy(root: RootComponent, *components: Any) -> list[bool]:
    """Which of *components*, added in place of earlier ones, changed."""
    root.component.sub_components.clear()
    for component in components:
        root.component += component
    root.component.deploy()
    return [component.changed for component in components]


def configured_with(source: Path) -> list[str]:
    return (source / "arguments").read_text().splitlines()


def test_build_installs_once(root: RootComponent, tmp_path: Path) -> None:
    checksum = archive(tmp_path / "pkg.tar.gz")
    uri = (tmp_path / "pkg.tar.gz").as_uri()

    first = deploy(root, Build(uri, checksum=checksum))
    second = deploy(root, Build(uri, checksum=checksum))

    assert (first, second) == ([True], [False])
    assert Path(root.workdir, "bin/program").read_text() == "one\n\n"


def odd(name: str, kind: bytes, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


@pytest.mark.parametrize(
    "info",
    [
        odd("/absolute", tarfile.REGTYPE),
        odd("pkg-1.0/../../../out", tarfile.REGTYPE),
        odd("pkg-1.0/link", tarfile.SYMTYPE, link="../../../.."),
        odd("pkg-1.0/link", tarfile.SYMTYPE, link="/etc"),
        odd("pkg-1.0/hard", tarfile.LNKTYPE, link="../../../secret"),
        odd("pkg-1.0/device", tarfile.CHRTYPE),
        odd("pkg-1.0/pipe", tarfile.FIFOTYPE),
        odd("pkg-1.0/bomb", tarfile.REGTYPE, size=4 << 20),
    ],
    ids=lambda info: info.name + info.linkname,
)
def test_build_of_a_hostile_archive_writes_nothing_elsewhere(
    root: RootComponent, tmp_path: Path, info: tarfile.TarInfo
) -> None:
    (tmp_path / "secret").write_text("secret")
    with tarfile.open(tmp_path / "pkg.tar.gz", "w:gz") as tar:
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    digest = hashlib.sha256((tmp_path / "pkg.tar.gz").read_bytes()).hexdigest()
    before = sorted(tmp_path.iterdir())

    with pytest.raises(ArchiveError):
        deploy(root, Build((tmp_path / "pkg.tar.gz").as_uri(), checksum=f"sha256:{digest}"))

    assert sorted(tmp_path.iterdir()) == before
    work = Path(root.workdir)
    assert sorted(path.name for path in work.rglob("*")) == ["pkg", "pkg.tar.gz"]


def test_new_release_of_the_same_name_is_built(root: RootComponent, tmp_path: Path) -> None:
    uri = (tmp_path / "pkg.tar.gz").as_uri()
    deploy(root, Build(uri, checksum=archive(tmp_path / "pkg.tar.gz")))
    checksum = archive(tmp_path / "pkg.tar.gz", {**FILES, "source": "two\n"})

    changed = deploy(root, Build(uri, checksum=checksum))

    assert changed == [True]
    assert Path(root.workdir, "bin/program").read_text() == "two\n\n"


def test_everything_reaches_configure_and_make(root: RootComponent, tmp_path: Path) -> None:
    checksum = archive(tmp_path / "pkg.tar.gz")
    build = Build(
        (tmp_path / "pkg.tar.gz").as_uri(),
        checksum=checksum,
        configure_args="--with-x='a b' --root={{component.workdir}} $FLAGS",
        prefix=str(tmp_path / "opt"),
        build_environment={"FLAGS": "-O2 -g", "STYLE": "loud"},
    )

    deploy(root, build)

    source = Path(root.workdir, "pkg")
    words = [f"--prefix={tmp_path}/opt", "--with-x=a b", f"--root={root.workdir}", "-O2", "-g"]
    assert configured_with(source) == ["".join(f"[{word}]" for word in words) + " -O2 -g"]
    assert (tmp_path / "opt/bin/program").read_text() == "one\n-O2 -g\n"
    assert (source / "installed").read_text() == "installed with [loud]\n"


def test_breadcrumb_of_build_hides_the_password(root: RootComponent) -> None:
    build = Build("https://me:secret@example.com/x.tar.gz", checksum="sha256:00")
    root.component += build

    assert build._breadcrumb == "Build('https://me:***@example.com/x.tar.gz')"


def test_prefix_is_the_work_directory_by_default(root: RootComponent, source: Path) -> None:
    deploy(root, Configure("source"))

    assert configured_with(source) == [f"[--prefix={root.workdir}] "]


def test_arguments_in_a_list_are_taken_as_they_are(root: RootComponent, source: Path) -> None:
    deploy(root, Configure("source", prefix="/x y", args=["--a=$HOME b", "{{c}}", "*"]))

    assert configured_with(source) == ["[--prefix=/x y][--a=$HOME b][{{c}}][*] "]


@pytest.mark.parametrize("args", ["--b", ["--a", "--b"], ""])
def test_changed_arguments_configure_and_make_again(
    root: RootComponent, source: Path, args: Any
) -> None:
    deploy(root, Configure("source", args="--a"), Make("source"))

    changed = deploy(root, Configure("source", args=args), Make("source"))

    assert changed == [True, True]
    assert len(configured_with(source)) == 2
    assert deploy(root, Configure("source", args=args), Make("source")) == [False, False]


def test_changed_prefix_configures_again(root: RootComponent, source: Path) -> None:
    deploy(root, Configure("source"))

    assert deploy(root, Configure("source", prefix="/opt")) == [True]


def test_changed_environment_reaches_what_was_built_before(
    root: RootComponent, source: Path
) -> None:
    deploy(root, Configure("source", build_environment={"FLAGS": "old"}), Make("source"))

    deploy(root, Configure("source", build_environment={"FLAGS": "new"}), Make("source"))

    assert Path(root.workdir, "bin/program").read_text() == "one\nnew\n"


def test_changed_environment_of_make_makes_again(root: RootComponent, source: Path) -> None:
    deploy(root, Configure("source"), Make("source", build_environment={"STYLE": "a"}))

    changed = deploy(root, Configure("source"), Make("source", build_environment={"STYLE": "b"}))

    assert changed == [False, True]
    assert (source / "installed").read_text().endswith("[b]\n")


def test_markers_keep_no_secrets(root: RootComponent, source: Path) -> None:
    environment = {"TOKEN": "s3cret"}

    deploy(
        root,
        Configure("source", args="--password=s3cret", build_environment=environment),
        Make("source", build_environment=environment),
    )

    for name in (".batou.config.success", ".batou.make.success"):
        assert "s3cret" not in (source / name).read_text()
        assert set(json.loads((source / name).read_text())) <= {"arguments", "environment"}


def test_empty_markers_of_2x_are_good(root: RootComponent, source: Path) -> None:
    deploy(root, Configure("source", args="--a"), Make("source"))
    for name in (".batou.config.success", ".batou.make.success"):
        (source / name).write_text("")

    changed = deploy(root, Configure("source", args="--b"), Make("source"))

    assert changed == [False, False]


@pytest.mark.parametrize(
    "name, wanted",
    [
        (".batou.config.success", [True, True]),
        ("config.status", [True, True]),
        (".batou.make.success", [False, True]),
    ],
)
def test_missing_marker_means_again(
    root: RootComponent, source: Path, name: str, wanted: list[bool]
) -> None:
    deploy(root, Configure("source"), Make("source"))
    (source / name).unlink()

    assert deploy(root, Configure("source"), Make("source")) == wanted


@pytest.mark.parametrize("name, wanted", [("configure", [True, True]), ("Makefile", [False, True])])
@pytest.mark.parametrize("how", ["the marker is older", "the file is newer"])
def test_marker_older_than_its_file_means_again(
    root: RootComponent, source: Path, name: str, wanted: list[bool], how: str
) -> None:
    deploy(root, Configure("source"), Make("source"))
    marker = {"configure": ".batou.config.success", "Makefile": ".batou.make.success"}[name]
    now = (source / marker).stat().st_mtime
    if how == "the marker is older":
        os.utime(source / name, (now - 10, now - 10))
        os.utime(source / marker, (now - 20, now - 20))
    else:
        os.utime(source / name, (now + 20, now + 20))

    with pytest.raises(UpdateNeeded, match=f"/{name}' is newer than "):
        root.component.sub_components[wanted.index(True)].verify()


def test_failed_configure_is_not_taken_for_done(root: RootComponent, source: Path) -> None:
    deploy(root, Configure("source"))
    failing = {"FAIL": "yes"}

    for _ in range(2):
        with pytest.raises(CmdExecutionError, match="configure") as caught:
            deploy(root, Configure("source", build_environment=failing))

    assert (caught.value.returncode, caught.value.stderr) == (77, "no compiler\n")
    assert not (source / ".batou.config.success").exists()


def test_failed_make_is_not_taken_for_done(root: RootComponent, source: Path) -> None:
    deploy(root, Configure("source"))
    (source / "source").unlink()

    with pytest.raises(CmdExecutionError, match="make install"):
        deploy(root, Configure("source"), Make("source"))

    assert not (source / ".batou.make.success").exists()
