"""`Need`: a package as pip is asked for it. Pure."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Need:
    """*text* is a requirement without marker and hashes.

    *place* is a path or URL if it does not come from an index; then *name* may be
    empty.
    """

    text: str
    name: str = ""
    hashes: tuple[str, ...] = ()
    extras: frozenset[str] = field(default_factory=frozenset)
    place: str = ""

    @classmethod
    def parse(cls, line: str) -> tuple["Need", str]:
        """The need that a line of a requirements file is, and its marker.

        >>> Need.parse("six>=1 ; python_version < '3' --hash=sha256:00")
        (Need(text='six>=1', name='six', hashes=('sha256:00',), ...), 'python_version < "3"')
        """
        text = re.sub(r"^(-e|--editable)[ =]\s*", "", line)
        hashes = tuple(sorted(re.findall(r"--hash[= ](\S+)", text)))
        text = re.sub(r"\s--[a-z-]+[= ]\S+", "", text).strip()
        try:
            found = Requirement(text)
        except InvalidRequirement:
            place, _, marker = text.partition(" ;")
            return cls(place.strip(), place=place.strip(), hashes=hashes), marker.strip()
        name, extras = str(canonicalize_name(found.name)), frozenset(found.extras)
        marker = str(found.marker or "")
        if found.url:
            return cls(found.url, name, hashes, extras, found.url), marker
        return cls(asked(name, extras, found.specifier), name, hashes, extras), marker

    @classmethod
    def of(cls, name: str, demands: Iterable[Requirement], extras: Collection[str]) -> "Need":
        """What satisfies all *demands* for the package *name*."""
        demands = list(demands)
        places = sorted({demand.url for demand in demands if demand.url})
        if places:
            return cls(places[0], name, extras=frozenset(extras), place=places[0])
        specifier = SpecifierSet()
        for demand in demands:
            specifier &= demand.specifier
        return cls(asked(name, extras, specifier), name, extras=frozenset(extras))


def asked(name: str, extras: Collection[str], specifier: SpecifierSet) -> str:
    """A requirement as text.

    >>> asked("a", {"x"}, SpecifierSet("<3,>=1"))
    'a[x]<3,>=1'
    """
    shown = f"[{','.join(sorted(extras))}]" if extras else ""
    return f"{name}{shown}{specifier}"
