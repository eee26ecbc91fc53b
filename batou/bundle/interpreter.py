"""`Interpreter`: the kind of Python that a host has, and which packages it can load. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags

from batou.bundle.errors import StrangeFacts

SHORT = {"cpython": "cp", "pypy": "pp", "graalpy": "graalpy"}
LONG = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalVM"}

NARROW = {"x86_64": "i686", "aarch64": "armv7l", "armv8l": "armv7l", "i386": "i686", "i586": "i686"}
"""What a machine is called when its Python has 32 bits."""

OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
"""Names of manylinux from before they had the version of glibc in them (PEP 600), by its minor."""

NEWEST_MINOR = 200
"""Beyond any version of a libc; what a host reports is not believed further than that."""


@dataclass(frozen=True)
class Interpreter:
    """The kind of a host's Python, as stage zero tells it.

    *libc* is ``("glibc", "2.36")`` or ``("musl", "1.2.5")``; Pythons on musl older
    than 3.14 tell nothing, ``("", "")``.
    """

    implementation: str
    version: tuple[int, int]
    machine: str
    system: str
    libc: tuple[str, str]
    micro: int = 0
    bits: int = 64
    abiflags: str = ""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Interpreter":
        """The kind that a host's *facts* describe; raises StrangeFacts."""
        major, minor, micro = _numbers(facts.get("python"))
        libc = facts.get("libc") or ("", "")
        name, version = libc if isinstance(libc, (list, tuple)) and len(libc) == 2 else ("?", "?")
        return cls(
            _word("implementation", facts.get("implementation")),
            (major, minor),
            _word("machine", facts.get("machine")),
            _word("system", facts.get("system")),
            (_word("libc", name or "unknown").replace("unknown", ""), _dotted(version)),
            micro,
            32 if facts.get("pointer") == 32 else 64,
            "t" if "t" in str(facts.get("abiflags", "")) else "",
        )

    @classmethod
    def here(cls) -> "Interpreter":
        """The kind that this process runs on."""
        import sys

        from batou.agent.stage0 import facts

        return cls.of({**facts(), "abiflags": getattr(sys, "abiflags", "")})

    def __str__(self) -> str:
        place = next(self.platforms(), f"{self.system} {self.machine}")
        return f"{self.tag} {place}"

    @property
    def tag(self) -> str:
        """Implementation and version as in names of wheels."""
        short = SHORT.get(self.implementation, self.implementation)
        return f"{short}{self.version[0]}{self.version[1]}{self.abiflags}"

    def platforms(self) -> Iterator[str]:
        """Platform tags that it runs, best first; none are known but those of Linux."""
        if self.system != "Linux":
            return
        machine = NARROW.get(self.machine, self.machine) if self.bits == 32 else self.machine
        major, _, minor = self.libc[1].partition(".")
        if self.libc[0] == "glibc":
            oldest = 5 if machine in ("x86_64", "i686") else 17
            for number in range(_minor(minor), oldest - 1, -1):
                yield f"manylinux_2_{number}_{machine}"
                if number in OLD_NAMES:
                    yield f"{OLD_NAMES[number]}_{machine}"
        else:  # musl; 1.2 is older than any Python that batou runs on
            newest = _minor(minor) if self.libc[0] == "musl" and major == "1" else 2
            for number in range(newest, -1, -1):
                yield f"musllinux_1_{number}_{machine}"

    @cached_property
    def tags(self) -> frozenset[Tag]:
        """The tags of wheels that it can load, those made for one machine only left out."""
        platforms = list(self.platforms()) or ["any"]
        tags = set(compatible_tags(self.version, self.tag.rstrip("t"), platforms))
        if self.implementation == "cpython":
            tags |= set(cpython_tags(self.version, [self.tag], platforms))
        return frozenset(tags)

    def loads_compiled_for(self, other: "Interpreter") -> bool:
        """Whether what was compiled on a machine like *other* can be loaded."""
        mine = (self.implementation, self.version, self.machine, self.bits, self.abiflags)
        if mine != (other.implementation, other.version, other.machine, other.bits, other.abiflags):
            return False
        same = (self.system, self.libc[0]) == (other.system, other.libc[0])
        return same and _version(self.libc[1]) >= _version(other.libc[1])

    @property
    def markers(self) -> dict[str, str]:
        """The values of environment markers (PEP 508), as far as facts tell them."""
        major, minor = self.version
        full = f"{major}.{minor}.{self.micro}"
        return {
            "implementation_name": self.implementation,
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": LONG.get(self.implementation, self.implementation),
            "platform_release": "0",
            "platform_system": self.system,
            "platform_version": "0",
            "python_full_version": full,
            "python_version": f"{major}.{minor}",
            "sys_platform": self.system.lower(),
        }


def _word(fact: str, value: object) -> str:
    """*value* if it is one word that can stand in a tag."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value):
        return value
    raise StrangeFacts(fact, repr(value)[:80])


def _numbers(value: object) -> tuple[int, int, int]:
    if isinstance(value, (list, tuple)) and len(value) == 3:
        major, minor, micro = value
        if all(type(number) is int and 0 <= number < 1000 for number in value):
            return major, minor, micro
    raise StrangeFacts("version", repr(value)[:80])


def _dotted(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"(\d{1,4}(\.\d{1,4}){0,3})?", value):
        return value
    raise StrangeFacts("libc", repr(value)[:80])


def _minor(text: str) -> int:
    return min(int(text.split(".")[0] or 0), NEWEST_MINOR)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part)
