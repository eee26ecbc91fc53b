"""Make a system without FHS, shaped like NixOS, of the Debian packages that are installed.

    make_root.py ROOT PACKAGE...

Runs in a container while the image is built. Each package becomes a path in ROOT/nix/store that
refers to others by interpreter and rpath, as nixpkgs makes them; those named are in the profile of
the system. It is no NixOS: there are no modules, and no systemd.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz"  # nix's base 32
TOGETHER = {
    "glibc": ("libc6", "libgcc-s1", "gcc-12-base", "libcrypt1", "libc-bin"),
    "python3": (
        *("python3", "python3-minimal", "python3.11", "python3.11-minimal", "libpython3-stdlib"),
        *("libpython3.11-stdlib", "libpython3.11-minimal", "python3-distutils", "python3-lib2to3"),
        *("python3-venv", "python3.11-venv"),
    ),
    "nix": ("nix-bin", "libnix0"),
}
"""Packages that need one another are one path, as is Python, which looks beside itself."""

LEFT_OUT = re.compile(
    r"/(share/(doc|man|info|locale|lintian|bug|perl5|zsh|fish|bash-completion|polkit-1|gdb)|games"
    r"|systemd|udev|init|modprobe\.d|sysctl\.d|tmpfiles\.d|sysusers\.d|__pycache__)/"
)
KEPT = ("/bin/", "/sbin/", "/lib/", "/lib64/", "/libexec/", "/share/", "/etc/ssl/")
SYSTEM = "nixos-system-stand-in"
PROFILE = "/run/current-system/sw/bin"


def run(*words: str | Path, check: bool = True) -> str:
    """Standard output of a command."""
    errors = None if check else subprocess.DEVNULL
    done = subprocess.run(
        [str(word) for word in words], stdout=subprocess.PIPE, stderr=errors, text=True
    )
    if check and done.returncode:
        sys.exit(f"{words[0]} failed: {' '.join(map(str, words))}")
    return done.stdout


def plain(path: str) -> str:
    """*path* as all packages call it: ``/usr`` and the directories merged into it are one."""
    path = path.removeprefix("/usr") if path.startswith("/usr/") else path
    return path.replace("/sbin/", "/bin/", 1) if path.startswith("/sbin/") else path


def is_elf(path: Path) -> bool:
    """Whether *path* is a program or library for this machine."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


class Store:
    """The paths in the store, by the names of their groups of packages."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.group = {name: group for group, names in TOGETHER.items() for name in names}
        self.first = {names[0]: group for group, names in TOGETHER.items()}
        self.places: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        """Groups by the plain paths of their files."""

        self.libraries: dict[str, str] = {}
        """Plain paths of libraries by their sonames."""

        self.needs: defaultdict[str, set[str]] = defaultdict(set)
        installed = run("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n")
        for line in installed.splitlines():
            package, version, status = line.split()
            if status == "installed":
                self._index(package, version)
        for line in run("/sbin/ldconfig", "-p").splitlines()[1:]:
            soname, arrow, path = line.strip().partition(" (")[0], " => ", line.partition(" => ")[2]
            real = plain(os.path.realpath(path)) if path and arrow else ""
            if real in self.owners:
                self.libraries.setdefault(soname, real)

    def _index(self, package: str, version: str) -> None:
        group = self.group.setdefault(package, package)
        if group not in TOGETHER or package in self.first:
            name = re.sub(r"[^A-Za-z0-9._+-]", "_", f"{group}-{version.rpartition(':')[2]}")
            self.places[group] = store_path(name)
        for path in run("dpkg", "-L", package).splitlines():
            if path.startswith("/") and not os.path.isdir(path):
                self.owners[plain(path)] = group

    def inside(self, path: str) -> str | None:
        """Where the file of the builder that is called *path* lies in the store."""
        real = plain(os.path.realpath(path)) if os.path.lexists(path) else plain(path)
        group = self.owners.get(real)
        return f"{self.places[group]}{real}" if group else None

    # Filling it

    def add(self, group: str) -> None:
        """Copy the files of *group*, and everything that they need."""
        place = self.root / self.places[group].lstrip("/")
        if place.exists():
            return
        place.mkdir(parents=True)
        for package in sorted(name for name, of in self.group.items() if of == group):
            for path in run("dpkg", "-L", package, check=False).splitlines():
                self._copy(path, place)
        self._patch(group, place)
        for other in sorted(self.needs[group]):
            self.add(other)

    def _copy(self, path: str, place: Path) -> None:
        name = plain(path)
        if not name.startswith(KEPT) or LEFT_OUT.search(name) or name.endswith(".pyc"):
            return
        if os.path.isdir(path) or not os.path.lexists(path):
            return
        target = place / name.lstrip("/")
        if target.is_symlink() or target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.islink(path):
            self._link(path, target)
        else:
            shutil.copy2(path, target)
            target.chmod((target.stat().st_mode | 0o644) & 0o755)

    def _link(self, path: str, target: Path) -> None:
        there = self.inside(path)
        if there is None:
            return
        if self.owners[plain(os.path.realpath(path))] == self.owners.get(plain(path)):
            there = os.path.relpath(there, "/" + str(target.parent.relative_to(self.root)))
        target.symlink_to(there)

    def _patch(self, group: str, place: Path) -> None:
        files = [path for path in sorted(place.rglob("*")) if is_elf(path)]
        needed = {path: self._needed(path) for path in files}
        for names in needed.values():
            for name in names:
                owner = self.owners[self.libraries[name]] if name in self.libraries else group
                if owner != group:
                    self.needs[group].add(owner)
        own = {str(path.parent) for path in files if ".so" in path.name}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda path: self._patch_file(path, needed[path], own), files))
        for path in sorted(place.rglob("*")):
            self._patch_script(group, path)

    def _needed(self, path: Path) -> list[str]:
        return run("patchelf", "--print-needed", path, check=False).split()

    def _patch_file(self, path: Path, needed: list[str], own: set[str]) -> None:
        loader = run("patchelf", "--print-interpreter", path, check=False).strip()
        if not loader and ".so" not in path.name:
            return  # static
        if "/libc.so." in str(path) or path.name.startswith("ld-linux"):
            return
        directories = []
        for name in needed:
            if name in self.libraries:
                there = self.inside(self.libraries[name]) or ""
                directories.append(os.path.dirname(there))
            else:  # found beside it, by a path that was relative before
                directories += [
                    f"/{Path(place).relative_to(self.root)}"
                    for place in sorted(own)
                    if Path(place, name).exists()
                ]
        words: list[str | Path] = ["patchelf"]
        if loader:
            words += ["--set-interpreter", self.inside(loader) or loader]
        rpath = ":".join(dict.fromkeys(directories))
        run(*words, "--force-rpath", "--set-rpath", rpath, path)

    def _patch_script(self, group: str, path: Path) -> None:
        if path.is_symlink() or not path.is_file() or not os.access(path, os.X_OK):
            return
        if group == "glibc":
            return  # everything refers to it, so it can refer to nothing
        with path.open("rb") as file:
            first = file.readline(200)
        found = re.match(rb"#! ?(/(?:usr/)?bin/(bash|python3[0-9.]*))(\s)", first)
        if not found:
            return
        there = self.inside(found[1].decode())
        if there is None:
            return
        rest = path.read_bytes()[found.end(1) :]
        path.write_bytes(b"#!" + there.encode() + rest)
        owner = self.owners[plain(os.path.realpath(found[1].decode()))]
        if owner != group:
            self.needs[group].add(owner)

    def references(self) -> Iterator[tuple[str, list[str]]]:
        """Each path that is there, and those that it refers to."""
        for group, place in sorted(self.places.items()):
            if (self.root / place.lstrip("/")).exists():
                yield place, sorted(self.places[other] for other in self.needs[group])


def store_path(name: str) -> str:
    """A path in the store, with a name that looks as nix's names do.

    >>> store_path("bash-5")
    '/nix/store/k4zv46r1c6ycflsjv97r2dahpd9vrfw2-bash-5'
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:20], "big")
    letters = []
    for _ in range(32):
        number, letter = divmod(number, 32)
        letters.append(ALPHABET[letter])
    return f"/nix/store/{''.join(letters)}-{name}"


# The system around the store


def make_system(store: Store, packages: Iterable[str]) -> str:
    """The path of the system: its profile links to the programs of *packages*."""
    system = store_path(SYSTEM)
    programs = store.root / system.lstrip("/") / "sw" / "bin"
    programs.mkdir(parents=True)
    for package in packages:
        group = store.group[package]
        store.needs[SYSTEM].add(group)
        place = store.places[group]
        for program in sorted((store.root / place.lstrip("/") / "bin").glob("*")):
            link = programs / program.name
            if not link.is_symlink():
                link.symlink_to(f"{place}/bin/{program.name}")
    for name, path in {"sh": "/bin/bash", "awk": "/usr/bin/mawk"}.items():
        (programs / name).unlink(missing_ok=True)
        (programs / name).symlink_to(store.inside(path) or "")
    (store.root / system.lstrip("/") / "nixos-version").write_text("stand-in\n")
    store.places[SYSTEM] = system
    return system


def make_root(store: Store, system: str) -> None:
    """The few files outside of the store, from the directory ``etc`` beside this file."""
    root = store.root
    for name in (
        *("bin", "usr/bin", "etc/ssl/certs", "root", "home", "run/sshd", "run/wrappers/bin"),
        *(
            "var/empty",
            "var/log",
            "nix/var/nix/gcroots",
            "nix/var/nix/profiles",
            "proc",
            "sys",
            "dev",
        ),
    ):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (root / name).mkdir()
        (root / name).chmod(0o1777)
    (root / "root").chmod(0o700)
    links = {
        "bin/sh": store.inside("/bin/bash"),
        "usr/bin/env": store.inside("/usr/bin/env"),
        "run/current-system": system,
        "nix/var/nix/profiles/system": system,
        "nix/var/nix/gcroots/current-system": "/run/current-system",
    }
    for name, there in links.items():
        assert there is not None, name
        (root / name).symlink_to(there)
    values = {
        "profile": PROFILE,
        "nix": store.places["nix"],
        "security": os.path.dirname(store.inside(find("pam_permit.so")) or ""),
        "sudoers": store.inside(find("sudoers.so")) or "",
    }
    for path in sorted((HERE / "etc").rglob("*")):
        if path.is_file():
            target = root / "etc" / path.relative_to(HERE / "etc")
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text()
            for key, value in values.items():
                text = text.replace(f"@{key}@", value)
            target.write_text(text)
    (root / "etc/NIXOS").touch()
    (root / "etc/sudoers.d").mkdir()
    (root / "etc/sudoers").chmod(0o440)
    (root / "etc/shadow").chmod(0o600)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs/ca-certificates.crt")
    (root / "etc/ssl/certs/ca-bundle.crt").symlink_to("ca-certificates.crt")
    sudo = root / "run/wrappers/bin/sudo"
    shutil.copy(root / (store.inside("/usr/bin/sudo") or "").lstrip("/"), sudo)
    sudo.chmod(0o4755)  # the store has no setuid programs


def find(name: str) -> str:
    """The path of a file in the builder's libraries."""
    return next(str(path) for path in Path("/usr").rglob(name) if path.is_file())


def settle(place: Path) -> None:
    """Give everything below *place* the modes and the time that nix wants in a store."""
    for path in [*place.glob("*"), *place.glob("*/**/*")]:
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444)
        os.utime(path, (1, 1), follow_symlinks=False)


def main(root: str, *packages: str) -> None:
    """Fill *root*."""
    store = Store(Path(root))
    for package in packages:
        store.add(store.group[package])
    # what is found by name at run time, not linked
    for group in ("sudo", "openssh-server"):
        store.needs[group].add(store.group["libpam-modules"])
        store.add(store.group["libpam-modules"])
    system = make_system(store, packages)
    make_root(store, system)
    python = store.places["python3"].lstrip("/")
    compile_all = ("-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash")
    strip = ("-s", str(store.root), "-j", "0")
    run(sys.executable, "-I", "-B", *compile_all, *strip, store.root / python / "lib", check=False)
    settle(store.root / "nix/store")
    with open(store.root / "nix/registration", "w") as file:
        for place, references in store.references():
            file.write("\n".join([place, "", str(len(references)), *references]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
