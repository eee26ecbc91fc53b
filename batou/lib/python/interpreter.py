"""Interpreters: find one, ask it what it has, make an environment of it, run its pip."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batou.errors import CmdExecutionError, DeploymentError, UpdateNeeded
from batou.process import cmd

PROBE = """
import sys
sys.path[:] = [path for path in sys.path if path]
import json, os
try:
    from importlib import metadata
    found = [(each.metadata["Name"], each.version) for each in metadata.distributions()]
except ImportError:
    import pkg_resources
    found = [(each.project_name, each.version) for each in pkg_resources.working_set]
print(json.dumps([".".join(map(str, sys.version_info[:3])), found[::-1], sys.path]))
"""
"""Prints version, distributions and search path; also on Python 2.7. First on the path wins."""


@dataclass(eq=False)
class CannotMakeVirtualEnv(DeploymentError):
    """The host lacks what a virtual environment is made with."""

    problem: str
    advice: str

    def summary(self) -> str:
        return self.problem

    def hint(self) -> str | None:
        return self.advice


@dataclass(frozen=True)
class Inventory:
    """What an interpreter has: packages by their normalized names.

    *seen* are the times (ns) of the directories that packages are found in.
    """

    version: str
    packages: Mapping[str, str]
    seen: Mapping[str, int]

    def is_current(self) -> bool:
        return all(_mtime(path) == time for path, time in self.seen.items())


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return -1


def take_inventory(python: str) -> Inventory:
    """Ask the interpreter *python*. Raises UpdateNeeded if it does not answer."""
    if not os.path.exists(python):
        raise UpdateNeeded(f"{python!r} is missing")
    try:
        out, _ = cmd([python, "-E", "-s", "-c", PROBE])
        version, packages, paths = json.loads(out)
    except (CmdExecutionError, ValueError):
        raise UpdateNeeded(f"{python!r} does not work") from None
    named = {normalized(name): version for name, version in packages if name}
    return Inventory(version, named, {path: _mtime(path) for path in paths})


def normalized(requirement: str) -> str:
    """The name of a package as PEP 503 compares it.

    >>> normalized("Zope.Interface[test]")
    'zope-interface'
    """
    name = re.match(r"[\w.-]*", requirement)
    return re.sub(r"[-_.]+", "-", name[0] if name else "").lower()


def is_same_version(one: str, other: str) -> bool:
    """Whether both mean the same release.

    >>> is_same_version("1.0", "1.0.0")
    True
    """
    return _release(one) == _release(other)


def _release(version: str) -> str:
    return re.sub(r"(\.0)+$", "", version.strip().lower().removeprefix("v"))


def find_python(executable: str) -> str:
    """The path of *executable*.

    In the Nix store it is the real one: an environment that is bound to a profile
    breaks when the profile is switched. Raises CannotMakeVirtualEnv.
    """
    found = shutil.which(executable)
    if not found:
        raise CannotMakeVirtualEnv(
            f"this host has no {executable!r}",
            "install it, or give executable='…' with the name of another interpreter",
        )
    real, store = os.path.realpath(found), os.environ.get("NIX_STORE_DIR", "/nix/store")
    return real if real.startswith(f"{store}/") else found


def make_virtualenv(executable: str, directory: str, pip_wheel: str = "") -> None:
    """Make a virtual environment with pip in *directory*.

    pip comes from *pip_wheel*. Without one it comes with Python, and where that has no
    ``ensurepip`` from the wheel that ``$BATOU_PIP_WHEEL`` names. Raises
    CannotMakeVirtualEnv.
    """
    python = find_python(executable)
    missing = _missing_modules(python)
    wheel = pip_wheel or os.environ.get("BATOU_PIP_WHEEL", "")
    if "venv" in missing or (missing and not os.path.isfile(wheel)):
        raise CannotMakeVirtualEnv(
            f"{python!r} lacks the module {missing[0]!r}, which makes virtual environments",
            f"install {os.path.basename(executable)}-venv (Debian, Ubuntu), "
            "or for 'ensurepip' set BATOU_PIP_WHEEL to the path of a wheel of pip",
        )
    is_bare = bool(missing or pip_wheel)
    cmd([python, "-m", "venv", *(["--without-pip"] if is_bare else []), directory])
    if is_bare:
        own = os.path.join(directory, "bin", "python")
        options = ["--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
        cmd([own, "-I", os.path.join(wheel, "pip"), "install", *options, wheel])


def _missing_modules(python: str) -> list[str]:
    script = (
        "from importlib.util import find_spec; "
        "print(*[name for name in ('venv', 'ensurepip') if not find_spec(name)])"
    )
    out, _ = cmd([python, "-I", "-c", script])
    missing: list[str] = out.split()
    return missing


def pip(
    python: str,
    *args: str,
    timeout: Any = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> None:
    """Run pip of the interpreter *python*; *timeout* is that of its connections, in seconds."""
    isolated = "-Es" if "python2" in os.path.basename(python) else "-I"
    options = ["--disable-pip-version-check", "--no-input"]
    if timeout:
        options.append(f"--timeout={timeout}")
    cmd([python, isolated, "-m", "pip", *options, *args], env=env, cwd=cwd)
