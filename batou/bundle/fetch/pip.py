"""`Pip`: ask pip for wheels that another Python can load; build what has none."""

import os
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from batou.bundle.fetch.desk import NotFetched
from batou.bundle.fetch.needs import Need
from batou.bundle.interpreter import Interpreter
from batou.bundle.manifest import Manifest
from batou.bundle.tree import Digests, entries_of
from batou.bundle.wheels import EPOCH, TIMEOUT, answer_of, sources, target_options
from batou.errors import CmdExecutionError
from batou.process import cmd

LACKING = re.compile(r"No matching distribution found for (.+?)(?: \(from .*\))?$", re.M)

METADATA = re.compile(r"[^/]+\.dist-info/METADATA")


@dataclass(frozen=True)
class Wheel:
    """A wheel on this machine."""

    path: str

    @property
    def filename(self) -> str:
        return os.path.basename(self.path)

    @cached_property
    def _parsed(self):  # type: ignore[no-untyped-def]  # what packaging returns
        return parse_wheel_filename(self.filename)

    @property
    def name(self) -> str:
        """The canonical name of its package."""
        return str(self._parsed[0])

    @cached_property
    def requires(self) -> list[Requirement]:
        """What its package depends on; raises NotFetched if it is broken."""
        try:
            with zipfile.ZipFile(self.path) as file:
                (name,) = [
                    n for n in file.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)
                ]
                metadata = HeaderParser().parsestr(file.read(name).decode("utf-8", "replace"))
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise NotFetched(f"{self.filename} is broken: {error}") from error
        found = []
        for text in metadata.get_all("Requires-Dist") or ():
            try:
                found.append(Requirement(text))
            except InvalidRequirement:
                continue
        return found

    def satisfies(self, demand: Requirement) -> bool:
        """Whether its version is one that *demand* accepts."""
        return bool(demand.url) or demand.specifier.contains(self._parsed[1], prereleases=True)

    def fits(self, interpreter: Interpreter) -> bool:
        """Whether *interpreter* can load it; it may have been built here."""
        tags = self._parsed[3]
        if tags & interpreter.tags:
            return True
        is_plain = any(tag.platform == "any" for tag in tags)
        is_portable = any(tag.platform.startswith(("many", "musl")) for tag in tags)
        return (
            not is_plain and not is_portable and interpreter.loads_compiled_for(Interpreter.here())
        )


class Pip:
    """Asks pip on behalf of *interpreter*.

    Paths in requirements are relative to *directory*. *env* adds to pip's
    environment, *options* are lines of a requirements file. Wheels are put into
    directories below *place*. If it *is_lenient*, what cannot be had is left out.
    """

    def __init__(
        self, interpreter: Interpreter, directory: str, env: Mapping[str, str] | None = None
    ) -> None:
        self.interpreter = interpreter
        self.directory = directory
        self.env = {**(env or {}), "SOURCE_DATE_EPOCH": EPOCH}
        self.options: list[str] = []
        self.is_lenient = False
        self.place = ""
        self._runs = 0

    def wheels(self, needs: Sequence[Need]) -> dict[str, Wheel]:
        """A wheel for each of *needs*, by name; raises NotFetched."""
        indexed = [need for need in needs if not need.place]
        found = [self.build(need) for need in needs if need.place]
        for group in (
            [need for need in indexed if need.hashes],  # one hash makes pip want all of them
            [need for need in indexed if not need.hashes],
        ):
            found += self.download(group)
        return {wheel.name: wheel for wheel in found}

    def download(self, needs: Sequence[Need]) -> list[Wheel]:
        """Wheels from an index; what has none there is built."""
        built: list[Wheel] = []
        needs = list(needs)
        options = ["--only-binary=:all:", *target_options(self.interpreter)]
        while needs:
            try:
                return [*built, *self._run("download", options, needs)]
            except NotFetched as error:
                lacking = self._lacking(str(error), needs)
                if lacking is None:
                    raise
                needs.remove(lacking)
                try:
                    built.append(self.build(lacking))
                except NotFetched:
                    if not self.is_lenient:
                        raise
        return built

    @staticmethod
    def _lacking(answer: str, needs: Iterable[Need]) -> Need | None:
        """Which of *needs* has no wheel, by pip's answer."""
        found = LACKING.search(answer)
        name = re.match(r"[\w.-]+", found[1]) if found else None
        wanted = str(canonicalize_name(name[0])) if name else ""
        return next((need for need in needs if need.name == wanted), None)

    def build(self, need: Need) -> Wheel:
        """A wheel from the source."""
        try:
            (wheel,) = self._run("wheel", [], [need])
        except NotFetched as error:
            raise NotFetched(f"{need.text}: {error}") from error
        if not wheel.fits(self.interpreter):
            raise NotFetched(
                f"{need.text} has no wheel for {self.interpreter}, and has to be compiled",
                "put a wheel into a directory, and name it with --find-links",
            )
        return wheel

    def _run(self, command: str, options: list[str], needs: Sequence[Need]) -> list[Wheel]:
        self._runs += 1
        found = Path(self.place, f"{self._runs}")
        asked = Path(self.place, f"{self._runs}.txt")
        found.mkdir()
        hashed = [" ".join([n.text, *(f"--hash={digest}" for digest in n.hashes)]) for n in needs]
        asked.write_text("\n".join([*self.options, *hashed, ""]), encoding="utf-8")
        to = "--dest" if command == "download" else "--wheel-dir"
        words = [sys.executable, "-m", "pip", command, *options, to, str(found), "--no-deps"]
        words += ["--requirement", str(asked), "--disable-pip-version-check", "--no-input"]
        try:
            cmd([*words, "--retries=1"], env=self.env, cwd=self.directory, timeout=TIMEOUT)
        except CmdExecutionError as error:
            raise NotFetched(answer_of(error)) from error
        wheels = [Wheel(str(path)) for path in sorted(found.glob("*.whl"))]
        try:
            named = {wheel.name for wheel in wheels}
        except InvalidWheelFilename as error:
            raise NotFetched(str(error)) from error
        missing = [need.text for need in needs if need.name and need.name not in named]
        if missing:
            raise NotFetched(f"pip brought nothing for {', '.join(missing)}")
        return wheels

    def local_state(self, needs: Iterable[Need]) -> list[str]:
        """Digests of the files and directories of this machine that *needs* name."""
        found = []
        for need in needs:
            path = self.local(need.place)
            if os.path.isdir(path):
                found.append(Manifest.of(entries_of(path, sources(path), Digests())).digest)
            elif os.path.isfile(path):
                base, name = os.path.split(path)
                found.append(Manifest.of(entries_of(base, [name], Digests())).digest)
        return found

    def local(self, place: str) -> str:
        """The path that *place* means; empty if it is none."""
        place = place.partition("#")[0].partition("[")[0]
        if place.startswith("file:"):
            place = unquote(urlsplit(place).path)
        elif not place or "://" in place or "+" in place.partition(":")[0]:
            return ""
        return os.path.join(self.directory, place)
