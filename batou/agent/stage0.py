"""Stage zero: the first of batou that runs on a host.

Sent as source text over execnet, or started from a bundle file, and run by
whatever Python the host has, 3.8 or newer, with the standard library only. It
tells what it finds, receives what the host lacks of a bundle, checks and writes
it, and at ``start`` becomes the agent.

Requests have the key ``do``, answers the key ``say``; both are dictionaries of
builtin types:

- at once → ``facts``
- ``ship`` with a target directory and a manifest → ``lacks`` with digests; none
  if nothing lacks, and then ``unpacked``. With a ``digest`` the manifest may be None:
  ``lacks`` has ``manifest`` if another one, or none, was shipped before
- ``objects`` with chunks → ``got`` with their bytes, and after the last one ``unpacked``
- ``start`` → the agent; what follows is for it
- ``ping`` → ``pong``, at any time, whatever this process is busy with

Anything that cannot be done is answered with ``refused``.

A manifest is ``{"format": 1, "entries": [...]}``. An entry has a ``path`` below
the target, and either ``link``, where a symbolic link leads, or ``mode``
(octal permission bits as a number), ``size`` in bytes and ``chunks``, the sha256
digests in hex of its pieces of `CHUNK` bytes. Entries are sorted by path.

On the host, ``<target>/.batou`` (0700) holds ``lock``, ``manifest``, ``index``
(``{path: [size, mtime in ns, mode, [digest, …]]}`` of what was written) and
``incoming``, chunks that have arrived.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import platform
import queue
import shutil
import stat
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

FORMAT = 1
OLDEST = (3, 10)
CHUNK = 1 << 20
STATE = ".batou"
PRIVATE = (
    *("lock", "manifest", "index", "incoming", "unpacking"),
    *("journal", "journals", "prediction", "templates"),
)
NEW = ".batou-new"
END = object()


class Refused(Exception):
    """What was asked for cannot or must not be done; says what was expected instead."""

    def __init__(self, why: str, expected: str = "") -> None:
        super().__init__(why)
        self.expected = expected


def facts() -> dict[str, Any]:
    """What the controller needs to know of this host."""
    return {
        "say": "facts",
        "format": FORMAT,
        "python": list(sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "machine": platform.machine(),
        "system": platform.system(),
        "libc": list(platform.libc_ver()),
        "pointer": sys.maxsize.bit_length() + 1,
        "abiflags": getattr(sys, "abiflags", ""),
        "uid": os.getuid(),
        "user": user_name(),
        "pid": os.getpid(),
        "home": os.path.expanduser("~"),
    }


def user_name() -> str:
    """The name of the user that this process runs as."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


# Paths and manifests


def checked_path(path: Any) -> str:
    """*path* if it stays below the target; raises Refused otherwise."""
    if not isinstance(path, str) or not path or "\0" in path or path.startswith("/"):
        raise Refused(f"the manifest has the path {shown(path)}", "a relative path")
    names = path.split("/")
    if any(name in ("", ".", "..") for name in names):
        raise Refused(f"the manifest has the path {shown(path)}", "a path without . and ..")
    if path == STATE or (names[0] == STATE and names[1] in PRIVATE) or path.endswith(NEW):
        raise Refused(f"the manifest has the path {shown(path)}", "a name that is not batou's own")
    return path


def checked_link(path: str, link: Any) -> str:
    """Where a link leads, if that is inside the target; raises Refused otherwise."""
    if not isinstance(link, str) or not link or "\0" in link or link.startswith("/"):
        raise Refused(f"link {path!r} leads to {shown(link)}", "a relative destination")
    depth = path.count("/")
    for part in link.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            raise Refused(f"link {path!r} leads out of the target: {link!r}", "one inside it")
    return link


def checked_entries(manifest: Any) -> list[dict[str, Any]]:
    """The entries of *manifest*; raises Refused for whatever is wrong with them."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Refused("the manifest has another format", f"format {FORMAT}")
    entries = manifest.get("entries")
    if not isinstance(entries, (list, tuple)):
        raise Refused("the manifest has no entries", "a list")
    seen: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise Refused(f"the manifest has the entry {shown(entry)}", "a dictionary")
        path = checked_path(entry.get("path"))
        if path in seen:
            raise Refused(f"the manifest has {path!r} twice")
        seen[path] = entry
        if "link" in entry:
            checked_link(path, entry["link"])
        elif not valid_file(entry):
            raise Refused(f"the manifest describes {path!r} wrongly")
    for path in seen:
        for parent in parents(path):
            if parent in seen:
                raise Refused(f"the manifest has {path!r} below the file or link {parent!r}")
    return list(seen.values())


def valid_file(entry: dict[str, Any]) -> bool:
    """Whether mode, size and chunks of a file make sense together."""
    mode, size, chunks = entry.get("mode"), entry.get("size"), entry.get("chunks")
    return (
        type(mode) is int
        and 0 <= mode <= 0o777
        and type(size) is int
        and size >= 0
        and isinstance(chunks, (list, tuple))
        and len(chunks) == -(-size // CHUNK)
        and all(is_digest(digest) for digest in chunks)
    )


def is_digest(text: Any) -> bool:
    """Whether *text* is a sha256 in hex; it will be the name of a file."""
    return isinstance(text, str) and len(text) == 64 and not set(text) - set("0123456789abcdef")


def shown(value: Any) -> str:
    """*value* for people, not too long."""
    text = repr(value) if isinstance(value, (str, int)) else f"a {type(value).__name__}"
    return text if len(text) < 200 else text[:200] + "…"


def parents(path: str) -> Iterator[str]:
    """All directories above *path* that are below the target."""
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        yield path


# The target


class Target:
    """A directory that is made to be as a manifest says."""

    def __init__(self, directory: str, owner: dict[str, Any]) -> None:
        self.directory = os.path.realpath(os.path.expanduser(directory))
        self.state = os.path.join(self.directory, STATE)
        self.incoming = os.path.join(self.state, "incoming")
        self.entries: list[dict[str, Any]] = []
        self.to_remember: dict[str, Any] | None = None
        self.index: dict[str, Any] = {}
        self.asked: set[str] = set()
        self.missing: set[str] = set()
        self.sources: dict[str, tuple[str, int]] = {}
        above = os.path.dirname(self.directory)
        if os.path.basename(above) == STATE:  # a prediction, below the state of the real target
            private_directory(above)
        os.makedirs(self.directory, exist_ok=True)
        private_directory(self.state)
        private_directory(self.incoming)
        self.lock = self.take_lock(owner)

    def release(self) -> None:
        """Give the lock back."""
        self.lock.close()

    def take_lock(self, owner: dict[str, Any]) -> Any:
        """Hold the lock of this target for as long as this process lives."""
        if not isinstance(owner, dict):
            raise Refused(f"the owner of the lock is {shown(owner)}", "a dictionary")
        text = json.dumps({key: owner[key] for key in sorted(owner)}) + "\n"
        deadline = time.monotonic() + float(owner.get("patience") or 0)
        lock = open(os.path.join(self.state, "lock"), "a+")  # noqa: SIM115 - held until the end
        try:
            while not is_locked(lock):
                if time.monotonic() > deadline:
                    raise Refused(f"another run holds this host: {holder_of(lock)}", "to be alone")
                time.sleep(0.2)
            lock.seek(0)
            lock.truncate()
            lock.write(text)
            lock.flush()
        except BaseException:
            lock.close()
            raise
        return lock

    def path(self, relative: str) -> str:
        """The absolute path of an entry; raises Refused if a link on the way leads elsewhere."""
        path = os.path.join(self.directory, relative)
        parent = os.path.dirname(path)
        if os.path.realpath(parent) != parent:
            raise Refused(f"a link stands in the way of {relative!r}", "a directory")
        return path

    # What is there

    def remembered(self, digest: str) -> Any:
        """The manifest with *digest*, if it is the one that was shipped last; None otherwise."""
        try:
            with open(os.path.join(self.state, "shipped")) as file:
                shipped = json.load(file)
            return shipped["manifest"] if shipped["digest"] == digest else None
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def compare(self, manifest: Any, digest: str = "") -> list[str]:
        """The digests of all chunks that this host lacks to become as *manifest* says.

        If it has a *digest*, it is remembered by that when it has been unpacked.
        """
        self.entries = checked_entries(manifest)
        self.to_remember = {"digest": digest, "manifest": manifest} if digest else None
        self.index = self.read_index()
        self.missing = set()
        wanted: set[str] = set()
        for entry in self.entries:
            if "link" not in entry and not self.is_current(entry):
                wanted.update(entry["chunks"])
        self.find_sources(wanted)
        self.missing = wanted - set(self.sources)
        self.asked = set(self.missing)
        return sorted(self.missing)

    def read_index(self) -> dict[str, Any]:
        try:
            with open(os.path.join(self.state, "index")) as file:
                index = json.load(file)
        except (OSError, ValueError):
            return {}
        if not isinstance(index, dict):
            return {}
        return {path: known for path, known in index.items() if is_known(known)}

    def is_current(self, entry: dict[str, Any]) -> bool:
        """Whether the file or link is as we wrote it, and as *entry* says."""
        if "link" in entry:
            path = os.path.join(self.directory, entry["path"])
            return os.path.islink(path) and os.readlink(path) == entry["link"]
        known = self.index.get(entry["path"])
        if known is None or known[3] != entry["chunks"] or known[2] != entry["mode"]:
            return False
        return self.stamp(entry["path"]) == list(known[:3])

    def stamp(self, relative: str) -> list[int] | None:
        """Size, time and mode of a regular file; None if there is none."""
        try:
            status = os.lstat(os.path.join(self.directory, relative))
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return [status.st_size, status.st_mtime_ns, stat.S_IMODE(status.st_mode)]

    def find_sources(self, wanted: set[str]) -> None:
        """Find wanted chunks among what has arrived before and in files that we wrote."""
        self.sources = {}
        for digest in os.listdir(self.incoming):
            if digest in wanted:
                self.sources[digest] = (os.path.join(self.incoming, digest), 0)
        if not wanted - set(self.sources):
            return
        for relative, (_, _, _, chunks) in self.index.items():
            for number, digest in enumerate(chunks):
                if digest in wanted and digest not in self.sources:
                    source = (os.path.join(self.directory, relative), number * CHUNK)
                    if chunk_at(source) is not None and digest_of(chunk_at(source)) == digest:
                        self.sources[digest] = source

    # What arrives

    def keep(self, digest: Any, data: Any, is_packed: Any) -> int:
        """Keep a chunk that has arrived, and return its size; Refused if it is another one."""
        if digest not in self.asked or not isinstance(data, bytes):
            raise Refused(f"chunk {shown(digest)[:13]} was not asked for")
        if is_packed:
            unpacker = zlib.decompressobj()
            try:
                data = unpacker.decompress(data, CHUNK)
            except zlib.error:
                raise Refused(f"chunk {digest[:12]} arrived damaged") from None
            if unpacker.unconsumed_tail:
                raise Refused(f"chunk {digest[:12]} is too large", f"at most {CHUNK} bytes")
        if len(data) > CHUNK or digest_of(data) != digest:
            raise Refused(f"chunk {digest[:12]} arrived damaged")
        if digest not in self.missing:
            return len(data)
        path = os.path.join(self.incoming, digest)
        write(path, data)
        self.sources[digest] = (path, 0)
        self.missing.discard(digest)
        return len(data)

    # Becoming as the manifest says

    def unpack(self) -> dict[str, Any]:
        """Write what differs, remove what has left the manifest.

        All new files are written beside their places before the first is renamed, so a full
        disk leaves the tree as it was. Until the end ``unpacking`` names what may be left over.
        """
        self.remove_leftovers()
        before = self.shipped()
        paths = {entry["path"] for entry in self.entries}
        changed = [entry for entry in self.entries if not self.is_current(entry)]
        if changed:
            self.check_ways(changed, set(before))
            self.write_state("unpacking", [entry["path"] for entry in changed])
            self.write_state("manifest", sorted(paths.union(before)))
            self.replace(changed, set(before))
        removed = self.remove_left(before, paths)
        index = self.index_now()
        if changed or removed or index != self.index:
            self.write_state("index", index)
            self.write_state("manifest", sorted(paths))
            remove(os.path.join(self.state, "unpacking"))
        if self.to_remember and self.remembered(self.to_remember["digest"]) is None:
            self.write_state("shipped", self.to_remember)
        for name in os.listdir(self.incoming):
            os.remove(os.path.join(self.incoming, name))
        self.drop_old_runtimes()
        return {"say": "unpacked", "changed": len(changed), "removed": removed}

    def replace(self, entries: list[dict[str, Any]], before: set[str]) -> None:
        """Write *entries* beside their places, then put all of them in place."""
        written: list[tuple[str, str]] = []
        try:
            for number, entry in enumerate(entries):
                temporary = self.place_for_new(entry["path"], number, before)
                written.append((temporary, entry["path"]))
                remove(temporary)
                if "link" in entry:
                    os.symlink(entry["link"], temporary)
                else:
                    self.write_new(temporary, entry)
            for temporary, relative in written:
                self.make_way(relative, before)
                os.rename(temporary, os.path.join(self.directory, relative))
        except BaseException:
            for temporary, _ in written:
                remove(temporary)
            for _, relative in written:
                self.remove_empty(os.path.dirname(os.path.join(self.directory, relative)))
            raise

    def index_now(self) -> dict[str, Any]:
        """What `is_current` will want to know: the files as they are now."""
        index = {}
        for entry in self.entries:
            if "link" not in entry:
                stamp = self.stamp(entry["path"]) or [0, 0, 0]
                index[entry["path"]] = [*stamp, list(entry["chunks"])]
        return index

    def remove_leftovers(self) -> None:
        """Remove new files that an earlier run did not come to rename."""
        for relative in self.read_list("unpacking"):
            try:
                remove(self.path(relative) + NEW)
            except (Refused, OSError):
                continue

    def drop_old_runtimes(self) -> None:
        """Remove what Python has compiled for runtimes that have left the manifest."""
        above = os.path.join(self.state, "runtimes")
        prefix = STATE + "/runtimes/"
        paths = [entry["path"] for entry in self.entries]
        wanted = {path.split("/")[2] for path in paths if path.startswith(prefix)}
        for name in os.listdir(above) if os.path.isdir(above) else ():
            if name not in wanted:
                shutil.rmtree(os.path.join(above, name), ignore_errors=True)

    def check_ways(self, entries: list[dict[str, Any]], before: set[str]) -> None:
        """Refuse if something that is not ours stands where a directory must be."""
        checked = set()
        for entry in entries:
            for above in parents(entry["path"]):
                if above in checked:
                    break
                checked.add(above)
                place = os.path.join(self.directory, above)
                if above in before or not os.path.lexists(place):
                    continue
                if os.path.islink(place):
                    raise Refused(f"a link stands in the way of {entry['path']!r}", "a directory")
                if not os.path.isdir(place):
                    raise Refused(f"a file stands in the way of {entry['path']!r}", "a directory")

    def place_for_new(self, relative: str, number: int, before: set[str]) -> str:
        """Where the new file for *relative* is written: beside it, unless one of ours is there."""
        for above in parents(relative):
            place = os.path.join(self.directory, above)
            if above in before and (os.path.islink(place) or os.path.isfile(place)):
                return os.path.join(self.incoming, str(number) + NEW)
        path = os.path.join(self.directory, relative)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path + NEW

    def write_new(self, temporary: str, entry: dict[str, Any]) -> None:
        """Write the content of *entry* to *temporary*."""
        with open(temporary, "xb") as file:
            for digest in entry["chunks"]:
                data = chunk_at(self.sources[digest])
                if data is None or digest_of(data) != digest:
                    raise Refused(f"a part of {entry['path']!r} was changed while it was used")
                file.write(data)
        os.chmod(temporary, entry["mode"])

    def make_way(self, relative: str, before: set[str]) -> None:
        """Let what we wrote make room for *relative*: files for directories, and the reverse."""
        for above in reversed(list(parents(relative))):
            place = os.path.join(self.directory, above)
            if above in before and (os.path.islink(place) or os.path.isfile(place)):
                os.remove(place)
            if not os.path.isdir(place):
                os.mkdir(place)
        place = os.path.join(self.directory, relative)
        if os.path.isdir(place) and not os.path.islink(place):
            ours = [path for path in before if path.startswith(relative + "/")]
            self.remove_left(ours, set())
            if os.path.isdir(place):
                os.rmdir(place)

    def shipped(self) -> list[str]:
        """The paths of the last manifest, and of one that was not finished."""
        return self.read_list("manifest")

    def read_list(self, name: str) -> list[str]:
        """The paths in a file of the state; what is no good path is left out."""
        try:
            with open(os.path.join(self.state, name)) as file:
                paths = json.load(file)
        except (OSError, ValueError):
            return []
        return [path for path in paths if is_path(path)] if isinstance(paths, list) else []

    def remove_left(self, paths: list[str], wanted: set[str]) -> int:
        """Remove files and links of *paths* that are not *wanted* any more; returns how many."""
        removed = 0
        for relative in paths:
            if relative in wanted:
                continue
            try:
                path = self.path(relative)
            except Refused:
                continue
            if os.path.islink(path) or os.path.isfile(path):
                remove(path)
                removed += 1
                self.remove_empty(os.path.dirname(path))
        return removed

    def remove_empty(self, directory: str) -> None:
        """Remove *directory* and those above it, as long as they are empty."""
        while directory != self.directory and directory.startswith(self.directory + "/"):
            try:
                os.rmdir(directory)
            except OSError:
                return
            directory = os.path.dirname(directory)

    def write_state(self, name: str, value: Any) -> None:
        write(os.path.join(self.state, name), json.dumps(value, sort_keys=True).encode())


def chunk_at(source: tuple[str, int]) -> bytes | None:
    """The chunk at a place in a regular file; None if it cannot be read."""
    try:
        number = os.open(source[0], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return None
            file.seek(source[1])
            return file.read(CHUNK)
    except OSError:
        return None


def write(path: str, data: bytes) -> None:
    """Write a file of the state beside its place, and rename it; nothing is left if that fails."""
    try:
        with open(path + ".part", "wb") as file:
            file.write(data)
        os.rename(path + ".part", path)
    except BaseException:
        remove(path + ".part")
        raise


def private_directory(path: str) -> None:
    """Make a directory that only this user can enter; Refused if something else is there."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode):
        raise Refused(f"{path!r} is a link", "a directory")
    if status.st_uid != os.getuid():
        raise Refused(
            f"{path!r} belongs to another user",
            f"one of {user_name()}: change its owner, or remove it",
        )
    os.chmod(path, 0o700)


def is_locked(file: Any) -> bool:
    """Lock *file*; false if somebody else holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def holder_of(lock: Any) -> str:
    """Who holds *lock*; whoever has just taken it is given a moment to write that down."""
    deadline = time.monotonic() + 2.0
    while True:
        lock.seek(0)
        text: str = lock.read(4096)
        if text.strip() or time.monotonic() > deadline:
            return holder_text(text)
        time.sleep(0.05)


def holder_text(text: str) -> str:
    """Who holds a lock, for people, from what is written in it."""
    try:
        owner = json.loads(text)
    except ValueError:
        owner = None
    if not isinstance(owner, dict):
        return text.strip() or "it has not said who it is"
    known = {"who": "{}", "from": "from {}", "pid": "process {}", "since": "since {}"}
    known["run"] = "run {}"
    return ", ".join(form.format(owner[key]) for key, form in known.items() if owner.get(key))


def is_known(known: Any) -> bool:
    """Whether an entry of the index makes sense."""
    return (
        isinstance(known, list)
        and len(known) == 4
        and all(isinstance(number, int) for number in known[:3])
        and isinstance(known[3], list)
        and all(is_digest(digest) for digest in known[3])
    )


def is_path(path: Any) -> bool:
    """Whether *path* may stand in a manifest."""
    try:
        checked_path(path)
    except Refused:
        return False
    return True


def digest_of(data: bytes | None) -> str:
    """The sha256 of *data* in hex."""
    return hashlib.sha256(data or b"").hexdigest()


def remove(path: str) -> None:
    """Remove a file or link, if it is there."""
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


# Talking


class Wire:
    """The line to the controller; pings are answered in the thread that listens."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.waiting: queue.Queue[Any] = queue.Queue()
        self.callback: Any = None
        self.endmarker: Any = END
        self.lock = threading.Lock()
        channel.setcallback(self.arrived, endmarker=END)

    def send(self, answer: Any) -> None:
        """Send a value of builtin types; raises OSError if the line is closed."""
        self.channel.send(answer)

    def receive(self) -> Any:
        """The next request; raises EOFError at the end of the line."""
        request = self.waiting.get()
        if request is END:
            raise EOFError
        return request

    def setcallback(self, callback: Any, endmarker: Any) -> None:
        """From now on hand requests to *callback*, at first those that wait already."""
        with self.lock:
            while not self.waiting.empty():
                request = self.waiting.get()
                callback(endmarker if request is END else request)
            self.callback, self.endmarker = callback, endmarker

    def arrived(self, request: Any) -> None:
        """Take what came; this runs in the thread that listens."""
        if isinstance(request, dict) and request.get("do") == "ping":
            self.send({"say": "pong"})
            return
        with self.lock:
            if self.callback is None:
                self.waiting.put(request)
            else:
                self.callback(self.endmarker if request is END else request)


class Stage:
    """Answers the controller until it is told to become the agent."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.target: Target | None = None
        self.has_refused = False
        self.early: list[dict[str, Any]] = []

    def run(self) -> None:
        """Tell what there is, and answer requests."""
        self.channel.send(facts())
        while True:
            try:
                if self.answer(self.next()):
                    return
            except EOFError:
                return  # the line was closed before the agent was started
            except Refused as error:
                self.refuse(str(error), error.expected)
            except OSError as error:
                self.refuse(os_text(error), advice(error))
            except Exception as error:
                self.refuse(f"it could not be done: {type(error).__name__}: {error}", "")

    def next(self) -> dict[str, Any]:
        """The next request; those that came while chunks were awaited come first."""
        if self.early and not (self.target and self.target.missing):
            return self.early.pop(0)
        request = self.channel.receive()
        if not isinstance(request, dict) or "do" not in request:
            raise Refused(f"the request is {shown(request)}", "a dictionary that says what to do")
        if self.target and self.target.missing and request["do"] != "objects":
            self.early.append(request)
            return self.next()
        return request

    def answer(self, request: dict[str, Any]) -> bool:
        """Do what *request* asks for; whether the agent has run."""
        if request["do"] == "ship":
            self.has_refused = False
            if self.target:
                self.target.release()
            self.target = Target(request["target"], request["owner"])
            digest = request.get("digest", "")
            manifest = request["manifest"]
            if manifest is None and digest:
                manifest = self.target.remembered(digest)
                if manifest is None:
                    self.channel.send({"say": "lacks", "objects": [], "manifest": True})
                    return False
            lacks = self.target.compare(manifest, digest)
            self.channel.send({"say": "lacks", "objects": lacks})
            if not lacks:
                self.channel.send(self.target.unpack())
        elif self.has_refused:
            return False  # sent before the controller knew
        elif request["do"] == "objects" and self.target:
            size = 0
            for digest, data, is_packed in request["objects"]:
                size += self.target.keep(digest, data, is_packed)
            self.channel.send({"say": "got", "bytes": size})
            if not self.target.missing:
                self.channel.send(self.target.unpack())
        elif request["do"] == "start":
            self.start(request)
            return True
        else:
            raise Refused(f"there is no request {shown(request['do'])}", "ship, objects or start")
        return False

    def refuse(self, why: str, expected: str) -> None:
        self.has_refused = True
        self.early = []
        if self.target:
            self.target.release()
            self.target = None
        self.channel.send({"say": "refused", "why": why, "expected": expected})

    def start(self, request: dict[str, Any]) -> None:
        """Put what was shipped in front of what can be imported, and become the agent."""
        if sys.version_info < OLDEST:
            wanted = "Python " + ".".join(map(str, OLDEST)) + " or newer"
            found = platform.python_version()
            raise Refused(f"Python {found} ({sys.executable}) is too old", wanted)
        base = self.target.directory if self.target else "/"
        known = set(sys.path)
        path = [os.path.join(base, entry) for entry in request["path"]]
        sys.path[:0] = [entry for entry in path if entry not in known]
        from batou.agent.serve import serve

        serve(self.channel, base, self.early)


def os_text(error: OSError) -> str:
    """An error of the system for people."""
    where = f" {error.filename!r}" if error.filename else ""
    return f"{error.strerror or error}{where}"


def advice(error: OSError) -> str:
    """What was expected instead of *error*."""
    expected = {
        errno.ENOSPC: "free space on the file system",
        errno.EROFS: "a file system that can be written to",
        errno.EACCES: "a directory that this user may write to",
        errno.EDQUOT: "free space in the user's quota",
        errno.EEXIST: "a directory",
        errno.ENOTDIR: "a directory",
        errno.ENOTEMPTY: "a directory with nothing in it but what was shipped",
    }
    return expected.get(error.errno or 0, "")


def main(channel: Any) -> None:
    """Run stage zero over *channel*."""
    try:
        os.setsid()  # Ctrl-C at the controller's terminal is not meant for us
    except OSError:
        pass
    try:
        Stage(Wire(channel)).run()
    except OSError:
        pass  # the line was closed while it was answered


if __name__ == "__channelexec__":
    main(globals()["channel"])  # execnet puts it there
