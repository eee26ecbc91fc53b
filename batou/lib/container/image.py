"""`Image`: what containers are made of, and always the same."""

import hashlib
import os
import re
import tarfile
from typing import Any

from batou import artifacts
from batou.artifacts import Artifact
from batou.component import Component
from batou.errors import ConfigurationError, UpdateNeeded
from batou.lib.container.engine import ENGINES, Engine
from batou.lib.container.errors import NoEngine

DIGEST = re.compile(r"(?P<name>[\w./:-]+)@sha256:(?P<digest>[0-9a-f]{64})")
HOME = "localhost/batou"
"""Where the names of images begin that are ours; no registry has them."""


class Image(Component):
    """An image that the engine has, known by its content.

    *image* is ``NAME@sha256:DIGEST``, which the host pulls; or with *archive*, relative to the
    definition's directory, a name for what is in this file that ``docker save`` has made.
    With *ship* the controller pulls it and ships it, for hosts without a registry. After
    configure ``local_name`` is what the engine of the host calls it.
    """

    namevar = "image"

    image: str
    archive: str | None = None
    ship = False
    engine: str | None = None

    local_name: str
    _engine: Engine
    _artifact: Artifact | None = None

    def configure(self) -> None:
        self._engine = checked_engine(self, self.engine)
        if self.archive:
            self.archive = os.path.join(self.defdir, self.archive)
            digest = self._digest_of(self.archive)
            name = self.image
        else:
            match = DIGEST.fullmatch(self.image)
            if not match:
                raise ConfigurationError.from_context(
                    f"image {self.image!r} has no digest, expected NAME@sha256:… with 64 digits; "
                    "docker image inspect tells it as RepoDigests",
                    self,
                )
            name, digest = match["name"], match["digest"]
            if self.ship or self._is_isolated():
                self._artifact = artifacts.want(self, self._shipped())
        word = re.sub(r"[^a-z0-9]+", "-", re.sub(r":[\w.-]*$", "", name).lower()).strip("-")
        self.local_name = f"{HOME}/{word or 'image'}:{digest[:32]}"

    def _is_isolated(self) -> bool:
        return getattr(self.host, "artifacts", None) == "controller"

    def _digest_of(self, archive: str) -> str:
        """Of the list of what is in *archive*, which names each part by its digest."""
        try:
            with tarfile.open(archive) as members:
                names = members.getnames()
                index = "manifest.json" if "manifest.json" in names else "index.json"
                file = members.extractfile(index)
                assert file is not None
                return hashlib.sha256(file.read()).hexdigest()
        except (OSError, tarfile.TarError, KeyError, AssertionError) as error:
            raise ConfigurationError.from_context(
                f"{archive!r} is no archive of an image, expected what docker save makes: {error}",
                self,
            ) from None

    def _shipped(self) -> Artifact:
        """The image as an artifact: the controller's engine saves it into a file."""

        def make(path: str) -> None:
            engine = Engine()
            if engine.inspect("image", self.image) is None:
                engine.run("pull", self.image)
            engine.run("save", f"--output={path}", self.image)

        return Artifact("made", ("image", self.image), f"image {self.image}", {"make": make})

    def verify(self, predicting: bool = False) -> None:
        if ask(self._engine, "image", self.local_name, predicting) is None:
            raise UpdateNeeded("the engine does not have it")

    def update(self) -> None:
        found = artifacts.find(self, self._artifact) if self._artifact else None
        if self.archive or found:
            loaded = self._engine.load(self.archive or found.path)  # type: ignore[union-attr]
        else:
            loaded = self.image
            self._engine.run("pull", self.image)
        self._engine.run("tag", loaded, self.local_name)


def checked_engine(component: Component, name: str | None) -> Engine:
    """The engine called *name*; raises ConfigurationError if there is no such one."""
    if name is not None and name not in ENGINES:
        raise ConfigurationError.from_context(
            f"engine is {name!r}, expected {' or '.join(map(repr, ENGINES))}", component
        )
    return Engine(name)


def ask(engine: Engine, kind: str, name: str, predicting: bool) -> dict[str, Any] | None:
    """What *engine* knows; when *predicting* without one, UpdateNeeded.

    Raises NoEngine.
    """
    try:
        return engine.inspect(kind, name)
    except NoEngine as error:
        if predicting:
            raise UpdateNeeded(f"cannot tell: {error.summary()}") from None
        raise
