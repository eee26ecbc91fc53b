"""`Finder`: a package as a kind of host needs it."""

import os
from urllib.parse import unquote, urlsplit

from batou.bundle.errors import PackageError
from batou.bundle.installed import Installed
from batou.bundle.interpreter import Interpreter
from batou.bundle.lock import Lock, Pin
from batou.bundle.package import Package
from batou.bundle.wheels import NoWheel, Wheels

SPEEDUPS = frozenset({"markupsafe", "pyyaml"})
"""Packages whose compiled part only makes them faster."""


class Finder:
    """Finds packages for *interpreter*.

    A version is the one of *lock*, or else the one that is installed here. Local
    paths are relative to one of *directories*, the first that has them.
    """

    def __init__(
        self, interpreter: Interpreter, lock: Lock, wheels: Wheels, directories: tuple[str, ...]
    ) -> None:
        self.interpreter = interpreter
        self.here = Interpreter.here()
        self.lock = lock
        self.wheels = wheels
        self.directories = directories

    def find(self, wanted: Pin, asked_by: str = "") -> Package:
        """The package that *wanted* asks for; raises PackageError."""
        package = self._find(self._pinned(wanted, asked_by))
        if not package.supports(self.interpreter):
            raise self._error(
                str(package),
                f"needs Python {package.requires_python}",
                "lock a version for the Python of these hosts, or give them another Python",
            )
        return package

    def _pinned(self, wanted: Pin, asked_by: str) -> Pin:
        """What exactly to look for."""
        if not wanted.name:
            installed = Installed.find_from(wanted.place)
            return Pin(installed.name, place=wanted.place) if installed else wanted
        pin = self.lock.find(wanted.name, self.interpreter.markers)
        if pin or wanted.place:
            return pin or wanted
        installed = Installed.find(wanted.name)
        if installed:
            return Pin(wanted.name, installed.version)
        raise self._missing(wanted.name, asked_by)

    def _missing(self, name: str, asked_by: str) -> PackageError:
        why = f"is needed by {asked_by}" if asked_by else "is required"
        if not self.lock.pins:
            return self._error(
                name, f"{why}, but not installed here", "make requirements.lock: batou lock"
            )
        return self._error(
            name,
            f"{why}, but requirements.lock does not have it",
            "requirements are locked for the Python that locks them: "
            "lock with the Python of these hosts, or name the package in requirements.txt",
        )

    def _find(self, pin: Pin) -> Package:
        installed = self._installed(pin)
        place = self.local(pin) or (installed.directory if installed else "")
        if place:
            return self._build(pin, place, installed.version if installed else "")
        reasons: list[str] = []
        package = installed.package() if installed else None
        if installed and package:
            changed = installed.changed_file(package, self.wheels.cache.digests)
            if changed:
                reasons.append(f"{changed!r} was changed after it was installed here")
                package = None
        if package and (
            package.fits(self.interpreter, self.here) or not package.supports(self.interpreter)
        ):
            return package
        is_compiled = package is not None and not package.is_pure
        return (
            self._fetched(pin, reasons)
            or self._plain(pin, package)
            or self._built(pin, is_compiled, reasons)
        )

    def _installed(self, pin: Pin) -> Installed | None:
        """What is installed here of the package, if it is what is wanted."""
        installed = Installed.find(pin.name) if pin.name else None
        if installed and pin.version and not installed.has_version(pin.version):
            return None
        return installed

    def local(self, pin: Pin) -> str:
        """The file or directory that *pin* names; empty if it names none of this machine."""
        place = pin.place.partition("#")[0]
        if place.startswith("file:"):
            place = unquote(urlsplit(place).path)
        elif "://" in place or not place:
            return ""
        for directory in self.directories:
            path = os.path.normpath(os.path.join(directory, self._inside(place)))
            if os.path.exists(path):
                return path
        raise self._error(
            pin.name or place, "is not there", "bring it back, or change requirements.txt"
        )

    def _inside(self, place: str) -> str:
        """*place* relative to the project if it is below it, so that a revision's copy is used."""
        relative = os.path.relpath(place, self.directories[-1]) if os.path.isabs(place) else place
        return place if relative.startswith("..") and os.path.isabs(place) else relative

    # The ways to a package

    def _fetched(self, pin: Pin, reasons: list[str]) -> Package | None:
        """The package from an index."""
        if not pin.version:
            return None
        try:
            return self.wheels.fetch(pin, self.interpreter, pin.name in SPEEDUPS)
        except NoWheel as error:
            reasons.append(str(error))
            return None

    def _plain(self, pin: Pin, installed: Package | None) -> Package | None:
        """The package without its compiled part, if it works like that."""
        if pin.name not in SPEEDUPS:
            return None
        if installed is None:
            try:
                installed = self.wheels.fetch(pin, self.here, is_optional=True)
            except NoWheel:
                return None
        return installed.without_compiled()

    def _built(self, pin: Pin, is_compiled: bool, reasons: list[str]) -> Package:
        """The package from its source; raises PackageError."""
        if not is_compiled:
            try:
                package = self.wheels.build(pin)
            except NoWheel as error:
                reasons.append(str(error))
            else:
                if package.fits(self.interpreter, self.here):
                    return package
                reasons.append(f"built here, it is for {tags(package)}")
        raise self._error(
            f"{pin.name or pin.place} {pin.version}".strip(),
            f"has no wheel for {self.interpreter}",
            "put one into a directory that requirements.txt names with --find-links, and lock again"
            ", or take a version that has one",
            tuple(("Answer", reason) for reason in dict.fromkeys(reasons)),
        )

    def _build(self, pin: Pin, place: str, version: str) -> Package:
        """The package from a file or directory; raises PackageError."""
        shown = pin.name or os.path.basename(place)
        try:
            package = self.wheels.build_from(place, version)
        except NoWheel as error:
            answer = (("Answer", str(error)),)
            raise self._error(
                shown, "cannot be built", f"try: pip wheel --no-deps {place}", answer
            ) from None
        if package.tags & self.interpreter.tags:
            return package
        raise self._error(
            str(package),
            f"has no wheel for {self.interpreter}",
            "batou builds local packages only if they are plain Python; "
            "put wheels of it into a directory that requirements.txt names with --find-links",
            (("Built", f"for {tags(package)}"), ("Directory", place)),
        )

    def _error(
        self, package: str, why: str, advice: str, facts: tuple[tuple[str, str], ...] = ()
    ) -> PackageError:
        return PackageError(repr(package), str(self.interpreter), why, advice, facts)


def tags(package: Package) -> str:
    """The tags of a package for people."""
    return ", ".join(sorted(map(str, package.tags))) or "nobody"
