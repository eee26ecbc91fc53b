"""Other deployers on the same work, in environments of their own from PyPI."""

import getpass
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path

from bench.remote.hosts import Hosts
from bench.remote.taking import Taken, command, median, row

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "number {{ number }} on {{ host }}\n" * 20


class Peer(ABC):
    """A deployer; *packages* are what pip installs, *program* is what is run."""

    name: str
    packages: tuple[str, ...]
    program: str

    def __init__(self, hosts: Hosts, directory: Path, files: int) -> None:
        self.hosts = hosts
        self.directory = directory
        self.files = files
        directory.mkdir()
        self.write()

    @abstractmethod
    def write(self) -> None:
        """Write the project."""

    @abstractmethod
    def words(self) -> list[str]:
        """The command that deploys, without the program."""

    def environ(self) -> dict[str, str]:
        """Environment variables that it needs."""
        return {}

    def home(self) -> Path:
        """Its virtual environment; made if it is missing."""
        place = ROOT / ".dev" / f"peer-{'-'.join(self.packages)}"
        if not (place / ".ready").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
            subprocess.run([place / "bin" / "pip", "install", "-qq", *self.packages], check=True)
            (place / ".ready").touch()
        return place

    def deploy(self) -> Taken:
        """One deployment."""
        place = self.home()
        path = f"{place / 'bin'}:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "HOME": str(self.directory), **self.environ()}
        words = [str(place / "bin" / self.program), *self.words()]
        return command(words, self.hosts, self.directory, env)


class Pyinfra(Peer):
    """pyinfra, over paramiko."""

    name, packages, program = "pyinfra", ("pyinfra",), "pyinfra"

    def write(self) -> None:
        reach = {
            "ssh_hostname": "127.0.0.1",
            "ssh_user": getpass.getuser(),
            "ssh_key": str(self.hosts.directory / "id"),
            "ssh_known_hosts_file": str(self.hosts.directory / "known"),
        }
        ports = zip(self.hosts.names, self.hosts.wires.ports, strict=True)
        inventory = [(name, {**reach, "ssh_port": port}) for name, port in ports]
        (self.directory / "inventory.py").write_text(f"hosts = {inventory!r}\n")
        (self.directory / "file.j2").write_text(TEMPLATE)
        (self.directory / "deploy.py").write_text(
            "from pyinfra import host\n"
            "from pyinfra.operations import files\n"
            f"for number in range({self.files}):\n"
            "    files.template(src='file.j2', dest=f'peer/{number}.conf', mode='640',\n"
            "                   number=number, host=host.name)\n"
        )

    def words(self) -> list[str]:
        return ["-y", "inventory.py", "deploy.py"]


class Ansible(Peer):
    """ansible-core, with pipelining and a kept connection."""

    name, program = "ansible-core", "ansible-playbook"
    packages: tuple[str, ...] = ("ansible-core",)
    strategy = ""

    def write(self) -> None:
        python = "ansible_python_interpreter=/usr/bin/python3"
        hosts = [f"{name} {python} home={self.hosts.home(name)}" for name in self.hosts.names]
        (self.directory / "inventory").write_text("\n".join(hosts) + "\n")
        template = TEMPLATE.replace("number }}", "item }}").replace("host }}", "inventory_name }}")
        (self.directory / "file.j2").write_text(template.replace("_name", "_hostname"))
        (self.directory / "play.yml").write_text(
            "- hosts: all\n"
            "  gather_facts: false\n"
            "  tasks:\n"
            "    - file: {path: '{{ home }}/peer', state: directory}\n"
            "    - template:\n"
            "        {src: file.j2, dest: '{{ home }}/peer/{{ item }}.conf', mode: '0640'}\n"
            f"      loop: '{{{{ range({self.files}) | list }}}}'\n"
        )
        (self.directory / "ansible.cfg").write_text(
            f"[defaults]\nforks = 20\n{self.strategy}"
            f"[ssh_connection]\npipelining = true\n"
            f"ssh_args = -F {self.hosts.ssh_config} -o ControlMaster=auto -o ControlPersist=5s\n"
        )

    def words(self) -> list[str]:
        return ["-i", "inventory", "play.yml"]

    def environ(self) -> dict[str, str]:
        return {"ANSIBLE_CONFIG": str(self.directory / "ansible.cfg")}


class Mitogen(Ansible):
    """ansible-core with the strategy of mitogen."""

    name, packages = "ansible + mitogen", ("ansible-core", "mitogen")

    def write(self) -> None:
        [plugins] = self.home().glob("lib/python*/site-packages/ansible_mitogen/plugins/strategy")
        self.strategy = f"strategy = mitogen_linear\nstrategy_plugins = {plugins}\n"
        super().write()


class Bundlewrap(Peer):
    """bundlewrap."""

    name, packages, program = "bundlewrap", ("bundlewrap",), "bw"

    def write(self) -> None:
        nodes = {
            name: {
                "hostname": name,
                "bundles": ["files"],
                "cmd_wrapper_outer": "sh -c {}",
                "lock_dir": str(self.hosts.home(name)),
                "metadata": {"home": str(self.hosts.home(name))},
            }
            for name in self.hosts.names
        }
        (self.directory / "nodes.py").write_text(f"nodes = {nodes!r}\n")
        (self.directory / "groups.py").write_text("groups = {}\n")
        bundle = self.directory / "bundles" / "files"
        (bundle / "files").mkdir(parents=True)
        template = TEMPLATE.replace("{{ number }}", "${number}").replace("{{ host }}", "${host}")
        (bundle / "files" / "file").write_text(template)
        (bundle / "items.py").write_text(
            "home = node.metadata.get('home')\n"
            "files = {f'{home}/peer/{number}.conf': {'source': 'file', 'content_type': 'mako',\n"
            "    'mode': '0640', 'context': {'number': number, 'host': node.name}}\n"
            f"    for number in range({self.files})}}\n"
        )

    def words(self) -> list[str]:
        return ["apply", "-p", "20", *self.hosts.names]

    def environ(self) -> dict[str, str]:
        return dict.fromkeys(("BW_SSH_ARGS", "BW_SCP_ARGS"), f"-F {self.hosts.ssh_config}")


PEERS: tuple[type[Peer], ...] = (Pyinfra, Ansible, Mitogen, Bundlewrap)


def compare(hosts: Hosts, project: Path, files: int, floor: Taken, *, first: bool) -> None:
    """Print what each peer needs; the *first* deployment, or one that changes nothing."""
    what = "first time" if first else "nothing changed"
    for kind in PEERS:
        place = project.with_name(f"peer-{'-'.join(kind.packages)}")
        try:
            peer = kind(hosts, place, files)
            hosts.clean()
            taken = peer.deploy()
            if not first:
                taken = median(peer.deploy, 3)
            made = len(list((hosts.home(hosts.names[0]) / "peer").glob("*.conf")))
            if made != files:
                raise ValueError(f"it made {made} of {files} files")
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            print(f"{kind.name}: not measured: {error}")
            continue
        finally:
            shutil.rmtree(place, ignore_errors=True)
        print(row(f"  {kind.name}, {len(hosts.names)} hosts, {what}", taken, floor))
