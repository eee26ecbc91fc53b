"""The environment itself."""

import os
import tempfile
import zipfile
from typing import Any

from batou import artifacts
from batou.artifacts import Artifact
from batou.component import Component
from batou.errors import UpdateNeeded
from batou.lib.file import ensure_path_nonexistent
from batou.lib.python.interpreter import (
    Inventory,
    find_python,
    make_virtualenv,
    pip,
    take_inventory,
)
from batou.lib.python.wheels import pip_itself, staged_wheel, wheels
from batou.process import cmd


class VirtualEnv(Component):
    """A virtual environment of Python *version*, directly in the work directory.

    Add `Package` and `Requirements` to it.
    """

    namevar = "version"

    executable: Any = None

    version: str
    venv: "VirtualEnvPyBase"

    def configure(self) -> None:
        self.executable = self.executable or f"python{self.version}"
        self.venv = VirtualEnvPy2_7() if str(self.version) == "2.7" else VirtualEnvPy()
        self += self.venv

    @property
    def python(self) -> str:
        """The interpreter, relative to the work directory."""
        return f"bin/python{self.version}"


class VirtualEnvPyBase(Component):
    """Base of the ways to make the environment of the `VirtualEnv` it belongs to."""

    _inventory: Inventory | None = None

    def inventory(self) -> Inventory:
        """What is installed; asked once, as long as nothing is installed or removed.

        Raises UpdateNeeded if the environment does not work.
        """
        if self._inventory is None or not self._inventory.is_current():
            self._inventory = take_inventory(os.path.join(self.workdir, "bin", "python"))
        return self._inventory

    def verify(self) -> None:
        self._inventory = None
        found, wanted = self.inventory(), str(self.parent.version)
        if f"{found.version}.".startswith(f"{wanted}.") is False:
            raise UpdateNeeded(f"Python is {found.version}, wanted {wanted}")
        if "pip" not in found.packages:
            raise UpdateNeeded("pip is missing")

    def update(self) -> None:
        self._inventory = None
        for name in ("bin", "lib", "lib64", "include", ".Python", "pyvenv.cfg"):
            ensure_path_nonexistent(os.path.join(self.workdir, name))
        self._make()

    def _make(self) -> None:
        raise NotImplementedError


class VirtualEnvPy(VirtualEnvPyBase):
    """Made by the module ``venv``; pip comes from the controller if Python lacks it."""

    _pip: Artifact

    def configure(self) -> None:
        self._pip = artifacts.want(self, pip_itself(str(self.parent.version)))

    def _make(self) -> None:
        with staged_wheel(artifacts.find(self, self._pip)) as wheel:
            make_virtualenv(self.parent.executable, self.workdir, wheel)


class VirtualEnvPy2_7(VirtualEnvPyBase):
    """Made by the last virtualenv that knows Python 2.7."""

    _download: "VirtualEnvDownload"

    def configure(self) -> None:
        self._download = VirtualEnvDownload()
        self += self._download

    def _make(self) -> None:
        script = os.path.join(self._download.target, "virtualenv.py")
        python = find_python(self.parent.executable)
        cmd([python, "-Es", script, "--no-download", self.workdir])


class VirtualEnvDownload(Component):
    """virtualenv, unpacked once for all environments that need it.

    The controller fetches it, or else ``pip`` of *python*, from where pip is
    configured to look.
    """

    version: str = "16.7.10"
    checksum: Any = "105893c8dc66b7817691c7371439ec18e3b6c5e323a304b5ed96cdd2e75cc1ec"
    python: str = "python3"

    target: str
    _wheel: Artifact

    def configure(self) -> None:
        folder = os.path.join(self.environment.workdir_base, ".virtualenv")
        self.target = os.path.join(folder, f"virtualenv-{self.version}")
        line = f"virtualenv=={self.version} --hash=sha256:{self.checksum}"
        self._wheel = artifacts.want(self, wheels(f"virtualenv {self.version}", [line], "3"))

    def verify(self) -> None:
        if not os.path.isfile(os.path.join(self.target, "virtualenv.py")):
            raise UpdateNeeded(f"{self.target!r} is missing")

    def update(self) -> None:
        folder = os.path.dirname(self.target)
        os.makedirs(folder, exist_ok=True)
        ensure_path_nonexistent(self.target)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            unpacked = os.path.join(scratch, "unpacked")
            with staged_wheel(artifacts.find(self, self._wheel)) as wheel:
                with zipfile.ZipFile(wheel or self._fetch(scratch)) as archive:
                    archive.extractall(unpacked)
            os.rename(unpacked, self.target)

    def _fetch(self, directory: str) -> str:
        wanted = os.path.join(directory, "requirements.txt")
        with open(wanted, "w") as file:
            file.write(f"virtualenv=={self.version} --hash=sha256:{self.checksum}\n")
        options = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", directory]
        pip(find_python(self.python), "download", *options, "-r", wanted)
        (wheel,) = [name for name in os.listdir(directory) if name.endswith(".whl")]
        return os.path.join(directory, wheel)
