"""`Buildout`: run zc.buildout in a virtual environment."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from batou.component import Component
from batou.errors import ConfigurationError, UpdateNeeded
from batou.lib.file import File
from batou.lib.python import Package, VirtualEnv
from batou.process import cmd

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
        with safe_environment(self.build_env):
            cmd(["bin/buildout", *timeout, "-c", self.config_file_name])
        self.touch(SUCCESS)


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
