"""`DPKG`: packages of Debian and Ubuntu."""

import os
from dataclasses import dataclass

from batou.component import Component
from batou.errors import CmdExecutionError, DeploymentError, UpdateNeeded
from batou.process import cmd

LOCK_TIMEOUT = 120
"""Seconds to wait for another apt, such as that of unattended upgrades."""


@dataclass(eq=False)
class NotRoot(DeploymentError):
    """Packages can be installed only by root."""

    package: str

    def summary(self) -> str:
        return f"cannot install package {self.package!r}: only root can"

    def hint(self) -> str | None:
        return f"set require_sudo for the host, or run there: apt-get install {self.package}"


class DPKG(Component):
    """A package of Debian or Ubuntu is installed."""

    namevar = "package"

    package: str

    def verify(self) -> None:
        try:
            status, _ = cmd(
                ["dpkg-query", "--show", "--showformat=${db:Status-Status}\\n", self.package]
            )
        except CmdExecutionError as error:
            if error.returncode != 1:
                raise
            status = "unknown"
        if "installed" not in status.split():
            raise UpdateNeeded(f"package is {' '.join(status.split())}, wanted installed")

    def update(self) -> None:
        if os.geteuid() != 0:
            raise NotRoot(self.package)
        options = ["Dpkg::Options::=--force-confdef", "Dpkg::Options::=--force-confold"]
        options.append(f"DPkg::Lock::Timeout={LOCK_TIMEOUT}")
        flags = [word for option in options for word in ("-o", option)]
        cmd(
            ["apt-get", "-qy", *flags, "install", "--", self.package],
            env={"DEBIAN_FRONTEND": "noninteractive"},
        )
