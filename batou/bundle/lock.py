"""Requirements and their lock, as a bundle needs them. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from batou.project import launcher


@dataclass(frozen=True)
class Pin:
    """What a line of a lock or of requirements.txt asks for.

    A package has a *version* if it comes from an index, or else a *place*: a URL,
    or a path relative to the project. A place may be all that is said, then the
    name is empty.
    """

    name: str = ""
    version: str = ""
    place: str = ""
    hashes: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    marker: str = ""

    def __repr__(self) -> str:
        given = [repr(value) for value in (self.name, self.version) if value]
        for key in ("place", "hashes", "extras", "marker"):
            given += [f"{key}={value!r}"] if (value := getattr(self, key)) else []
        return f"Pin({', '.join(given)})"

    @property
    def requirement(self) -> str:
        """What to tell pip, hashes included."""
        hashes = "".join(f" --hash={digest}" for digest in self.hashes)
        if self.place:
            return (f"{self.name} @ " if self.name else "") + self.place + hashes
        return f"{self.name}=={self.version}{hashes}"

    def applies(self, markers: Mapping[str, str], extras: Iterable[str] = ()) -> bool:
        """Whether it is wanted where the environment markers have these values."""
        return applies(self.marker, markers, extras)


def applies(marker: str, markers: Mapping[str, str], extras: Iterable[str] = ()) -> bool:
    """Whether *marker* is true for one of *extras*, or without any.

    >>> applies('python_version < "3.12"', {"python_version": "3.13"})
    False
    """
    if not marker:
        return True
    parsed = Marker(marker)
    return any(parsed.evaluate({**markers, "extra": extra}) for extra in ("", *extras))


def parse(line: str) -> Pin | None:
    """The pin that a logical line of a requirements file is; None for options.

    >>> parse("jinja2==3.1.6 --hash=sha256:00")
    Pin('jinja2', '3.1.6', hashes=('sha256:00',))
    >>> parse("-e ./pkg")
    Pin(place='./pkg')
    """
    editable = re.match(r"(-e|--editable)[ =]\s*", line)
    text = line[editable.end() :] if editable else line
    if text.startswith("-"):
        return None
    hashes = tuple(sorted(re.findall(r"--hash[= ](\S+)", text)))
    text = re.sub(r"\s--[a-z-]+[= ]\S+", "", text).strip()
    try:
        return _named(Requirement(text), hashes)
    except (InvalidRequirement, InvalidMarker):
        place, _, marker = text.partition(" ;")
        name = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", place)
        canonical = str(canonicalize_name(name[1])) if name else ""
        path, _, extras = place.partition("[")
        wanted = tuple(sorted(re.findall(r"[\w.-]+", extras)))
        return Pin(canonical, "", path, hashes, wanted, marker.strip())


def _named(requirement: Requirement, hashes: tuple[str, ...]) -> Pin:
    exact = [item.version for item in requirement.specifier if item.operator in ("==", "===")]
    return Pin(
        str(canonicalize_name(requirement.name)),
        exact[0] if exact and not requirement.url else "",
        requirement.url or "",
        hashes,
        tuple(sorted(requirement.extras)),
        str(requirement.marker or ""),
    )


@dataclass(frozen=True)
class Lock:
    """The pins of a lock, and where the project says that packages are found."""

    pins: tuple[Pin, ...] = ()
    options: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, text: str, options: Iterable[str] = ()) -> "Lock":
        """The lock with this text; *options* are lines for pip."""
        found = [parse(line) for line in launcher.logical_lines(text)]
        return cls(tuple(pin for pin in found if pin), tuple(options))

    def find(self, name: str, markers: Mapping[str, str]) -> Pin | None:
        """The pin of a package where the environment markers have these values."""
        for pin in self.pins:
            if pin.name == name and pin.applies(markers):
                return pin
        return None


@dataclass(frozen=True)
class Requirements:
    """What a project asks for, and its lock."""

    wanted: tuple[Pin, ...]
    lock: Lock

    @classmethod
    def read(cls, directory: str, platform: str = "") -> "Requirements":
        """The requirements of the project in *directory*.

        The lock is ``requirements-PLATFORM.lock`` if there is one.
        """
        asked = launcher.Requirements(directory)
        text = launcher.content(directory, f"requirements-{platform}.lock") if platform else ""
        text = text or launcher.content(directory, "requirements.lock")
        wanted = [parse(line) for line in asked.wanted]
        return cls(
            tuple(pin for pin in wanted if pin and pin.name != "batou"),
            Lock.of(text, asked.options),
        )
