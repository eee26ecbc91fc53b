"""Write the members of an archive below a directory, and nowhere else."""

import os
import shutil
from contextlib import suppress

from batou.lib.archive.members import ArchiveError, Member

CHUNK = 1 << 20


def placed(name: str, strip: int = 0) -> str | None:
    """Where a member goes, relative to the target; None if stripping leaves nothing.

    As with tar, a leading ``./`` counts as a directory. Raises ValueError for a
    name that leads elsewhere.

    >>> placed("pkg-1.0/bin/tool", strip=1)
    'bin/tool'
    >>> placed("pkg-1.0/", strip=1)
    """
    if name.startswith("/"):
        raise ValueError("has an absolute name")
    parts = [part for part in name.split("/") if part]
    if ".." in parts or "\0" in name:
        raise ValueError("has a name that leads out of the target")
    return "/".join(part for part in parts[strip:] if part != ".") or None


class Writer:
    """Writes members below *target*.

    What is in the way of a file or link is replaced, except directories. Modes are
    kept as far as the umask allows, without setuid, setgid and sticky bits;
    times are kept, owners are not.
    """

    def __init__(self, archive: str, target: str, strip: int) -> None:
        self.archive, self.strip = archive, strip
        self.target = os.path.realpath(target)
        self.mask = os.umask(0o022)
        os.umask(self.mask)
        self.directories: dict[str, Member] = {}
        self.symlinks: dict[str, Member] = {}

    def write(self, member: Member, name: str) -> None:
        """Write *member* as *name*."""
        folder = self._inside(member, os.path.join(self.target, os.path.dirname(name)))
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, os.path.basename(name))
        if member.kind == "directory":
            return self._write_directory(member, path)
        if os.path.isdir(path) and not os.path.islink(path):
            raise self._refused(member, "would replace a directory")
        if member.kind == "symlink":
            return self._write_symlink(member, path, member.link)
        if member.kind == "hardlink":
            return self._write_hardlink(member, path)
        if member.kind == "file":
            return self._write_file(member, path)
        raise self._refused(member, "is a device or the like")

    def finish(self) -> None:
        """Give directories their modes and times; check that no link leads out after all."""
        for path, member in self.symlinks.items():
            if os.path.islink(path) and not self._is_inside(path):
                os.unlink(path)
                raise self._refused(member, f"links to {member.link!r}, out of the target")
        for path, member in reversed(self.directories.items()):
            if member.mode is not None:
                os.chmod(path, member.mode & 0o777 & ~self.mask)
            _set_mtime(path, member)

    def _write_directory(self, member: Member, path: str) -> None:
        path = self._inside(member, path)
        if os.path.lexists(path) and not os.path.isdir(path):
            os.unlink(path)
        if not os.path.isdir(path):
            os.mkdir(path)
        elif not os.access(path, os.W_OK | os.X_OK):
            os.chmod(path, 0o700)  # until its own mode is set in the end
        self.directories.pop(path, None)
        self.directories[path] = member

    def _write_file(self, member: Member, path: str) -> None:
        _remove(path)
        mode = 0o666 if member.mode is None else member.mode & 0o777
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        content = member.content()
        assert content is not None, member
        with content, open(os.open(path, flags, mode), "wb") as file:
            shutil.copyfileobj(content, file, CHUNK)
        _set_mtime(path, member)

    def _write_symlink(self, member: Member, path: str, link: str) -> None:
        there = os.path.join(os.path.dirname(path), link)
        if not link or not self._is_inside(there):
            raise self._refused(member, f"links to {link!r}, out of the target")
        _remove(path)
        os.symlink(link, path)
        self.symlinks[path] = member
        _set_mtime(path, member)

    def _write_hardlink(self, member: Member, path: str) -> None:
        try:
            name = placed(member.link, self.strip)
        except ValueError:
            raise self._refused(member, f"links to {member.link!r}, out of the target") from None
        source = os.path.join(self.target, name or "")
        folder = self._inside(member, os.path.dirname(source))
        source = os.path.join(folder, os.path.basename(source))
        if os.path.islink(source):
            return self._write_symlink(member, path, os.readlink(source))
        if not os.path.isfile(source):
            raise self._refused(member, f"links to {member.link!r}, which is not there")
        if source != path:
            _remove(path)
            os.link(source, path)
        return None

    def _inside(self, member: Member, path: str) -> str:
        if not self._is_inside(path):
            raise self._refused(member, "leads out of the target through a link")
        return os.path.realpath(path)

    def _is_inside(self, path: str) -> bool:
        return os.path.commonpath([self.target, os.path.realpath(path)]) == self.target

    def _refused(self, member: Member, problem: str) -> ArchiveError:
        advice = "nothing is written outside of the target; repack the archive"
        return ArchiveError(self.archive, problem, member.name, advice)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _set_mtime(path: str, member: Member) -> None:
    if member.mtime is not None:
        with suppress(OverflowError, ValueError):
            os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)
