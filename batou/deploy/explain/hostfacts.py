"""Facts about a root and its host, and where the environment says them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from batou.deploy.explain import source
from batou.deploy.explain.attributes import SECRET, Subject
from batou.deploy.explain.explanation import Fact
from batou.deploy.explain.loading import secrets_files
from batou.environment import Config, ConfigSection, Environment, Secret
from batou.errors import Location
from batou.host import Host


@dataclass(frozen=True)
class Places:
    """Where ``environment.cfg`` speaks about a host."""

    environment: ConfigSection
    host: ConfigSection | None
    assignment: Location | None

    @classmethod
    def of(cls, environment: Environment, host: Host) -> "Places":
        """Read the file again, for its places only."""
        config = Config(environment._file, environment._shown(environment._file))
        general = config.get("environment") or ConfigSection()
        short = config.get("hosts") or ConfigSection()
        for name in (host._name, f"!{host._name}"):
            section = config.get(f"host:{name}")
            if section is not None:
                return cls(general, section, section.location("components"))
            if name in short:
                return cls(general, None, short.location(name))
        return cls(general, None, None)


def facts(subject: Subject, places: Places) -> Iterator[Fact]:
    """All facts about *subject* and its host."""
    root = subject.root
    base = subject.environment.base_dir
    yield Fact("class", root.factory.__name__, source.class_place(root.factory, base))
    yield _platform(subject, places)
    yield _companion(subject)
    if root.features:
        yield Fact("features", ", ".join(root.features), places.assignment)
    yield _workdir(subject)
    if root.ignore or root.host.ignore:
        what = "the host" if root.host.ignore else "the component"
        yield Fact("ignored", f"yes: {what} is not deployed", places.assignment)
    for key, value in sorted(root.host.data.items()):
        yield _data(subject, places, key, value)


def _platform(subject: Subject, places: Places) -> Fact:
    environment, host = subject.environment, subject.root.host
    if not host.platform:
        return Fact("platform", "none")
    if places.host is not None and "platform" in places.host:
        return Fact("platform", host.platform, places.host.location("platform"))
    for key in ("platform", "host_domain"):
        if places.environment.get(key) == host.platform == environment.platform:
            note = "the default is host_domain" if key == "host_domain" else ""
            return Fact("platform", host.platform, places.environment.location(key), note)
    return Fact("platform", host.platform, None, "as asked for with --platform")


def _companion(subject: Subject) -> Fact:
    known = sorted(subject.kind.__dict__.get("_platforms", {}))
    companion = getattr(subject.component, "_platform_component", None)
    if companion is not None:
        kind = type(companion)
        place = source.class_place(kind, subject.environment.base_dir)
        return Fact("companion", kind.__name__, place)
    if not known:
        return Fact("companion", "none")
    return Fact("companion", f"none; there are some for {', '.join(map(repr, known))}")


def _workdir(subject: Subject) -> Fact:
    base = subject.environment.base_dir
    workdir = getattr(subject.component, "workdir", None) or subject.root.workdir
    shown = os.path.relpath(workdir, base) if os.path.isabs(workdir) else workdir
    shown = workdir if shown.startswith("..") else shown
    own = [assignment for assignment in subject.assignments if assignment.name == "workdir"]
    if own and own[-1].kind == "configure":
        return Fact("workdir", shown, Location(source.shown(own[-1].path, base), own[-1].line))
    place = subject.environment._override_locations.get((subject.root.name, "workdir"))
    return Fact("workdir", shown, place)


def _data(subject: Subject, places: Places, key: str, value: str) -> Fact:
    name = f"data-{key}"
    if isinstance(value, Secret):
        return Fact(name, SECRET, _secret_place(subject, key))
    section = places.host
    place = section.location(name) if section is not None and name in section else None
    return Fact(name, subject.text(value), place)


def _secret_place(subject: Subject, key: str) -> Location | None:
    """The line in the secrets, or at least their file."""
    environment, host = subject.environment, subject.root.host
    known = environment._override_locations
    for name in (host._name, host.name):
        if place := known.get((f"host:{name}", key)):
            return place
    files = secrets_files(environment)
    return Location(files[0]) if files else None
