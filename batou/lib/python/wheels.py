"""Packages as artifacts: wheels that the controller has fetched for the Python of this host."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from batou.artifacts import Artifact, Found

LIST = "requirements.txt"


def wheels(
    name: str,
    lines: Sequence[str],
    version: str,
    with_dependencies: bool = False,
    options: Sequence[str] = (),
    directory: str = "",
    env: Mapping[str, str] | None = None,
    is_lenient: bool = False,
) -> Artifact:
    """The artifact with the wheels that *lines* of a requirements file stand for.

    They are for Python *version*. *options* are those of pip, *directory* is where
    paths are relative to, *env* what pip finds in its environment. If it *is_lenient*,
    packages that cannot be had are left out.
    """
    about = (list(lines), version, with_dependencies, list(options), is_lenient)
    return Artifact("wheels", about, name, {"directory": directory, "env": dict(env or {})})


def logical_lines(text: str) -> list[str]:
    r"""The lines of a requirements file, continued ones joined, without comments.

    >>> logical_lines("a==1 \\\n  --hash=sha256:00  # why\n\n# b\n")
    ['a==1 --hash=sha256:00']
    """
    joined = re.sub(r"\\\n\s*", "", text)
    lines = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in joined.splitlines())
    return [" ".join(line.split()) for line in lines if line]


def pip_itself(version: str) -> Artifact:
    """pip as an artifact, for hosts whose Python *version* comes without."""
    return wheels("pip", ["pip"], version)


@contextmanager
def staged(found: Found, has_copies: bool = False) -> Iterator[str]:
    """A directory in which the wheels have the names that pip needs.

    They are links, unless it *has_copies*, for programs that look where links lead.
    There also is a requirements file, `LIST`, that pins them by version and digest.
    """
    with tempfile.TemporaryDirectory(prefix="batou-wheels-") as directory:
        for name, path in found.files.items():
            place = os.path.join(directory, os.path.basename(name))
            if has_copies:
                shutil.copyfile(path, place)
            else:
                os.symlink(os.path.abspath(path), place)
        with open(os.path.join(directory, LIST), "w", encoding="utf-8") as file:
            file.writelines(f"{pin(name, path)}\n" for name, path in found.files.items())
        yield directory


def pin(wheel: str, path: str) -> str:
    """What pins a wheel that was shipped: its digest is the name of its file.

    >>> pin("zc.recipe.egg-2.0.7-py3-none-any.whl", "/srv/.batou/artifacts/00ff")
    'zc.recipe.egg==2.0.7 --hash=sha256:00ff'
    """
    name, version = wheel.split("-")[:2]
    return f"{name}=={version} --hash=sha256:{os.path.basename(path)}"


@contextmanager
def staged_wheel(found: Found | None) -> Iterator[str]:
    """The path of the only wheel, under its own name; empty if it was not shipped."""
    if found is None:
        yield ""
        return
    (name,) = found.files
    with staged(found) as directory:
        yield os.path.join(directory, os.path.basename(name))


def offline(directory: str) -> list[str]:
    """Options that let pip take packages from *directory* and from nowhere else."""
    return ["--no-index", f"--find-links={directory}"]
