"""Look for secrets where they must not be: canaries, and whoever searches for them.

A canary is a random word that occurs nowhere by chance. It knows nothing of how
batou masks: what is searched for is written down here anew, so that both do not
share a blind spot.
"""

import base64
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LARGEST = 64 << 20
"""Bytes of a file that are searched."""


def canary(label: str) -> str:
    """A word for a test's secret; letters and digits only, so that most encodings keep it."""
    return f"Canary{label.title()}{secrets.token_hex(8)}"


def forms(word: str) -> dict[str, bytes]:
    """How *word* looks in the encodings that change letters, wherever it begins: name → bytes.

    >>> forms("ab")["hex"]
    b'6162'
    """
    raw = word.encode()
    found = {
        "plain": raw,
        "reversed": raw[::-1],
        "upper case": word.upper().encode(),
        "hex": raw.hex().encode(),
        "hex, upper case": raw.hex().upper().encode(),
        "percent": "".join(f"%{byte:02x}" for byte in raw).encode(),
        "escaped": "".join(f"\\x{byte:02x}" for byte in raw).encode(),
        "UTF-16": word.encode("utf-16-le"),
    }
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw + b"\0\0")
        begin = (4 * shift + 2) // 3
        found[f"base64, shifted by {shift}"] = coded[begin : 4 * (shift + len(raw)) // 3]
    return found


@dataclass(frozen=True)
class Hit:
    """That the canary called *name* was found at *place*, written as *form* says."""

    name: str
    form: str
    place: str


class Searcher:
    """Finds canaries; *words* are those by name, *hits* is what was found."""

    def __init__(self, words: dict[str, str]) -> None:
        self._by_form = {
            content: (name, form)
            for name, word in words.items()
            for form, content in forms(word).items()
        }
        self._pattern = re.compile(b"|".join(map(re.escape, self._by_form)))
        self.hits: set[Hit] = set()

    def search(self, content: bytes | str, place: str) -> bool:
        """Look into *content*; whether there is something."""
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        found = {self._by_form[match] for match in self._pattern.findall(raw)}
        self.hits |= {Hit(name, form, place) for name, form in found}
        return bool(found)

    def search_file(self, path: Path) -> bool:
        """Look into a file and at its name; it may be gone meanwhile, or not be ours."""
        named = self.search(os.fsencode(path), f"the name {path}")
        with suppress(OSError):
            if path.is_symlink():
                return self.search(os.readlink(path), str(path)) or named
            if path.is_file() and path.stat().st_size <= LARGEST:
                return self.search(path.read_bytes(), str(path)) or named
        return named

    def search_tree(self, directory: Path, allowed: dict[Path, int] | None = None) -> None:
        """Look into all files below *directory*.

        *allowed* may hold a canary if their mode is the one given; if it is another
        one, or if they hold none, that is an AssertionError.
        """
        allowed = allowed or {}
        for path in files_below(directory):
            if path not in allowed:
                self.search_file(path)
        for path, mode in allowed.items():
            actual = path.stat().st_mode & 0o7777
            assert actual == mode, f"{path} has mode {actual:o}, wanted {mode:o}"
            before, self.hits = self.hits, set()
            assert self.search(path.read_bytes(), str(path)), f"{path} has no canary"
            self.hits = before

    @contextmanager
    def watching(
        self, places: Iterable[Path], on_hit: Callable[[], None] = lambda: None
    ) -> Iterator[None]:
        """Meanwhile look, again and again, at all processes, and at new files in *places*.

        *on_hit* is called when there is a hit. Processes of others cannot be read
        by an ordinary user.
        """
        old = {path for place in places for path in entries(place)}
        over, seen = threading.Event(), dict[Path, tuple[int, int]]()

        def look() -> None:
            while not over.wait(0.005):
                before = len(self.hits)
                self._look_at_processes()
                for path in {path for place in places for path in entries(place)} - old:
                    for file in files_below(path) if path.is_dir() else [path]:
                        if changed(file, seen):
                            self.search_file(file)
                if len(self.hits) > before:
                    on_hit()

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _look_at_processes(self) -> None:
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            for what in ("cmdline", "environ"):
                with suppress(OSError):
                    content = (process / what).read_bytes()
                    self.search(content, f"the {what} of a process")


def files_below(directory: Path) -> Iterator[Path]:
    """All files and links below *directory*, whatever goes away meanwhile."""
    for top, folders, names in os.walk(directory):
        for name in names:
            yield Path(top, name)
        yield from (Path(top, name) for name in folders if os.path.islink(Path(top, name)))


def changed(path: Path, seen: dict[Path, tuple[int, int]]) -> bool:
    """Whether *path* is not as it was when it was *seen* last; then it is noted there."""
    try:
        status = path.lstat()
    except OSError:
        return False
    now = (status.st_mtime_ns, status.st_size)
    before = seen.get(path)
    seen[path] = now
    return before != now


def entries(place: Path) -> list[Path]:
    """What lies in the directory *place*; nothing if it cannot be read."""
    try:
        return list(place.iterdir())
    except OSError:
        return []
