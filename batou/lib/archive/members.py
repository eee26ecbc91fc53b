"""What is in an archive: tar or zip, as `Member`s, with a bound on what comes out."""

import os
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Any, Literal

from batou.errors import DeploymentError

Kind = Literal["file", "directory", "symlink", "hardlink", "special"]

LONGEST_READ = 1 << 24
"""Bytes read at once; only a forged header of a tar file asks for more."""

LONGEST_LINK = 4096

COMPRESSIONS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "lzma",
    b"\x28\xb5\x2f\xfd": "compression.zstd",
}
"""Modules that unpack what begins with these bytes."""

HARMLESS = 1 << 20
"""Bytes that may come out of an archive however well they were compressed."""


@dataclass(eq=False)
class ArchiveError(DeploymentError):
    """An archive is missing or broken, or wants what no archive may."""

    archive: str
    problem: str
    member: str = ""
    advice: str = ""

    def summary(self) -> str:
        member = f": member {self.member!r}" if self.member else ""
        return f"archive {self.archive!r}{member} {self.problem}"

    def hint(self) -> str | None:
        return self.advice or None


@dataclass(frozen=True)
class Member:
    """What an archive holds under one name.

    *mode* and *mtime* (seconds) are None where the archive does not tell; *content*
    opens what a file contains.
    """

    name: str
    kind: Kind
    size: int
    mode: int | None
    mtime: float | None
    link: str
    content: Callable[[], IO[bytes] | None]


class Budget:
    """How much may come out of *archive*: *max_size* bytes, *max_ratio* for each of its own."""

    def __init__(self, archive: str, max_size: int, max_ratio: float) -> None:
        self.archive, self.max_size, self.max_ratio = archive, max_size, max_ratio
        self.own_size = os.path.getsize(archive)
        self.spent = 0

    def spend(self, member: Member) -> None:
        self.spent += member.size
        self.check(self.spent, member.name)

    def check(self, size: int, member: str = "") -> None:
        """Raises ArchiveError if *size* bytes are too many."""
        if size > self.max_size:
            limit, advice = f"{self.max_size} bytes", "max_size=BYTES"
        elif size > max(HARMLESS, self.own_size * self.max_ratio):
            limit, advice = f"{self.max_ratio:g} times its size", "max_ratio=NUMBER"
        else:
            return
        problem = f"unpacks to more than {limit}"
        raise ArchiveError(self.archive, problem, member, f"if it is no bomb, give {advice}")


class _Bounded:
    """A stream that is not read beyond the budget."""

    def __init__(self, stream: IO[bytes], budget: Budget) -> None:
        self.stream, self.budget = stream, budget
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LONGEST_READ:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self.last = self.stream.read(size)
        self.budget.check(self.stream.tell())
        return self.last

    def seek(self, position: int) -> int:
        self.budget.check(position)
        return self.stream.seek(position)

    def tell(self) -> int:
        return self.stream.tell()


def _decompressed(archive: str) -> Any:
    """The tar file in *archive*; what it begins with tells how it is compressed."""
    with open(archive, "rb") as file:
        head = file.read(8)
    for magic, module in COMPRESSIONS.items():
        if head.startswith(magic):
            try:
                return import_module(module).open(archive)
            except ImportError:
                problem = f"this Python has no module {module!r} to unpack it with"
                advice = "compress it with gzip, or for zstd deploy with Python 3.14 or newer"
                raise ArchiveError(archive, problem, advice=advice) from None
    return open(archive, "rb")


def tar_members(archive: str, budget: Budget) -> Generator[Member, None, None]:
    """The members of a tar file, compressed or not, in its order."""
    with _decompressed(archive) as stream:
        bounded: Any = _Bounded(stream, budget)
        with tarfile.TarFile(fileobj=bounded, mode="r") as tar:
            for found in tar:
                yield _tar_member(tar, found)
            if bounded.last.strip(b"\0"):
                raise tarfile.ReadError("what follows the last member is no tar header")


def _tar_member(tar: tarfile.TarFile, found: tarfile.TarInfo) -> Member:
    kind: Kind = "special"
    if found.isdir():
        kind = "directory"
    elif found.issym():
        kind = "symlink"
    elif found.islnk():
        kind = "hardlink"
    elif found.isreg():
        kind = "file"
    return Member(
        found.name,
        kind,
        found.size if kind == "file" else 0,
        found.mode,
        found.mtime,
        found.linkname,
        lambda: tar.extractfile(found),
    )


def zip_members(archive: str) -> Generator[Member, None, None]:
    """The members of a zip file, in its order."""
    with zipfile.ZipFile(archive) as file:
        for found in file.infolist():
            if found.flag_bits & 1:
                raise ArchiveError(archive, "is encrypted", found.filename)
            yield _zip_member(file, found)


def _zip_member(file: zipfile.ZipFile, found: zipfile.ZipInfo) -> Member:
    name, mode, link = found.filename, found.external_attr >> 16, ""
    if found.create_system == 0 and "/" not in name:
        name = name.replace("\\", "/")  # written by a program that knows only Windows
    kinds: dict[int, Kind] = {0: "file", stat.S_IFREG: "file"}
    kinds |= {stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink"}
    kind = "directory" if name.endswith("/") else kinds.get(stat.S_IFMT(mode), "special")
    if kind == "symlink":
        with file.open(found) as content:
            link = os.fsdecode(content.read(LONGEST_LINK))
    mtime = None
    with suppress(ValueError, OverflowError):
        mtime = time.mktime((*found.date_time, 0, 0, -1))
    return Member(
        name,
        kind,
        found.file_size,
        stat.S_IMODE(mode) or None,
        mtime,
        link,
        lambda: file.open(found),
    )


@contextmanager
def complaining(archive: str) -> Iterator[None]:
    """What goes wrong while *archive* is read becomes an ArchiveError that names it."""
    try:
        yield
    except _broken() as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the archive
        problem = f"is broken: {error}" if str(error) else "is broken"
        raise ArchiveError(archive, problem) from error


def _broken() -> tuple[type[Exception], ...]:
    kinds = [
        tarfile.TarError,
        zipfile.BadZipFile,
        EOFError,
        zlib.error,
        OSError,
        NotImplementedError,
    ]
    for module, error in (("lzma", "LZMAError"), ("compression.zstd", "ZstdError")):
        with suppress(ImportError):
            kinds.append(getattr(import_module(module), error))
    return tuple(kinds)
