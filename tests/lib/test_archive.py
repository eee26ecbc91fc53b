"""Archives as people make them, and as nobody should."""

import bz2
import gzip
import io
import json
import lzma
import os
import shutil
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batou.component import RootComponent
from batou.errors import ConfigurationError, UpdateNeeded
from batou.lib.archive import ArchiveError, DMGExtractor, Extract, Untar, Unzip
from batou.lib.archive.writer import placed

MTIME = 1_000_000_000


def member(name: str, content: bytes | None = None, **kw: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type = tarfile.REGTYPE if content is not None else tarfile.DIRTYPE
    info.mode = 0o644 if content is not None else 0o755
    info.size = len(content or b"")
    info.mtime = MTIME
    for key, value in kw.items():
        setattr(info, key, value)
    return info, content or b""


def symlink(name: str, to: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.SYMTYPE, linkname=to)


def hardlink(name: str, to: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.LNKTYPE, linkname=to)


def tar(path: Path, members: Iterable[tuple[tarfile.TarInfo, bytes]], mode: Any = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return path


def zip_(path: Path, members: dict[str, bytes], modes: dict[str, int] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2001, 9, 9, 1, 46, 40))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (modes or {}).get(name, 0o100644) << 16 or 0x20
            archive.writestr(info, content)
    return path


NEW = member("new", b"new")
TREE = [member("pkg/"), member("pkg/bin/tool", b"tool", mode=0o755), member("pkg/README", b"read")]


def add(root: RootComponent, archive: Path | str, **kw: Any) -> Extract:
    extract = Extract(str(archive), **kw)
    root.component += extract
    return extract


def deployed(root: RootComponent, archive: Path | str, **kw: Any) -> Path:
    """The target, after *archive* was unpacked and found complete."""
    extract = add(root, archive, **kw)
    root.component.deploy()
    assert root.component.changed
    root.component.deploy()
    assert not root.component.changed
    return Path(extract.target)


def tree(path: Path) -> list[str]:
    return sorted(str(found.relative_to(path)) for found in path.rglob("*"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def verify(root: RootComponent, extract: Extract) -> None:
    with root.component.chdir(root.workdir):
        extract.extractor.verify()


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


# Which archives, and where to


@pytest.mark.parametrize(
    "name, handler, base",
    [
        ("a.zip", Unzip, "a"),
        ("a.tar", Untar, "a"),
        ("a-1.0.tar.gz", Untar, "a-1.0"),
        ("dir.d/a.tgz", Untar, "dir.d/a"),
        ("a.tar.bz2", Untar, "a"),
        ("a.tbz2", Untar, "a"),
        ("a.tar.xz", Untar, "a"),
        ("a.txz", Untar, "a"),
        ("a.tar.zst", Untar, "a"),
        ("A.TAR.GZ", Untar, "A"),
        ("a.dmg", DMGExtractor, "a"),
    ],
)
def test_suffix_chooses_the_kind_and_names_the_target(
    root: RootComponent, name: str, handler: Any, base: str
) -> None:
    extract = add(root, name)

    assert type(extract.extractor) is handler
    assert handler.can_handle(name)
    assert handler.extract_base_name(name) == base
    assert extract.target == os.path.join(root.workdir, base)


def test_path_objects_are_archives_too(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar.gz", TREE, "w:gz")
    root.component += (extract := Extract(archive))

    root.component.deploy()

    assert extract.target == str(tmp_path / "a")
    assert (tmp_path / "a/pkg/README").read_text() == "read"


def test_unknown_suffix_is_refused(root: RootComponent) -> None:
    with pytest.raises(ValueError, match=r"cannot extract 'a\.rar': wanted a name ending in \.zip"):
        add(root, "a.rar")


@pytest.mark.parametrize("name", [".zip", "dir/.tar.gz"])
def test_target_that_cannot_be_named_is_asked_for(root: RootComponent, name: str) -> None:
    with pytest.raises(AttributeError, match="give target") as caught:
        add(root, name)

    assert isinstance(caught.value, ConfigurationError)


def test_handler_alone_needs_a_known_suffix_or_a_target(root: RootComponent) -> None:
    with pytest.raises(AttributeError, match="give target"):
        root.component += Untar("download")

    root.component += (untar := Untar("download", target="there"))

    assert untar.target == os.path.join(root.workdir, "there")


@pytest.mark.parametrize("name", ["a.zip", "a.dmg"])
def test_only_tar_files_are_stripped(root: RootComponent, name: str) -> None:
    with pytest.raises(ValueError, match="cannot strip"):
        add(root, name, strip=1)


def test_target_may_be_given(root: RootComponent, tmp_path: Path) -> None:
    archive = zip_(tmp_path / "a.zip", {"x": b"x"})

    target = deployed(root, archive, target="deep/er")

    assert target == Path(root.workdir, "deep/er")
    assert tree(target) == ["x"]


def test_without_target_directory_members_land_in_the_work_directory(
    root: RootComponent, tmp_path: Path
) -> None:
    archive = tar(tmp_path / "a.tar", TREE)

    target = deployed(root, archive, create_target_dir=False)

    assert target == Path(root.workdir)
    assert tree(target) == ["pkg", "pkg/README", "pkg/bin", "pkg/bin/tool"]


# What comes out


@pytest.mark.parametrize(
    "name, form",
    [
        ("a.tar", "w"),
        ("a.tar.gz", "w:gz"),
        ("a.tgz", "w:gz"),
        ("a.tar.bz2", "w:bz2"),
        ("a.tbz2", "w:bz2"),
        ("a.tar.xz", "w:xz"),
        ("a.txz", "w:xz"),
        ("a.tgz", "w:xz"),
    ],
)
def test_tar_files_are_unpacked_however_compressed(
    root: RootComponent, tmp_path: Path, name: str, form: str
) -> None:
    target = deployed(root, tar(tmp_path / name, TREE, form))

    assert tree(target) == ["pkg", "pkg/README", "pkg/bin", "pkg/bin/tool"]
    assert (target / "pkg/bin/tool").read_bytes() == b"tool"
    assert mode(target / "pkg/bin/tool") == 0o755
    assert mode(target / "pkg/README") == 0o644
    assert (target / "pkg/README").stat().st_mtime == MTIME
    assert (target / "pkg").stat().st_mtime == MTIME


def test_zip_files_keep_modes_links_and_times(root: RootComponent, tmp_path: Path) -> None:
    members = {"d/": b"", "d/tool": b"tool", "d/link": b"tool", "plain": b"", "d/empty/": b""}
    modes = {"d/": 0o40750, "d/tool": 0o100755, "d/link": 0o120777, "plain": 0}

    target = deployed(root, zip_(tmp_path / "a.zip", members, modes))

    assert tree(target) == ["d", "d/empty", "d/link", "d/tool", "plain"]
    assert mode(target / "d/tool") == 0o755
    assert mode(target / "d") == 0o750
    assert mode(target / "plain") == 0o644
    assert os.readlink(target / "d/link") == "tool"
    assert (target / "d/tool").stat().st_mtime == pytest.approx(MTIME, abs=86400)


def test_zip_file_of_a_windows_program_has_directories(root: RootComponent, tmp_path: Path) -> None:
    archive = zip_(tmp_path / "a.zip", {"dir/file": b"x"})
    raw = archive.read_bytes().replace(b"dir/file", b"dir\\file")
    central = raw.index(b"PK\x01\x02")
    archive.write_bytes(raw[: central + 5] + b"\0" + raw[central + 6 :])  # made by FAT

    target = deployed(root, archive)

    assert tree(target) == ["dir", "dir/file"]


def test_umask_is_respected_and_setuid_is_not_kept(root: RootComponent, tmp_path: Path) -> None:
    members = [member("d", mode=0o2777), member("d/x", b"", mode=0o6777)]

    target = deployed(root, tar(tmp_path / "a.tar", members))

    assert (mode(target / "d"), mode(target / "d/x")) == (0o755, 0o755)


def test_read_only_directories_are_filled_first(root: RootComponent, tmp_path: Path) -> None:
    members = [member("d", mode=0o555), member("d/x", b"x", mode=0o400)]
    archive = tar(tmp_path / "a.tar", members)

    target = deployed(root, archive)
    archive.touch()
    deployed(root, archive)

    assert (mode(target / "d"), mode(target / "d/x")) == (0o555, 0o400)
    (target / "d").chmod(0o755)


def test_links_inside_are_kept(root: RootComponent, tmp_path: Path) -> None:
    members = [
        *TREE,
        symlink("pkg/bin/alias", "tool"),
        symlink("pkg/readme", "./bin/../README"),
        symlink("pkg/later", "not-there-yet/x"),
        hardlink("pkg/hard", "pkg/README"),
        hardlink("pkg/soft", "pkg/readme"),
    ]

    target = deployed(root, tar(tmp_path / "a.tar", members))

    assert os.readlink(target / "pkg/bin/alias") == "tool"
    assert (target / "pkg/readme").read_text() == "read"
    assert os.readlink(target / "pkg/later") == "not-there-yet/x"
    assert (target / "pkg/hard").samefile(target / "pkg/README")
    assert os.readlink(target / "pkg/soft") == "./bin/../README"


def test_absolute_link_into_the_target_is_kept(root: RootComponent, tmp_path: Path) -> None:
    inside = os.path.join(root.workdir, "a/pkg/README")
    archive = tar(tmp_path / "a.tar", [*TREE, symlink("link", inside)])

    target = deployed(root, archive, target="a")

    assert (target / "link").read_text() == "read"


def test_mac_resource_forks_are_not_missed(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", [*TREE, member("pkg/._README", b"fork")])

    target = deployed(root, archive)
    (target / "pkg/._README").unlink()
    root.component.deploy()

    assert not root.component.changed


# Stripping


def test_stripping_takes_directories_off(root: RootComponent, tmp_path: Path) -> None:
    members = [*TREE, member("LICENSE", b"lost"), hardlink("pkg/hard", "pkg/README")]

    target = deployed(root, tar(tmp_path / "a.tar.gz", members, "w:gz"), strip=1)

    assert tree(target) == ["README", "bin", "bin/tool", "hard"]
    assert (target / "hard").samefile(target / "README")


def test_stripping_counts_a_leading_dot_as_tar_does(root: RootComponent, tmp_path: Path) -> None:
    members = [member("./"), member("./pkg/"), member("./pkg/x", b"x")]

    target = deployed(root, tar(tmp_path / "a.tar", members), strip=1)

    assert tree(target) == ["pkg", "pkg/x"]


@pytest.mark.parametrize(
    "name, strip, wanted",
    [
        ("a/b/c", 0, "a/b/c"),
        ("a/b/c", 2, "c"),
        ("a/b/c", 3, None),
        ("a/b/c", 9, None),
        ("a//b/", 1, "b"),  # where GNU tar 1.34 writes to /b
        (".", 0, None),
        ("./", 1, None),
        ("./a/./b", 0, "a/b"),
    ],
)
def test_place_of_a_member(name: str, strip: int, wanted: str | None) -> None:
    assert placed(name, strip) == wanted


@pytest.mark.needs("tar")
@pytest.mark.parametrize("strip", [0, 1, 2])
def test_stripping_gives_what_tar_gives(root: RootComponent, tmp_path: Path, strip: int) -> None:
    members = [member("./"), *TREE, member("././odd/name", b"x"), member("./pkg/sub/deep", b"y")]
    archive = tar(tmp_path / "a.tar", members)
    (tmp_path / "wanted").mkdir()
    options = ["-C", str(tmp_path / "wanted"), f"--strip-components={strip}"]
    subprocess.run(["tar", "-xf", str(archive), *options], check=True)

    target = deployed(root, archive, strip=strip)

    assert tree(target) == tree(tmp_path / "wanted")


# When it is needed again


def test_missing_archive_is_an_update_when_predicting_and_an_error_when_deploying(
    root: RootComponent,
) -> None:
    add(root, "gone.zip")

    root.component.deploy(predict_only=True)
    assert root.component.changed
    with pytest.raises(ArchiveError, match=r"gone\.zip' does not exist"):
        root.component.deploy()


def test_missing_member_is_unpacked_again(root: RootComponent, tmp_path: Path) -> None:
    extract = add(root, tar(tmp_path / "a.tar", TREE))
    root.component.deploy()
    readme = Path(extract.target, "pkg/README")
    readme.unlink()

    with pytest.raises(UpdateNeeded, match="'pkg/README' is missing"):
        verify(root, extract)
    root.component.deploy()

    assert readme.read_text() == "read"


def test_newer_archive_is_unpacked_over_the_old_one(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", TREE)
    target = deployed(root, archive)
    Path(target, "own").write_text("kept")
    wait_for_the_clock(target)
    tar(archive, [member("pkg/README", b"new"), member("pkg/bin/tool", b"new")])

    deployed(root, archive)

    assert (target / "pkg/README").read_text() == "new"
    assert (target / "own").read_text() == "kept"


def test_touched_archive_makes_its_members_old(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", TREE)
    extract = add(root, archive)
    root.component.deploy()
    wait_for_the_clock(Path(extract.target))
    os.utime(archive, (0, 0))

    with pytest.raises(UpdateNeeded, match="is older than the archive"):
        verify(root, extract)


def wait_for_the_clock(path: Path) -> None:
    """Until a file written now is newer than *path*: file systems' clocks tick coarsely."""
    probe = path / "clock"
    newest = max(found.lstat().st_ctime_ns for found in path.rglob("*"))
    while True:
        probe.touch()
        if probe.stat().st_ctime_ns > newest:
            probe.unlink()
            return


def lay_out(path: Path) -> None:
    """What `TREE` gives, as somebody else unpacked it."""
    (path / "pkg/bin").mkdir(parents=True)
    (path / "pkg/bin/tool").write_text("tool")
    (path / "pkg/README").write_text("read")


def test_tree_that_was_there_before_is_accepted(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", TREE)
    lay_out(Path(root.workdir, "a"))
    add(root, archive, target="a")

    root.component.deploy()

    assert not root.component.changed


def test_verifying_does_not_unpack_what_is_known(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar.gz", TREE, "w:gz")
    extract = add(root, archive)
    root.component.deploy()
    before = archive.stat()
    archive.write_bytes(b"x" * before.st_size)
    (memo,) = Path(root.environment.workdir_base, ".batou-archives").iterdir()
    found = json.loads(memo.read_text())
    after = archive.stat()
    found["identity"] = [after.st_size, after.st_mtime_ns, after.st_ctime_ns, after.st_ino]
    memo.write_text(json.dumps(found))
    for path in Path(extract.target).rglob("*"):
        path.touch()

    root.component.deploy()

    assert not root.component.changed


def test_changed_stripping_is_seen(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", TREE)
    deployed(root, archive, target="t")

    target = deployed(root, archive, target="t", strip=1)

    assert (target / "README").exists()


def test_interrupted_unpacking_is_done_again(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", [*TREE, symlink("bad", "/etc")])
    extract = add(root, archive)
    with pytest.raises(ArchiveError):
        root.component.deploy()
    shutil.copy(tar(tmp_path / "good.tar", TREE), archive)
    for path in Path(extract.target).rglob("*"):
        os.utime(path)

    with pytest.raises(UpdateNeeded, match="interrupted"):
        verify(root, extract)


def test_predicting_writes_nothing(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", TREE)
    lay_out(Path(root.workdir, "a"))
    add(root, archive, target="a")
    before = tree(tmp_path)

    root.component.deploy(predict_only=True)

    assert tree(tmp_path) == before


def test_file_takes_the_place_of_a_file_but_not_of_a_directory(
    root: RootComponent, tmp_path: Path
) -> None:
    archive = tar(tmp_path / "a.tar", [member("x", b"new"), member("y", b"new"), NEW])
    extract = add(root, archive)
    target = Path(extract.target)
    target.mkdir()
    (target / "elsewhere").write_text("kept")
    (target / "x").symlink_to("elsewhere")
    (target / "y").mkdir()

    with pytest.raises(ArchiveError, match="member 'y' would replace a directory"):
        root.component.deploy()

    assert (target / "x").read_text() == "new"
    assert (target / "elsewhere").read_text() == "kept"


def test_directory_takes_the_place_of_a_file(root: RootComponent, tmp_path: Path) -> None:
    extract = add(root, tar(tmp_path / "a.tar", [member("d"), member("d/x", b"x")]))
    Path(extract.target).mkdir()
    Path(extract.target, "d").write_text("file")

    root.component.deploy()

    assert tree(Path(extract.target)) == ["d", "d/x"]


# Hostile archives


OUT = "leads out of the target"


@pytest.mark.parametrize(
    "members, culprit, problem",
    [
        ([member("/abs", b"x")], "/abs", "has an absolute name"),
        ([member("../out", b"x")], "../out", OUT),
        ([member("a/../../out", b"x")], "a/../../out", OUT),
        ([member("..")], "..", OUT),
        ([symlink("l", "/outside")], "l", "links to '/outside', out of the target"),
        ([symlink("l", "../../outside")], "l", "links to '../../outside', out of the target"),
        ([symlink("d", "."), symlink("d/l", "..")], "d/l", "links to '..', out"),
        ([symlink("l", "")], "l", "links to '', out"),
        ([hardlink("h", "/outside/x")], "h", "links to '/outside/x', out of the target"),
        ([hardlink("h", "../outside/x")], "h", "links to '../outside/x', out"),
        ([hardlink("h", "nowhere")], "h", "links to 'nowhere', which is not there"),
        ([member("dev", type=tarfile.CHRTYPE)], "dev", "is a device or the like"),
        ([member("dev", type=tarfile.BLKTYPE)], "dev", "is a device or the like"),
        ([member("pipe", type=tarfile.FIFOTYPE)], "pipe", "is a device or the like"),
        (
            [
                member("p/q"),
                symlink("p/q/x", "a/.."),
                symlink("p/q/a", "../../p"),
                symlink("p/q/x/l", "../.."),
            ],
            "p/q/x/l",
            "out of the target",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_hostile_tar_file_is_refused(
    root: RootComponent, tmp_path: Path, members: Any, culprit: str, problem: str
) -> None:
    archive = tar(tmp_path / "a.tar", [member("first", b"1"), *members])
    add(root, archive, target="t/t")
    before = outside(tmp_path)

    with pytest.raises(ArchiveError) as caught:
        root.component.deploy()

    assert caught.value.member == culprit
    assert problem in str(caught.value)
    assert outside(tmp_path) == before
    assert os.listdir(Path(root.workdir, "t")) == ["t"]
    for path in Path(root.workdir, "t").rglob("*"):
        assert path.resolve().is_relative_to(Path(root.workdir, "t/t"))


def outside(tmp_path: Path) -> list[str]:
    """What is beside the work directory."""
    return [name for name in tree(tmp_path) if not name.startswith("work/")]


def test_link_that_leads_out_only_in_the_end_is_taken_away(
    root: RootComponent, tmp_path: Path
) -> None:
    members = [
        member("p/q"),
        symlink("p/q/x", "a/../.."),  # a is nothing yet: leads to p
        symlink("p/q/a", "../.."),  # now it leads above the target
    ]
    extract = add(root, tar(tmp_path / "a.tar", members))

    with pytest.raises(ArchiveError, match=r"member 'p/q/x' links to 'a/\.\./\.\.', out"):
        root.component.deploy()

    assert not os.path.lexists(Path(extract.target, "p/q/x"))


def test_such_a_link_goes_also_when_something_else_is_refused(
    root: RootComponent, tmp_path: Path
) -> None:
    members = [
        member("p/q"),
        symlink("p/q/x", "a/../.."),
        symlink("p/q/a", "../.."),
        symlink("l", "/outside"),
    ]
    extract = add(root, tar(tmp_path / "a.tar", members))

    with pytest.raises(ArchiveError):
        root.component.deploy()

    assert not os.path.lexists(Path(extract.target, "p/q/x"))


def test_directories_get_their_modes_also_when_something_is_refused(
    root: RootComponent, tmp_path: Path
) -> None:
    members = [member("d", mode=0o555), symlink("l", "/outside")]
    extract = add(root, tar(tmp_path / "a.tar", members))

    with pytest.raises(ArchiveError, match="out of the target"):
        root.component.deploy()

    assert Path(extract.target, "d").stat().st_mode & 0o777 == 0o555


@pytest.mark.parametrize("name", ["data/x", "data/"])
def test_nothing_is_written_through_a_link_that_leads_out(
    root: RootComponent, tmp_path: Path, name: str
) -> None:
    content = None if name.endswith("/") else b"x"
    extract = add(root, tar(tmp_path / "a.tar", [member(name, content), NEW]))
    outside = tmp_path / "outside"
    outside.mkdir()
    Path(extract.target).mkdir()
    Path(extract.target, "data").symlink_to(outside)

    with pytest.raises(ArchiveError, match="leads out of the target through a link"):
        root.component.deploy()

    assert tree(outside) == []


def test_file_does_not_write_through_a_link_that_it_replaces(
    root: RootComponent, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("safe")
    extract = add(root, tar(tmp_path / "a.tar", [member("x", b"evil"), NEW]))
    Path(extract.target).mkdir()
    os.link(victim, Path(extract.target, "x"))

    root.component.deploy()

    assert victim.read_text() == "safe"
    assert Path(extract.target, "x").read_text() == "evil"


@pytest.mark.parametrize(
    "name, mode, content, problem",
    [
        ("../out", 0o100644, b"x", OUT),
        ("/abs", 0o100644, b"x", "absolute"),
        ("l", 0o120777, b"/etc/passwd", "out of the target"),
        ("l", 0o120777, b"../..", "out of the target"),
        ("dev", 0o020666, b"", "is a device or the like"),
    ],
)
def test_hostile_zip_file_is_refused(
    root: RootComponent, tmp_path: Path, name: str, mode: int, content: bytes, problem: str
) -> None:
    add(root, zip_(tmp_path / "a.zip", {name: content}, {name: mode}))

    with pytest.raises(ArchiveError, match=problem) as caught:
        root.component.deploy()

    assert caught.value.member == name


ZEROS = bytes(3 << 20)


@pytest.mark.parametrize("form", ["zip", "tar.gz", "tar.xz"])
def test_bomb_is_not_set_off(root: RootComponent, tmp_path: Path, form: str) -> None:
    if form == "zip":
        archive = zip_(tmp_path / "a.zip", {"bomb": ZEROS})
    else:
        archive = tar(tmp_path / f"a.{form}", [member("bomb", ZEROS)], f"w:{form[4:]}")
    extract = add(root, archive, max_ratio=100)

    with pytest.raises(ArchiveError, match="unpacks to more than 100 times its size") as caught:
        root.component.deploy()

    assert "max_ratio=" in (caught.value.hint() or "")
    assert tree(Path(extract.target)) == []


def test_size_is_bounded_as_well(root: RootComponent, tmp_path: Path) -> None:
    content = os.urandom(40_000)
    extract = add(root, tar(tmp_path / "a.tar", [member("x", content)]), max_size=30_000)

    with pytest.raises(ArchiveError, match="member 'x' unpacks to more than 30000 bytes"):
        root.component.deploy()

    assert tree(Path(extract.target)) == []


def test_bound_may_be_raised(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar.xz", [member("zeros", ZEROS)], "w:xz")

    target = deployed(root, archive, max_ratio=100_000)

    assert (target / "zeros").stat().st_size == len(ZEROS)


def test_sparse_file_counts_with_its_holes(root: RootComponent, tmp_path: Path) -> None:
    headers = {"size": str(1 << 40), "map": "0,0", "numblocks": "1"}
    info, _ = member("sparse", b"")
    info.pax_headers = {f"GNU.sparse.{key}": value for key, value in headers.items()}
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as file:
        file.addfile(info)
    add(root, archive)

    with pytest.raises(ArchiveError, match="member 'sparse' unpacks to more than"):
        root.component.deploy()


def test_header_that_would_fill_the_memory_is_refused(root: RootComponent, tmp_path: Path) -> None:
    info = tarfile.TarInfo("long")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    with gzip.open(tmp_path / "a.tar.gz", "wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(20):
            file.write(ZEROS)
    add(root, tmp_path / "a.tar.gz", max_ratio=1_000_000)

    with pytest.raises(ArchiveError, match="is broken: a header of 1073741824 bytes"):
        root.component.deploy()


# Broken archives


def cut(path: Path, keep: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return path


NOISE = [member(f"f{number}", os.urandom(30_000)) for number in range(3)]


@pytest.mark.parametrize("form", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("keep", [0.5, 0.1, 0.0])
def test_cut_tar_file_is_broken(
    root: RootComponent, tmp_path: Path, form: str, keep: float
) -> None:
    add(root, cut(tar(tmp_path / "a.tar", NOISE, form), keep))

    with pytest.raises(ArchiveError, match=r"a\.tar' is broken"):
        root.component.deploy()


def test_tar_file_with_a_damaged_header_is_broken(root: RootComponent, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", NOISE)
    content = bytearray(archive.read_bytes())
    content[30_720 + 20] ^= 255  # in the name of the second member
    archive.write_bytes(content)
    add(root, archive)

    with pytest.raises(ArchiveError, match="is broken: what follows the last member"):
        root.component.deploy()


@pytest.mark.parametrize(
    "damaged",
    [gzip.compress(b"x" * 999), bz2.compress(b"x"), lzma.compress(b"x"), b"text", b""],
    ids=["gzip", "bzip2", "xz", "text", "empty"],
)
def test_what_is_no_tar_file_is_broken(root: RootComponent, tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(damaged)
    add(root, tmp_path / "a.tar")

    with pytest.raises(ArchiveError, match="is broken"):
        root.component.deploy()


def test_damaged_data_is_noticed(root: RootComponent, tmp_path: Path) -> None:
    archive = zip_(tmp_path / "a.zip", {"x": os.urandom(1000)})
    content = bytearray(archive.read_bytes())
    content[500] ^= 255
    archive.write_bytes(content)
    add(root, archive)

    with pytest.raises(ArchiveError, match="is broken"):
        root.component.deploy()


def test_cut_zip_file_is_broken(root: RootComponent, tmp_path: Path) -> None:
    add(root, cut(zip_(tmp_path / "a.zip", {"x": b"x"}), 0.5))

    with pytest.raises(ArchiveError, match="is broken: File is not a zip file"):
        root.component.deploy()


def test_encrypted_zip_file_is_refused(root: RootComponent, tmp_path: Path) -> None:
    archive = zip_(tmp_path / "a.zip", {"x": b"x"})
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    add(root, archive)

    with pytest.raises(ArchiveError, match="member 'x' is encrypted"):
        root.component.deploy()


@pytest.mark.needs("zstd")
def test_zstd_works_where_python_knows_it(root: RootComponent, tmp_path: Path) -> None:
    plain = tar(tmp_path / "a.tar", TREE)
    subprocess.run(["zstd", "-q", plain], check=True)
    try:
        import compression.zstd  # type: ignore[import-not-found, unused-ignore]  # noqa: F401
    except ImportError:
        add(root, tmp_path / "a.tar.zst")
        with pytest.raises(ArchiveError, match=r"no module 'compression.zstd'") as caught:
            root.component.deploy()
        assert "Python 3.14" in (caught.value.hint() or "")
    else:
        assert tree(deployed(root, tmp_path / "a.tar.zst")) != []


# Disk images, with a stand-in for the program of macOS


HDIUTIL = """#!/bin/sh
echo "$@" >> {log}
case $1 in
attach) cat <<END
<plist version="1.0"><dict><key>system-entities</key><array><dict>
<key>mount-point</key><string>{volume}</string></dict></array></dict></plist>
END
esac
"""


def test_disk_image_replaces_the_target(
    root: RootComponent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = tmp_path / "volume"
    (volume / "App").mkdir(parents=True)
    (volume / "App/run").write_text("run")
    (volume / "Applications").symlink_to("/Applications")
    program = tmp_path / "bin/hdiutil"
    program.parent.mkdir()
    program.write_text(HDIUTIL.format(log=tmp_path / "log", volume=volume))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    (tmp_path / "a.dmg").write_bytes(b"image")
    Path(root.workdir, "t/old").mkdir(parents=True)

    target = deployed(root, tmp_path / "a.dmg", target="t")

    assert tree(target) == ["App", "App/run", "Applications"]
    log = (tmp_path / "log").read_text().splitlines()
    assert [line.split()[0] for line in log] == ["attach", "detach"] * 2
    assert log[-1] == f"detach {volume}"


# Subclasses


def test_untar_can_be_verified_by_a_subclass(root: RootComponent, tmp_path: Path) -> None:
    class SingleUntar(Untar):
        """Looks at one file only, as deployments do with large archives."""

        def verify(self) -> None:  # type: ignore[override]  # as deployments write it
            self.assert_file_is_current(
                os.path.join(self.target, "README"), [self.archive], key="st_ctime"
            )

    archive = tar(tmp_path / "a.tar", TREE)
    root.component += (untar := SingleUntar(str(archive), target="t", strip=1))

    root.component.deploy()
    Path(untar.target, "bin/tool").unlink()
    root.component.deploy()

    assert not root.component.changed
    assert tree(Path(untar.target)) == ["README", "bin"]


def test_many_members_are_verified_quickly(root: RootComponent, tmp_path: Path) -> None:
    members = [member(f"d{number % 50}/f{number}", b"x") for number in range(3000)]
    target = deployed(root, tar(tmp_path / "a.tar.gz", members, "w:gz"))

    root.component.deploy()

    assert len(tree(target)) == 3050
    assert len(list(root.component.recursive_sub_components)) < 5
