"""Make one directory tree the same as another: first decide, then act."""

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from batou.lib.file.patterns import IsExcluded
from batou.lib.file.removal import ensure_path_nonexistent, make_way
from batou.lib.file.writing import copy_from, replace_file, replace_link, same_content


@dataclass(frozen=True)
class Rules:
    """What of a tree counts; the words are those of rsync(1)."""

    is_excluded: IsExcluded
    links: bool = False
    perms: bool = False
    times: bool = False
    owner: bool = False
    group: bool = False
    checksum: bool = False
    delete: bool = False

    @property
    def has_attributes(self) -> bool:
        """Whether more counts than content."""
        return self.perms or self.times or self.owner or self.group


Kind = Literal["directory", "file", "link"]

_KINDS: dict[int, Kind] = {stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "link"}


class Change(NamedTuple):
    """One thing to do; *path* is relative to the tree, ``""`` is the tree itself."""

    kind: Kind | Literal["attributes", "delete"]
    path: str


def changes(source: str, target: str, rules: Rules) -> Iterator[Change]:
    """What is to be done at *target*, an existing directory, parents before children."""
    if _attributes_differ(os.stat(source), os.stat(target), rules):
        yield Change("attributes", "")
    yield from _changes_in("", source, target, rules, exists=True)


def _changes_in(
    where: str, source: str, target: str, rules: Rules, *, exists: bool
) -> Iterator[Change]:
    """Changes in the directory *where*; nothing is at *target* yet unless it *exists*."""
    wanted = sorted(_wanted(where, source, rules), key=lambda entry: entry.name)
    if exists and rules.delete:
        yield from _deletions(where, target, {entry.name for entry in wanted}, rules)
    for entry in wanted:
        path = os.path.join(where, entry.name)
        status = entry.stat(follow_symlinks=False)
        current = _lstat(os.path.join(target, path)) if exists else None
        is_there = current is not None and stat.S_ISDIR(current.st_mode)
        is_wanted = stat.S_ISDIR(status.st_mode)
        if is_there and not is_wanted and rules.delete:
            yield from _deletions(path, target, set(), rules)
        change = _change(entry.path, path, status, os.path.join(target, path), current, rules)
        if change:
            yield change
        if is_wanted:
            yield from _changes_in(path, source, target, rules, exists=is_there)


def _wanted(where: str, source: str, rules: Rules) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(os.path.join(source, where)) as entries:
        for entry in entries:
            is_directory = entry.is_dir(follow_symlinks=False)
            if rules.is_excluded(os.path.join(where, entry.name), is_directory):
                continue
            is_link = entry.is_symlink() and rules.links
            if is_directory or is_link or entry.is_file(follow_symlinks=False):
                yield entry


def _deletions(where: str, target: str, wanted: set[str], rules: Rules) -> Iterator[Change]:
    """What is not *wanted*; what is excluded is protected, and so are its parents."""
    with os.scandir(os.path.join(target, where)) as entries:
        found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    for name, is_directory in found:
        path = os.path.join(where, name)
        if name in wanted or rules.is_excluded(path, is_directory):
            continue
        if is_directory and _protects(path, target, rules):
            yield from _deletions(path, target, set(), rules)
        else:
            yield Change("delete", path)


def _protects(where: str, target: str, rules: Rules) -> bool:
    """Whether something excluded lies in the directory *where*."""
    with os.scandir(os.path.join(target, where)) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in found:
        path = os.path.join(where, name)
        if rules.is_excluded(path, is_directory):
            return True
        if is_directory and _protects(path, target, rules):
            return True
    return False


def _change(
    origin: str,
    path: str,
    status: os.stat_result,
    place: str,
    current: os.stat_result | None,
    rules: Rules,
) -> Change | None:
    kind = _kind(status)
    if kind is None:
        return None
    if current is None or _kind(current) != kind:
        return Change(kind, path)
    if kind == "link" and os.readlink(origin) != os.readlink(place):
        return Change(kind, path)
    if kind == "file" and not _is_same_file(origin, status, place, current, rules):
        return Change(kind, path)
    return Change("attributes", path) if _attributes_differ(status, current, rules) else None


def _kind(status: os.stat_result) -> Kind | None:
    return _KINDS.get(stat.S_IFMT(status.st_mode))


def _is_same_file(
    origin: str, status: os.stat_result, place: str, current: os.stat_result, rules: Rules
) -> bool:
    if status.st_size != current.st_size:
        return False
    if rules.times and not rules.checksum and int(status.st_mtime) == int(current.st_mtime):
        return True
    return same_content(origin, place)


def _attributes_differ(wanted: os.stat_result, current: os.stat_result, rules: Rules) -> bool:
    if not rules.has_attributes:
        return False
    is_link = stat.S_ISLNK(wanted.st_mode)
    return (
        (rules.perms and not is_link and _mode(wanted) != _mode(current))
        or (rules.times and not is_link and int(wanted.st_mtime) != int(current.st_mtime))
        or _ids(wanted, rules) != _ids(wanted, rules, current)
    )


def _mode(status: os.stat_result) -> int:
    return stat.S_IMODE(status.st_mode)


def _ids(
    wanted: os.stat_result, rules: Rules, default: os.stat_result | None = None
) -> tuple[int, int]:
    """Owner and group, as far as they count and we may set them; -1 means as it is."""
    status = default or wanted
    may_chown = os.geteuid() == 0
    may_chgrp = may_chown or wanted.st_gid in os.getgroups()
    return (
        status.st_uid if rules.owner and may_chown else -1,
        status.st_gid if rules.group and may_chgrp else -1,
    )


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def apply(wanted: Iterable[Change], source: str, target: str, rules: Rules) -> None:
    """Carry out changes.

    Raises OSError (``ENOTEMPTY``) if a directory is where a file has to be, and
    it contains what must not be deleted.
    """
    touched = {""}
    for change in wanted:
        origin, place = os.path.join(source, change.path), os.path.join(target, change.path)
        _carry_out(change, origin, place)
        if change.kind != "delete":
            touched.add(change.path)
        touched.update(_parents(change.path))
    if not rules.has_attributes:
        return
    for path in sorted(touched, reverse=True):  # children before their parents
        _set_attributes(os.path.join(source, path), os.path.join(target, path), rules)


def _parents(path: str) -> Iterator[str]:
    while path := os.path.dirname(path):
        yield path


def _carry_out(change: Change, origin: str, place: str) -> None:
    if change.kind == "attributes":
        return
    if change.kind == "delete":
        ensure_path_nonexistent(place)
        return
    mode = stat.S_IMODE(os.lstat(origin).st_mode) & 0o777
    if change.kind == "directory":
        make_way(place)
        os.mkdir(place, mode | 0o700)
        return
    if os.path.isdir(place) and not os.path.islink(place):
        os.rmdir(place)
    if change.kind == "link":
        replace_link(place, os.readlink(origin))
    else:
        replace_file(place, copy_from(origin), new_mode=mode, follow_links=False)


def _set_attributes(origin: str, place: str, rules: Rules) -> None:
    wanted, current = _lstat(origin), _lstat(place)
    if wanted is None or current is None:
        return  # a directory that only stays for what is excluded
    uid, gid = _ids(wanted, rules)
    if (uid, gid) != _ids(wanted, rules, current):
        os.chown(place, uid, gid, follow_symlinks=False)
    if stat.S_ISLNK(wanted.st_mode):
        return
    if rules.perms and _mode(wanted) != _mode(os.lstat(place)):
        os.chmod(place, _mode(wanted))
    if rules.times and int(wanted.st_mtime) != int(os.lstat(place).st_mtime):
        with contextlib.suppress(PermissionError):
            os.utime(place, ns=(current.st_atime_ns, wanted.st_mtime_ns))
