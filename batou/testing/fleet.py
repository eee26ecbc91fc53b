"""`Fleet`: a container for each host, on a network of their own, for as long as a test lasts."""

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from types import TracebackType
from typing import Any, Literal

from batou.testing import leftovers
from batou.testing.engine import Engine, at_once
from batou.testing.errors import EngineFailed
from batou.testing.images import Images
from batou.testing.leftovers import HOST, KEPT, OWNER, RUN, Owner
from batou.testing.platforms import Platform
from batou.testing.wait import wait_until

Network = Literal["internal", "bridge", "none"]
LOOKOUT = "lookout"


@dataclass(frozen=True)
class Member:
    """A host of a fleet."""

    name: str
    platform: Platform
    aliases: tuple[str, ...] = ()
    user: str | None = None
    """The service user; made with a home if it is not there."""

    login: str | None = None
    """The user who logs in by ssh and may become anybody by sudo; made like *user*."""

    systemd: bool = False
    """Whether the platform's init system runs as process 1."""

    key: str | None = None
    """The public key that may log in by ssh as *login*, *user* and root; then sshd runs."""


@dataclass(frozen=True)
class Attempt:
    """A host asked for a name outside of its network."""

    host: str
    name: str
    time: float
    """When first, in seconds since 1970."""

    times: int = 1


@dataclass
class Fleet:
    """Containers for *members* while the block runs, under the engine's label ``batou.run``.

    Network ``internal`` has no way out: outside names do not exist, outside addresses
    cannot be reached, both at once; ``bridge`` has a way out, ``none`` has nothing. With
    *keep* all stays after the block. Raises ImageFailed and EngineFailed.
    """

    engine: Engine
    members: Sequence[Member]
    network: Network = "internal"
    keep: bool = False
    tell: Callable[[str], None] = lambda line: None
    images: Mapping[str, str] | None = None
    run_id: str = field(default_factory=lambda: secrets.token_hex(4))
    addresses: dict[str, str] = field(default_factory=dict, init=False)
    """The address of each host in the network, by its name."""

    def __enter__(self) -> "Fleet":
        try:
            self._start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.keep:
            self.remove()

    def remove(self) -> None:
        """Remove the containers and the network, whatever state they are in."""
        leftovers.remove(self.engine, leftovers.things(self.engine, self.run_id))

    # Using it

    def container(self, name: str) -> str:
        """The name of the container of a host, or of the network."""
        return f"batou-{self.run_id}-{re.sub('[^a-zA-Z0-9_.-]', '-', name)}"

    def run(
        self,
        name: str,
        command: str | Sequence[str],
        user: str | None = None,
        input: str | bytes | None = None,
    ) -> str:
        """Standard output of *command* on host *name*; raises CmdExecutionError.

        Text runs in ``sh -c``, a list is run as it is; by root or *user*.
        """
        words = ["sh", "-c", command] if isinstance(command, str) else command
        return self.engine.run_in(self.container(name), words, user, input)

    def attempts(self) -> list[Attempt]:
        """Who asked for which name outside, each once, the first first.

        Only an internal network tells. Addresses are not told: who needs no name
        only finds the network unreachable.
        """
        if self.network != "internal":
            return []
        hosts = {address: name for name, address in self.addresses.items()}
        found: dict[tuple[str, str], Attempt] = {}
        for line in self.engine.call("logs", self.container(LOOKOUT)).splitlines():
            if not line.startswith("{"):
                continue
            told = json.loads(line)
            key = hosts.get(told["from"], told["from"]), told["name"]
            first = found.get(key, Attempt(*key, told["time"], 0))
            found[key] = Attempt(*key, first.time, first.times + 1)
        return list(found.values())

    # Starting it

    def _start(self) -> None:
        images = self.images
        if images is None:
            images = Images(self.engine, self.tell).of(member.platform for member in self.members)
        sweep = partial(leftovers.sweep, self.engine)
        at_once([sweep, self._make_network] if self.network != "none" else [sweep])
        starts = [
            partial(self._start_member, member, images[member.platform.name])
            for member in self.members
        ]
        if self.network == "internal" and self.members:
            starts.append(partial(self._start_lookout, images[self.members[0].platform.name]))
        at_once(starts)
        self._find_addresses()
        at_once(
            [
                *(partial(self._set_up, member) for member in self.members),
                *([self._set_up_lookout] if self.network == "internal" and self.members else []),
            ]
        )

    def _labels(self, host: str = "") -> list[str]:
        labels = {RUN: self.run_id, OWNER: str(Owner.here())}
        if host:
            labels[HOST] = host
        if self.keep:
            labels[KEPT] = "yes"
        return [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]

    def _make_network(self) -> None:
        internal = ["--internal"] if self.network == "internal" else []
        self.engine.call("network", "create", *internal, *self._labels(), self.container("network"))

    def _start_member(self, member: Member, image: str) -> None:
        words = ["run", "-d", "--name", self.container(member.name), *self._labels(member.name)]
        words += ["--hostname", member.name]
        if self.network == "none":
            words += ["--network", "none"]
        else:
            words += ["--network", self.container("network")]
            for alias in dict.fromkeys((member.name, *member.aliases)):
                words += ["--network-alias", alias]
            words += ["--cap-add", "NET_ADMIN"]  # its own network only; a host's root has it
        entry = member.platform.entry
        if member.systemd:
            entry = member.platform.init_entry
            words += init_words(self.engine)
        self.engine.call(*words, image, *entry)

    def _start_lookout(self, image: str) -> None:
        source = files("batou.testing").joinpath("lookout.py").read_text(encoding="utf-8")
        self.engine.call(
            *("run", "-d", "--name", self.container(LOOKOUT), *self._labels(LOOKOUT)),
            *("--network", self.container("network"), image),
            *(self.members[0].platform.python, "-c", source),
        )

    def _find_addresses(self) -> None:
        if self.network == "none":
            return
        hosts = [member.name for member in self.members]
        if self.network == "internal":
            hosts.append(LOOKOUT)
        containers = self.engine.inspect("container", [self.container(name) for name in hosts])
        for name, known in zip(hosts, containers, strict=True):
            networks: dict[str, Any] = known["NetworkSettings"]["Networks"]
            self.addresses[name] = networks[self.container("network")]["IPAddress"]
            if not known["State"]["Running"]:
                said = self.engine.call("logs", self.container(name))
                raise EngineFailed(f"{self.engine.command} run", f"{name} has ended: {said}")

    # Making hosts of them

    def _hosts_file(self) -> str:
        """The names of all hosts, as hosts(5) wants them."""
        lines = [
            " ".join([self.addresses[member.name], *dict.fromkeys((*member.aliases, member.name))])
            for member in self.members
            if member.name in self.addresses
        ]
        return "".join(f"{line}\n" for line in lines)

    def _set_up(self, member: Member) -> None:
        resolver = ""
        if self.network == "internal":
            resolver = f"nameserver {self.addresses[LOOKOUT]}\noptions timeout:1 attempts:1\n"
        if member.systemd and member.platform.init == "systemd":
            wait_until(partial(self._has_booted, member.name), f"{member.name} has booted", 120)
        users = [user for user in (member.login, member.user) if user and user != "root"]
        self.run(
            member.name,
            ["sh", "-c", SET_UP, "sh", self._hosts_file(), resolver, *dict.fromkeys(users)],
        )
        if member.login:
            rule = f"{member.login} ALL=(ALL:ALL) NOPASSWD: ALL\n"
            self.run(member.name, f"mkdir -p /etc/sudoers.d && cat >{SUDOERS}", input=rule)
        if member.key:
            homes = dict.fromkeys(["root", *users])
            self.run(member.name, ["sh", "-c", AUTHORIZE, "sh", *homes], input=member.key)
            sshd = " ".join(member.platform.sshd)
            self.run(member.name, f"ssh-keygen -A >/dev/null && mkdir -p /run/sshd && {sshd}")

    def _has_booted(self, name: str) -> bool:
        """Whether systemd has started what it had to, or has given up on some of it."""
        answer = self.run(name, "systemctl is-system-running 2>/dev/null || :")
        return answer.strip() in ("running", "degraded")

    def _set_up_lookout(self) -> None:
        self.run(LOOKOUT, "cat >>/etc/hosts", input=self._hosts_file())
        logs = partial(self.engine.call, "logs", self.container(LOOKOUT))
        wait_until(lambda: "ready" in logs(), "names are answered", 60)


SUDOERS = "/etc/sudoers.d/batou"

SET_UP = """\
set -e
printf %s "$1" >>/etc/hosts
if [ "$2" ]; then
    printf %s "$2" >/etc/resolv.conf
    ip route del default 2>/dev/null || :  # where it goes drops everything, without a word
fi
shift 2
shell=$(command -v bash || command -v sh)
for user; do
    if ! id "$user" >/dev/null 2>&1; then
        id=$(($(cut -d: -f3 /etc/passwd | sort -n | awk '$1 < 60000' | tail -n 1) + 1))
        [ "$id" -gt 999 ] || id=1000
        echo "$user:x:$id:$id::/home/$user:$shell" >>/etc/passwd
        echo "$user:x:$id:" >>/etc/group
        [ ! -e /etc/shadow ] || echo "$user:*:19000::::::" >>/etc/shadow
        mkdir -p "/home/$user"
        chown "$id:$id" "/home/$user"
    fi
done
"""
"""Names, the resolver, users: what a host has, by the plainest means, for every platform."""

AUTHORIZE = """\
set -e
key=$(cat)
for user; do
    home=$(awk -F: -v user="$user" '$1 == user { print $6 }' /etc/passwd)
    mkdir -p -m 700 "$home/.ssh"
    printf '%s\\n' "$key" >>"$home/.ssh/authorized_keys"
    chmod 600 "$home/.ssh/authorized_keys"
    chown -R "$(id -u "$user"):$(id -g "$user")" "$home/.ssh"
done
"""


def init_words(engine: Engine) -> list[str]:
    """What a container needs whose process 1 is an init system."""
    if os.path.basename(engine.command) == "podman":
        return ["--systemd=always"]
    words = ["-e", "container=docker", "--stop-signal", "SIGRTMIN+3"]
    for place in ("/run", "/run/lock", "/tmp"):
        words += ["--tmpfs", f"{place}:exec"]
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):  # control groups of version 2
        return [*words, "--cgroupns=host", "--privileged", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw"]
    return [*words, "-v", "/sys/fs/cgroup:/sys/fs/cgroup:ro"]
