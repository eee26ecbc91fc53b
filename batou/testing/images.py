"""`Images`: the image of each platform, built once for what its recipe says."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from batou.process import CmdExecutionError, cmd
from batou.testing.engine import Engine, at_once
from batou.testing.errors import EngineFailed, ImageFailed
from batou.testing.platforms import SHARED, Platform, containers

PLATFORM = "batou.platform"
RECIPE = "batou.recipe"
BASE = "batou.base"
"""Labels of images: the platform, the folder of its recipe, and what it was made from."""

OFFLINE = "BATOU_STAND_IN"
"""The variable that says, if set, that no registry is to be asked."""

TOOLS = ("mmdebstrap", "debootstrap")


@dataclass(frozen=True)
class Image:
    """An image of a platform."""

    name: str
    platform: str
    base: str
    recipe: str
    size: int
    """Bytes."""

    created: str

    @property
    def is_stand_in(self) -> bool:
        """Whether it was made from a base of ours, not from the platform's own."""
        return self.base.startswith("batou/")


class Images:
    """The images of platforms on an engine; *tell* is given a line about each step."""

    def __init__(self, engine: Engine, tell: Callable[[str], None] = lambda line: None) -> None:
        self.engine = engine
        self.tell = tell
        self._guards: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    # What is there

    def all(self) -> list[Image]:
        """Every image of a platform that is here."""
        return sorted(
            (
                Image(
                    name=name,
                    platform=labels[PLATFORM],
                    base=labels.get(BASE, ""),
                    recipe=labels.get(RECIPE, ""),
                    size=int(found.get("Size") or 0),
                    created=str(found.get("Created") or "")[:19],
                )
                for found in self.engine.labelled("image", PLATFORM)
                for labels in [found["Config"]["Labels"]]
                for name in [_ours(found.get("RepoTags") or [])]
            ),
            key=lambda image: (image.platform, image.name),
        )

    def current(self, platform: Platform) -> str | None:
        """The image of *platform* as its recipe is now, from its own base if there is one."""
        for base in _bases(platform):
            name = image_name(platform, base)
            if self.engine.has_image(name):
                return name
        return None

    # Making it

    def of(self, platforms: Iterable[Platform]) -> dict[str, str]:
        """The image of each platform by its name; what is missing is built, side by side.

        Raises ImageFailed.
        """
        wanted = {platform.name: platform for platform in platforms}
        present = at_once(partial(self.current, platform) for platform in wanted.values())
        found = dict(zip(wanted, present, strict=True))
        missing = [wanted[name] for name, image in found.items() if image is None]
        images = {name: image for name, image in found.items() if image is not None}
        self._tell_stand_ins(platform for name, platform in wanted.items() if name in images)
        return {**images, **(self.build_all(missing) if missing else {})}

    def build_all(self, platforms: Iterable[Platform]) -> dict[str, str]:
        """Build what is not there from its platform's own base; the images by platform."""
        wanted = list(platforms)
        with _alone():
            images = at_once(partial(self.build, platform) for platform in wanted)
        found = dict(zip((platform.name for platform in wanted), images, strict=True))
        self._tell_stand_ins(wanted)
        return found

    def _tell_stand_ins(self, platforms: Iterable[Platform]) -> None:
        for platform in platforms:
            if platform.caveat or self.current(platform) != image_name(platform, platform.base):
                self.tell(stand_in_notice(platform))

    def build(self, platform: Platform) -> str:
        """Build the image of *platform* if there is none from its own base; returns its name.

        Raises ImageFailed.
        """
        present = self.current(platform)
        if present == image_name(platform, platform.base):
            return present
        refusal = self._fetch(platform)
        base = platform.base
        if refusal:
            if present:
                return present
            base = self._stand_in(platform, refusal)
        begin = time.monotonic()
        self._build_from(platform, base)
        self._say(platform.name, "image built", begin)
        return image_name(platform, base)

    def _fetch(self, platform: Platform) -> str:
        """Have the platform's own base here; or why that cannot be."""
        if platform.base == "":
            return "the platform has no base of its own"
        if self.engine.has_image(platform.base):
            return ""
        if os.environ.get(OFFLINE):
            return f"{OFFLINE} is set"
        begin = time.monotonic()
        try:
            self.engine.call("pull", "-q", platform.base)
        except EngineFailed as error:
            return error.said.splitlines()[-1] if error.said else "no reason given"
        self._say(platform.name, f"{platform.base} fetched", begin)
        return ""

    def _stand_in(self, platform: Platform, refusal: str) -> str:
        """Have a base of our own; returns its name."""
        name = stand_in_name(platform)
        tool = next(filter(shutil.which, TOOLS), None)
        if name is None:
            raise ImageFailed(platform.name, f"{platform.base or 'its base'}: {refusal}")
        with self._guards[name]:
            if not self.engine.has_image(name):
                if tool is None:
                    advice = f"reach a registry, or install {' or '.join(TOOLS)} to make a base"
                    raise ImageFailed(platform.name, f"{platform.base}: {refusal}", advice)
                self._make_base(platform, name, tool)
        if platform.base:
            self.tell(f"{platform.name}: {platform.base.partition('@')[0]} not fetched: {refusal}")
        return name

    def _make_base(self, platform: Platform, name: str, tool: str) -> None:
        begin = time.monotonic()
        script = containers() / SHARED / "make-base"
        packages = ",".join((*platform.packages, *platform.stand_in_packages))
        with tempfile.TemporaryDirectory(prefix="batou-base-") as place:
            os.chmod(place, 0o755)  # mmdebstrap may work as another user
            file = os.path.join(place, "base.tar")
            try:
                cmd(["sh", str(script), file, platform.suite, packages])
            except CmdExecutionError as error:
                raise ImageFailed(platform.name, error.stderr.strip()) from None
            self.engine.call("import", "--change", f"LABEL {BASE}={platform.suite}", file, name)
        self._say(platform.name, f"base made by {tool}", begin)

    def _build_from(self, platform: Platform, base: str) -> None:
        stand_in = f"Debian {platform.suite}" if base != platform.base else ""
        arguments = {
            "BASE_IMAGE": base,
            "PACKAGES": " ".join(platform.packages),
            "STAND_IN": stand_in,
        }
        labels = {PLATFORM: platform.name, RECIPE: str(platform.folder), BASE: base}
        name = image_name(platform, base)
        with tempfile.TemporaryDirectory(prefix="batou-image-") as context:
            for file, path in platform.recipe().items():
                target = Path(context, file)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
            words = ["build", "-t", name, "-f", os.path.join(context, "Containerfile")]
            for key, value in arguments.items():
                words += ["--build-arg", f"{key}={value}"]
            for key, value in labels.items():
                words += ["--label", f"{key}={value}"]
            if stand_in:
                words += ["--network", "none"]
            try:
                self.engine.call(*words, context)
            except EngineFailed as error:
                raise ImageFailed(platform.name, error.said) from None

    def _say(self, platform: str, what: str, begin: float) -> None:
        self.tell(f"{platform}: {what} in {time.monotonic() - begin:.0f} s")

    # Removing it

    def prune(self, platforms: Iterable[Platform]) -> list[str]:
        """Remove images that no recipe makes any more, and their bases; returns their names.

        *platforms* stay, and so does what is current for the recipe that it was made of.
        """
        staying = {
            image_name(platform, base) for platform in platforms for base in _bases(platform)
        }
        going = []
        bases = set()
        for image in self.all():
            if image.name in staying or self._is_current(image):
                bases.add(image.base)
            else:
                going.append(image.name)
        for found in self.engine.labelled("image", BASE):
            name = _ours(found.get("RepoTags") or [])
            if PLATFORM not in found["Config"]["Labels"] and name not in bases:
                going.append(name)
        return [name for name in going if name and self._remove(name)]

    def _is_current(self, image: Image) -> bool:
        from batou.errors import ReportingException
        from batou.testing.platforms import read

        try:
            platform = read(Path(image.recipe))
        except (OSError, ReportingException):
            return False
        return any(image.name == image_name(platform, base) for base in _bases(platform))

    def _remove(self, name: str) -> bool:
        try:
            self.engine.call("image", "rm", name)
        except EngineFailed:
            return False  # a container of another run uses it
        return True


def image_name(platform: Platform, base: str) -> str:
    """What the image of *platform* that is made from *base* is called."""
    return f"batou/{platform.name}:{platform.digest(base)}"


def stand_in_notice(platform: Platform) -> str:
    """That an image is not what it stands for.

    >>> from batou.testing.platforms import platform
    >>> stand_in_notice(platform("ubuntu"))
    'ubuntu: STAND-IN: made from Debian bookworm, not from ubuntu:24.04'
    """
    wanted = platform.base.partition("@")[0] or f"a real {platform.name}"
    what = platform.caveat or f"made from Debian {platform.suite}, not from {wanted}"
    return f"{platform.name}: STAND-IN: {what}"


def stand_in_name(platform: Platform) -> str | None:
    """What a base of our own for *platform* is called; None if it has none."""
    if not platform.suite:
        return None
    script = (containers() / SHARED / "make-base").read_text()
    what = [script, platform.suite, *platform.packages, "", *platform.stand_in_packages]
    return f"batou/base:{hashlib.sha256(chr(0).join(what).encode()).hexdigest()[:12]}"


def _bases(platform: Platform) -> list[str]:
    """What the image of *platform* may be made from, the best first."""
    return [base for base in (platform.base, stand_in_name(platform)) if base]


def _ours(tags: list[str]) -> str:
    """The tag that we gave; podman puts the place of an image before it."""
    return next((tag.removeprefix("localhost/") for tag in tags if "batou/" in tag), "")


@contextmanager
def _alone() -> Iterator[None]:
    """No other batou of this user builds images meanwhile: it waits, and then finds them."""
    path = os.path.join(tempfile.gettempdir(), f"batou-images-{os.getuid()}.lock")
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
