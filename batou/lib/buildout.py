"""`Buildout`: run zc.buildout in a virtual environment."""

import os
import re
from collections.abc import Iterator, Mapping
from configparser import Error as ConfigParserError
from configparser import RawConfigParser
from contextlib import contextmanager
from typing import Any

from batou import artifacts
from batou.artifacts import Artifact, Found
from batou.component import Component
from batou.errors import CmdExecutionError, ConfigurationError, UpdateNeeded
from batou.lib.file import File
from batou.lib.python import Package, VirtualEnv
from batou.lib.python.wheels import staged, wheels
from batou.process import cmd
from batou.report import output

SUCCESS = ".batou.buildout.success"


class BuildoutUsageError(ConfigurationError, ValueError):
    """`Buildout` is used wrongly; ValueError is what 2.x raised."""


class Buildout(Component):
    """Install zc.buildout *version* into a virtual environment of *python*, and run it.

    *config* is a component or several, by default the file ``buildout.cfg`` of the
    definition's directory, unless *use_default* is off; *additional_config* are
    components, too. *distribute*, *setuptools*, *wheel*, *pip* and *packaging* are
    versions. *timeout* (seconds) is the environment's by default. Values of
    *build_env* may refer to variables of the environment, as ``{PATH}:/opt/bin``.

    Eggs with pinned versions come from the controller if it can fetch them.
    """

    timeout: Any = None
    use_default: bool = True
    config: Any = None
    additional_config: Any = ()
    config_file_name: str = "buildout.cfg"
    python: str | None = None
    executable: str | None = None
    distribute: str | None = None
    setuptools: str | None = None
    wheel: str | None = None
    pip: str | None = None
    packaging: str | None = None
    version: str | None = None
    build_env: Mapping[str, str] = {}

    _eggs: Artifact | None = None

    def __init__(self, namevar: Any = None, **kw: Any) -> None:
        super().__init__(namevar, **kw)
        self.build_env = dict(self.build_env)  # the class's is shared

    def configure(self) -> None:
        if self.timeout is None:
            self.timeout = self.environment.timeout
        if not (self.distribute or self.setuptools):
            raise BuildoutUsageError("Buildout needs setuptools='VERSION'", self)
        if not self.python:
            raise BuildoutUsageError("Buildout needs python='VERSION', such as '3.11'", self)
        self.config = self._configs()
        for component in [*self.config, *self.additional_config]:
            self += component
        venv = VirtualEnv(self.python, executable=self.executable)
        self += venv
        for name in ("distribute", "setuptools", "wheel", "pip", "packaging"):
            if wanted := getattr(self, name):
                venv += Package(name, version=wanted, timeout=self.timeout)
        venv += Package(
            "zc.buildout", version=self.version, dependencies=False, timeout=self.timeout
        )

        configs = [*self.config, *self.additional_config]
        lines = [line for config in configs for line in pins(getattr(config, "content", b""))]
        if lines:
            name, version = f"eggs of {self.config_file_name}", str(self.python)
            eggs = wheels(name, sorted(set(lines)), version, is_lenient=True)
            self._eggs = artifacts.want(self, eggs)

    def _configs(self) -> list[Component]:
        if isinstance(self.config, Component):
            return [self.config]
        if not self.config and self.use_default:
            return [File("buildout.cfg", template_context=self.parent)]
        return list(self.config or ())

    def verify(self) -> None:
        installed = ".installed.cfg"
        if not os.path.exists("bin/buildout"):
            raise UpdateNeeded("'bin/buildout' is missing")
        configs = [component.path for component in [*self.config, *self.additional_config]]
        self.assert_file_is_current(installed, ["bin/buildout", *configs])
        self.assert_file_is_current(SUCCESS, [installed])
        self.assert_no_subcomponent_changes()

    def update(self) -> None:
        timeout = ["-t", str(self.timeout)] if self.timeout else []
        command = ["bin/buildout", *timeout, "-c", self.config_file_name]
        found = artifacts.find(self, self._eggs) if self._eggs else None
        with safe_environment(self.build_env):
            if found is None or not self._run_offline(command, found):
                cmd(command)
        self.touch(SUCCESS)

    def _run_offline(self, command: list[str], found: Found) -> bool:
        """Run buildout with the eggs that were shipped; whether they were all it needs."""
        with staged(found, has_copies=True) as directory:
            own = [f"buildout:find-links={directory}", f"buildout:index=file://{directory}/"]
            try:
                env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": directory}
                cmd([*command, *own], env=env)
            except CmdExecutionError as error:
                last = str(error.stderr or error.stdout).strip().splitlines()[-1:]
                why = f": {last[0]}" if last else ""
                output.annotate(f"what was shipped is not enough, asking the index{why}")
                return False
        return True


def pins(config: bytes) -> list[str]:
    """What a configuration of buildout pins in its section of versions, as requirements.

    >>> pins(b"[buildout]\\nversions = own\\n[own]\\nsix = 1.16\\n")
    ['six==1.16']
    """
    parser = RawConfigParser(delimiters=("=",), strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    try:
        parser.read_string(config.decode("utf-8", "replace"))
    except ConfigParserError:
        return []
    section = parser.get("buildout", "versions", fallback=None) or "versions"
    found = parser[section].items() if parser.has_section(section) else ()
    fitting = re.compile(r"[\w.-]+")
    return [
        f"{name}=={version}"
        for name, version in found
        if fitting.fullmatch(name) and version and re.fullmatch(r"[\w.!+-]+", version)
    ]


@contextmanager
def safe_environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Inside the block the variables of *environ* are set; ``{NAME}`` in them is expanded.

    Raises ConfigurationError if there is no such variable.
    """
    added = {key: _expanded(key, str(value)) for key, value in environ.items()}
    before = {key: os.environ.get(key) for key in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def _expanded(key: str, value: str) -> str:
    try:
        return value.format(**os.environ)
    except KeyError as error:
        problem = f"there is no variable {error.args[0]!r}"
    except (IndexError, ValueError) as error:
        problem = str(error)
    raise ConfigurationError(f"cannot expand build_env[{key!r}]: {problem}")
