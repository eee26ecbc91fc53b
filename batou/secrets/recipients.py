"""Who may read: from members, as written, to the keys that age encrypts for.

A member is an SSH public key (``ssh-…``), an age recipient (``age1…``), an
``https://…`` URL of a list of keys, or ``file:PATH``, such a list in the
project. Anything else is an error: a typo must not remove a person.

``age_keys.txt`` is the lock: the keys that members stood for when the secrets
were written. One can review it, and work with it where the network is missing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from batou.errors import Location
from batou.secrets.age import library_recipient
from batou.secrets.agefile import SSH_KINDS
from batou.secrets.errors import MemberError
from batou.secrets.fetching import CannotFetch, Fetch

BANNER = """\
# The keys that the secrets of this environment are encrypted for.
# batou writes this file when the members in secrets.cfg change: do not edit it.
"""
PLAIN_SSH = "# plain ssh public key"
PLAIN_AGE = "# plain age public key"
KEY_FILE = "# ssh key file from "


@dataclass(frozen=True)
class Group:
    """What one member stands for: a comment that says where from, and keys."""

    comment: str
    keys: tuple[str, ...]

    @property
    def identity(self) -> str:
        """What tells the member apart from others: its source, or the key itself."""
        return self.comment if self.comment.startswith(KEY_FILE) else " ".join(self.keys)

    @property
    def source(self) -> str:
        """Where the keys come from, if the member is a list of keys."""
        return self.comment.removeprefix(KEY_FILE) if self.comment.startswith(KEY_FILE) else ""


@dataclass(frozen=True)
class KeyLock:
    """The content of ``age_keys.txt``."""

    groups: tuple[Group, ...] = ()
    banner: str = BANNER

    @classmethod
    def parse(cls, text: str) -> "KeyLock":
        """Read the file; comments that say nothing about a member are its banner.

        >>> KeyLock.parse("# Hi\\n# plain age public key\\nage1x\\n").groups
        (Group(comment='# plain age public key', keys=('age1x',)),)
        """
        banner: list[str] = []
        groups: list[tuple[str, list[str]]] = []
        for line in map(str.strip, text.splitlines()):
            if line in (PLAIN_SSH, PLAIN_AGE) or line.startswith(KEY_FILE):
                groups.append((line, []))
            elif line and not line.startswith("#"):
                if not groups:
                    groups.append(("", []))
                groups[-1][1].append(line)
            elif not groups:
                banner.append(line + "\n")
        found = tuple(Group(comment, tuple(keys)) for comment, keys in groups)
        return cls(found, "".join(banner) or BANNER)

    def __str__(self) -> str:
        lines = [line for group in self.groups for line in (group.comment, *group.keys)]
        return self.banner + "".join(line + "\n" for line in lines)

    @property
    def keys(self) -> list[str]:
        """Every key once, whatever its comment."""
        by_material: dict[str, str] = {}
        for key in (key for group in self.groups for key in group.keys):
            by_material.setdefault(material(key), key)
        return list(by_material.values())

    def has_same_keys(self, other: "KeyLock") -> bool:
        """Whether the same keys can read, whatever their comments and order."""
        return {material(key) for key in self.keys} == {material(key) for key in other.keys}

    def is_made_of(self, members: Iterable[str]) -> bool:
        """Whether it was made of the same members."""
        wanted = [KEY_FILE + member if is_list(member) else member for member in members]
        return sorted(group.identity for group in self.groups) == sorted(wanted)


@dataclass(frozen=True)
class Resolver:
    """Turns members into keys: *fetch* gets URLs, *project* is where ``file:`` starts.

    *note* is told what people should know: keys that cannot be used, and when
    the lock stands in for a server.
    """

    project: Path
    fetch: Fetch
    note: Callable[[str], None]

    def resolve(self, members: Iterable[str], lock: KeyLock, place: Location) -> KeyLock:
        """The keys of *members*; raises MemberError, which points to *place*."""
        members = list(members)
        stand_in = lock if lock.is_made_of(members) else None
        try:
            for member in members:
                check_member(member)
            groups = tuple(self._group(member, stand_in, place) for member in members)
        except MemberError as error:
            error.location = error.location or place
            raise
        return KeyLock(groups, lock.banner)

    def _group(self, member: str, stand_in: KeyLock | None, place: Location) -> Group:
        if not is_list(member):
            library_recipient(member)
            return Group(PLAIN_AGE if member.startswith("age1") else PLAIN_SSH, (member,))
        comment = KEY_FILE + member
        try:
            return Group(comment, self._listed(member, self._text(member), place))
        except CannotFetch as error:
            for group in stand_in.groups if stand_in else ():
                if group.comment == comment and group.keys:
                    self.note(f"cannot reach {member} ({error}): using its keys in age_keys.txt")
                    return group
            advice = "try again with network; age_keys.txt helps only while members do not change"
            if member.startswith("file:"):
                advice = "make the file, or correct the member; its path begins at the project"
            raise MemberError(
                f"cannot read keys from {member}: {error}", place, [], advice
            ) from None

    def _text(self, member: str) -> str:
        if not member.startswith("file:"):
            return self.fetch(member)
        try:
            return (self.project / member.removeprefix("file:")).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise CannotFetch(reason) from None

    def _listed(self, member: str, text: str, place: Location) -> tuple[str, ...]:
        keys, skipped = listed_keys(text)
        for kind in skipped:
            self.note(f"{member}: skipped a key that age cannot use ({kind})")
        if not keys:
            raise MemberError(
                f"{member} lists no key that age can use",
                place,
                [("Expected", f"lines that begin with {', '.join(SSH_KINDS)} or age1")],
            )
        for key in keys:
            library_recipient(key)
        return tuple(keys)


def material(key: str) -> str:
    """A key without its comment.

    >>> material("ssh-rsa AAAA me@laptop")
    'ssh-rsa AAAA'
    """
    return " ".join(key.split()[:2])


def is_list(member: str) -> bool:
    """Whether *member* names a list of keys rather than being one."""
    return member.startswith(("https://", "file:"))


def check_member(member: str) -> None:
    """Raise MemberError unless *member* is of a kind that age knows."""
    if is_list(member) or member.startswith(("age1", *(kind + " " for kind in SSH_KINDS))):
        return
    kind = member.split(" ")[0]
    if member.startswith("http://"):
        problem = f"{member} is not https, so anybody on the way could add a key"
        advice = f"write {member.replace('http:', 'https:', 1)}"
    elif kind.startswith(("ssh-", "ecdsa-", "sk-")):
        problem = f"age cannot encrypt for {kind} keys"
        advice = f"use a key of kind {' or '.join(SSH_KINDS)}, or an age1… recipient"
    else:
        problem = f"{member!r} is no member that age knows"
        advice = "expected ssh-…, age1…, https://… or file:…; check it for a typo"
    raise MemberError(problem, advice=advice)


def listed_keys(text: str) -> tuple[list[str], list[str]]:
    """The keys in *text*, sorted, and the kinds of those that age cannot use.

    >>> listed_keys("# me\\nssh-rsa AAAA me\\necdsa-sha2-nistp256 BBBB\\n")
    (['ssh-rsa AAAA me'], ['ecdsa-sha2-nistp256'])
    """
    lines = [line.strip() for line in text.splitlines()]
    keys = {line for line in lines if line.startswith(("age1", *(k + " " for k in SSH_KINDS)))}
    others = [line.split(" ")[0] for line in lines if line.startswith(("ssh-", "ecdsa-", "sk-"))]
    return sorted(keys), [kind for kind in others if kind not in SSH_KINDS]
