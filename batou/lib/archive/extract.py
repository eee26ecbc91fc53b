"""The components that unpack archives."""

import os
import plistlib
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing
from fnmatch import fnmatch
from typing import Any

from batou.component import Component
from batou.errors import ConfigurationError, UpdateNeeded
from batou.lib.archive.members import (
    ArchiveError,
    Budget,
    Member,
    complaining,
    tar_members,
    zip_members,
)
from batou.lib.archive.memo import Memo
from batou.lib.archive.writer import Writer, placed
from batou.lib.file import Directory, ensure_path_nonexistent
from batou.process import cmd


class ArchiveUsageError(ConfigurationError, ValueError, AttributeError):
    """An archive is used wrongly; ValueError and AttributeError are what 2.x raised."""


class Extractor(Component):
    """Base of the kinds of archives.

    *max_size* is how many bytes may come out of the archive, *max_ratio* how many
    for each byte of it; more is taken for a bomb.
    """

    namevar = "archive"

    suffixes: tuple[str, ...] = ()
    create_target_dir: bool = True
    target: Any = None
    strip: int = 0
    max_size: int = 20 << 30
    max_ratio: float = 1000

    archive: str
    _strips = False

    @classmethod
    def can_handle(cls, archive: str | os.PathLike[str]) -> bool:
        """Whether *archive* has a suffix of this kind."""
        return cls.extract_base_name(archive) is not None

    @classmethod
    def extract_base_name(cls, archive: str | os.PathLike[str]) -> str | None:
        """*archive* without its suffix, None if that is of another kind."""
        name = os.fspath(archive)
        fitting = [suffix for suffix in cls.suffixes if name.lower().endswith(suffix)]
        return name[: -len(max(fitting, key=len))] if fitting else None

    def configure(self) -> None:
        if self.strip and not self._strips:
            raise ArchiveUsageError(f"{type(self).__name__} cannot strip directories", self)
        if self.create_target_dir:
            target = self.target or self.extract_base_name(self.archive)
            if not target or not os.path.basename(target):
                name = os.fspath(self.archive)
                raise ArchiveUsageError(f"cannot name a target after {name!r}: give target", self)
            self += Directory(target, leading=True)
            self.target = self._.path
        else:
            self.target = self.workdir
        self.archive = self.map(self.archive)

    def verify(self, predicting: bool = False) -> None:
        if not os.path.exists(self.archive):
            raise UpdateNeeded(f"archive {self.archive!r} is missing")
        if self._memo().is_interrupted():
            raise UpdateNeeded("it was interrupted while unpacking")
        since = os.stat(self.archive).st_ctime_ns
        for name in self._expected(predicting):
            self._verify_member(name, since)

    def _verify_member(self, name: str, since: int) -> None:
        path = os.path.join(self.target, name)
        if os.path.isdir(path):
            return
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            raise UpdateNeeded(f"{name!r} is missing") from None
        if found.st_ctime_ns < since:
            raise UpdateNeeded(f"{name!r} is older than the archive")

    def _expected(self, predicting: bool) -> list[str]:
        names = self._memo().names()
        if names is None:
            names = [name for name in self._list() if self._is_expected(name)]
            if not predicting:
                self._memo().remember(names)
        return names

    def _is_expected(self, name: str) -> bool:
        return True

    def update(self) -> None:
        if not os.path.exists(self.archive):
            raise ArchiveError(self.archive, "does not exist")
        self._memo().begin()
        names = self._unpack()
        self._memo().remember([name for name in names if self._is_expected(name)])

    def _memo(self) -> Memo:
        folder = os.path.join(self.environment.workdir_base, ".batou-archives")
        return Memo(folder, self.archive, self.target, self.strip)

    def _list(self) -> list[str]:
        """Names below the target that unpacking makes."""
        return [name for _, name in self._placed_members()]

    def _unpack(self) -> list[str]:
        writer, names = Writer(self.archive, self.target, self.strip), []
        try:
            with complaining(self.archive), closing(self._placed_members()) as members:
                for member, name in members:
                    writer.write(member, name)
                    names.append(name)
        finally:
            writer.finish()
        return names

    def _placed_members(self) -> Generator[tuple[Member, str], None, None]:
        budget = Budget(self.archive, self.max_size, self.max_ratio)
        with complaining(self.archive):
            for member in self._members(budget):
                budget.spend(member)
                try:
                    name = placed(member.name, self.strip)
                except ValueError as error:
                    raise ArchiveError(self.archive, str(error), member.name) from None
                if name is not None:
                    yield member, name

    def _members(self, budget: Budget) -> Iterator[Member]:
        raise NotImplementedError


class Untar(Extractor):
    """Tar files; what is in them tells how they are compressed.

    Members that match *exclude* are unpacked, and not missed afterwards.
    """

    suffixes = (
        *(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz"),
        *(".tar.xz", ".txz", ".tar.zst", ".tzst"),
    )
    exclude: tuple[str, ...] = ("._*",)
    _strips = True

    def _members(self, budget: Budget) -> Iterator[Member]:
        return tar_members(self.archive, budget)

    def _is_expected(self, name: str) -> bool:
        parts = name.split("/")
        return not any(fnmatch(part, pattern) for part in parts for pattern in self.exclude)


class Unzip(Extractor):
    """Zip files."""

    suffixes = (".zip",)

    def _members(self, budget: Budget) -> Iterator[Member]:
        return zip_members(self.archive)


class DMGExtractor(Extractor):
    """Disk images of macOS: what is in them replaces the target."""

    suffixes = (".dmg",)
    _volume: str | None = None

    def __enter__(self) -> None:
        if not os.path.exists(self.archive):
            return
        options = ["-plist", "-nobrowse", "-readonly", "-noautoopen"]
        out, _ = cmd(["hdiutil", "attach", *options, self.archive], encoding=None)
        entities = plistlib.loads(out).get("system-entities", [])
        mounted = [entity["mount-point"] for entity in entities if entity.get("mount-point")]
        if not mounted:
            raise ArchiveError(self.archive, "has no volume to mount")
        self._volume = mounted[0]

    def __exit__(self, type: Any, value: Any, tb: Any) -> None:
        volume, self._volume = self._volume, None
        if volume:
            cmd(["hdiutil", "detach", volume])

    def _list(self) -> list[str]:
        assert self._volume
        names = []
        for folder, _, files in os.walk(self._volume):
            names += [os.path.relpath(os.path.join(folder, name), self._volume) for name in files]
        return names

    def _unpack(self) -> list[str]:
        assert self._volume
        ensure_path_nonexistent(self.target)
        shutil.copytree(self._volume, self.target, symlinks=True)
        return self._list()


class Extract(Component):
    """Unpack *archive* into *target*, by default a directory named as the archive.

    The suffix chooses how: `Untar`, `Unzip`, `DMGExtractor`. *strip* takes that many
    leading directories off each name (tar only). Without *create_target_dir* the
    members land in the work directory.
    """

    namevar = "archive"

    create_target_dir: bool = True
    target: Any = None
    strip: int = 0
    max_size: int = Extractor.max_size
    max_ratio: float = Extractor.max_ratio

    archive: str
    extractor: Extractor

    def configure(self) -> None:
        handler = self._handler()
        self.extractor = handler(
            self.archive,
            create_target_dir=self.create_target_dir,
            target=self.target,
            strip=self.strip,
            max_size=self.max_size,
            max_ratio=self.max_ratio,
        )
        self += self.extractor
        self.target = self.extractor.target

    def _handler(self) -> type[Extractor]:
        handlers: tuple[type[Extractor], ...] = (Unzip, Untar, DMGExtractor)
        for handler in handlers:
            if handler.can_handle(self.archive):
                return handler
        known = ", ".join(suffix for handler in handlers for suffix in handler.suffixes)
        name = os.fspath(self.archive)
        raise ArchiveUsageError(f"cannot extract {name!r}: wanted a name ending in {known}", self)
