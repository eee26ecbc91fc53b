"""Wheels for the Python of a host, with what they depend on.

Environment markers are evaluated for that Python, which pip cannot do for
another one than its own. So dependencies are followed here: each round asks pip
for all that is not there yet, and whatever contradicts an earlier choice is
chosen again with both demands.
"""

import importlib.metadata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from batou.artifacts import Artifact
from batou.bundle.fetch.desk import Desk, Fetched, NotFetched
from batou.bundle.fetch.needs import Need
from batou.bundle.fetch.pip import Pip, Wheel
from batou.bundle.interpreter import Interpreter
from batou.bundle.lock import applies
from batou.project import launcher
from batou.report import output

ROUNDS = 100
"""After so many it is believed that demands contradict each other."""


def fetch(artifact: Artifact, desk: Desk) -> Fetched:
    """The wheels; fetched once for each kind of Python."""
    lines, version, with_dependencies, options, is_lenient = artifact.wanted
    interpreter = target(desk.interpreter, version)
    if artifact.name == "pip":
        lines = [f"pip=={importlib.metadata.version('pip')}"]
    needs = needed(lines, interpreter)
    pip = Pip(interpreter, artifact.how["directory"] or desk.directory, artifact.how["env"])
    pip.is_lenient = is_lenient
    pip.options = [*usable(options), *(line for line in lines if is_option(line))]
    key = launcher.digest("wheels", artifact.key, repr(interpreter), *pip.local_state(needs))

    def make() -> Fetched:
        output.line(f"Fetching {artifact.name} for {interpreter}")
        with desk.scratch() as directory:
            pip.place = directory
            found = gather(pip, needs, with_dependencies)
            return Fetched({wheel.filename: desk.artifacts.add(wheel.path) for wheel in found})

    return desk.remembered(key, make)


def target(interpreter: Interpreter, version: str) -> Interpreter:
    """The kind of Python *version* on a host that runs batou with *interpreter*."""
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if len(numbers) < 2 or numbers == interpreter.version:
        return interpreter
    return replace(interpreter, version=(numbers[0], numbers[1]), micro=0, abiflags="")


def is_option(line: str) -> bool:
    """Whether a line of a requirements file is for pip, not about a package."""
    return line.startswith("-") and not line.startswith(("-e", "--editable"))


TAKING = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host")
"""Options that matter for what is found; each has a value."""


def usable(options: Iterable[str]) -> list[str]:
    """Those of pip's install options that say where packages are found, as lines.

    >>> usable(["--pre", "-f", "wheels", "--no-compile", "--index-url=https://example.com"])
    ['--pre', '-f wheels', '--index-url=https://example.com']
    """
    found: list[str] = []
    words = iter(options)
    for word in words:
        if word in TAKING:
            found.append(f"{word} {next(words, '')}")
        elif word in ("--pre", "--no-index") or word.startswith(tuple(f"{o}=" for o in TAKING)):
            found.append(word)
    return found


def needed(lines: Iterable[str], interpreter: Interpreter) -> list[Need]:
    """What *lines* of a requirements file ask for where Python is *interpreter*."""
    found = []
    for line in lines:
        if is_option(line):
            if line.startswith(("-r", "-c", "--requirement", "--constraint")):
                raise NotFetched(f"it includes another file: {line!r}", "put all into one file")
            continue
        need, marker = Need.parse(line)
        if applies(marker, interpreter.markers):
            found.append(need)
    return found


def gather(pip: Pip, needs: Iterable[Need], with_dependencies: bool) -> list[Wheel]:
    """The wheels that *needs* stand for, sorted by name; raises NotFetched."""
    chosen: dict[str, Wheel] = {}
    demands: dict[str, list[Requirement]] = {}
    extras: dict[str, set[str]] = {}
    pending = list(needs)
    for _ in range(ROUNDS):
        if not pending:
            return [chosen[name] for name in sorted(chosen)]
        for need in pending:
            extras.setdefault(need.name, set()).update(need.extras)
        fresh = pip.wheels(pending)
        chosen.update(fresh)
        if not with_dependencies:
            pending = []
            continue
        following = list(fresh)
        pending = followed(following, chosen, demands, extras, pip.interpreter.markers)
    raise NotFetched("what it depends on contradicts itself")


def followed(
    fresh: list[str],
    chosen: dict[str, Wheel],
    demands: dict[str, list[Requirement]],
    extras: dict[str, set[str]],
    markers: Mapping[str, str],
) -> list[Need]:
    """What wheels called *fresh* depend on and *chosen* does not have, or not so."""
    missing: dict[str, Need] = {}
    while fresh:
        wheel = chosen[fresh.pop()]
        for demand in wheel.requires:
            if not applies(str(demand.marker or ""), markers, extras.get(wheel.name, ())):
                continue
            name = str(canonicalize_name(demand.name))
            demands.setdefault(name, []).append(demand)
            wanted = extras.setdefault(name, set())
            has_new_extras = not demand.extras <= wanted
            wanted |= demand.extras
            if name not in chosen or not chosen[name].satisfies(demand):
                missing[name] = Need.of(name, demands[name], wanted)
            elif has_new_extras:
                fresh.append(name)
    return list(missing.values())
