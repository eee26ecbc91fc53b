"""Make a nixpkgs of Debian's packages: ``python3 nix/standin/make.py DIRECTORY``.

Debian's own tools choose, download and check the packages; wheels come from the package
index, checked against requirements-dev.lock. DIRECTORY then is a flake that stands in for
nixpkgs: ``nix build --override-input nixpkgs path:DIRECTORY``.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

HERE = Path(__file__).resolve().parent
LOCK = HERE.parents[1] / "requirements-dev.lock"

PACKAGES = {
    "glibc": ["libc6", "libgcc-s1"],
    "bash": ["bash"],
    "coreutils": ["coreutils"],
    "findutils": ["findutils"],
    "gnugrep": ["grep"],
    "gnused": ["sed"],
    "gawk": ["mawk"],
    "gnutar": ["tar"],
    "gzip": ["gzip"],
    "diffutils": ["diffutils"],
    "procps": ["procps"],
    "hostname": ["hostname"],
    "cacert": ["ca-certificates"],
    "openssh": ["openssh-client", "openssh-server", "openssh-sftp-server"],
    "git": ["git"],
    "gnupg": ["gpg"],
    "age": ["age"],
    "docker-client": ["docker.io"],
    "nix": ["nix-bin"],
}
"""Attribute of nixpkgs → Debian's packages that are like it; Python is added, whichever it is."""

Package = dict[str, Any]
"""version; links: attributes whose libraries it needs; debs: file and sha256 of each"""

LIBRARY = re.compile(r"/(x86_64-linux-gnu|nix|systemd)/[^/]+\.so[^/]*$")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def download(place: Path) -> dict[str, Path]:
    """Debian's packages and all that they need, by name."""
    python = re.search(r"Depends:.*?python(3\.\d+)", run("apt-cache", "show", "python3"))
    assert python, "apt knows no python3: run `apt-get update`"
    version = python[1]
    names = [f"python{version}-minimal", f"libpython{version}-minimal"]
    PACKAGES["python3"] = [*names, f"libpython{version}-stdlib", "python3-minimal"]
    archives, status = place / "archives", place / "status"
    (archives / "partial").mkdir(parents=True)
    status.touch()
    options = [f"Dir::Cache::archives={archives}", f"Dir::State::status={status}"]
    options += ["APT::Install-Recommends=false", "APT::Sandbox::User=root", "Debug::NoLocking=true"]
    flags = [word for option in options for word in ("-o", option)]
    wanted = sorted({name for names in PACKAGES.values() for name in names})
    run("apt-get", "-qq", "-y", *flags, "--download-only", "install", *wanted)
    return {path.name.split("_")[0]: path for path in sorted(archives.glob("*.deb"))}


def elf_files(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def links(debs: dict[str, Path], place: Path) -> dict[str, set[str]]:
    """Which package needs libraries of which others, by what its files are linked to."""
    needs: dict[str, set[str]] = defaultdict(set)
    provider: dict[str, str] = {}
    place.mkdir()
    for name, path in debs.items():
        run("dpkg-deb", "-x", str(path), str(place / name))
        for file in (place / name).rglob("*.so*"):
            if LIBRARY.search(str(file)) or file.parent.parent.name == "usr":
                provider.setdefault(file.name, name)
    for name in debs:
        sonames: set[str] = set()
        for file in elf_files(place / name):
            found = subprocess.run(
                ["patchelf", "--print-needed", str(file)],
                text=True,
                capture_output=True,
                check=False,
            )
            sonames.update(found.stdout.split())
        needs[name] = {provider[soname] for soname in sonames if soname in provider} - {name}
    return needs


def packages(debs: dict[str, Path], needs: dict[str, set[str]]) -> dict[str, Package]:
    """What the stand-in has: attribute → version, debs, and attributes that it links to."""
    owner = {name: attribute for attribute, names in PACKAGES.items() for name in names}
    found: dict[str, Package] = {}
    todo = list(PACKAGES)
    while todo:
        attribute = todo.pop()
        if attribute in found:
            continue
        names = PACKAGES.get(attribute, [attribute])
        linked = {owner.get(need, need) for name in names for need in needs[name]} - {attribute}
        todo += linked
        version = debs[names[0]].name.split("_")[1].split("%3a")[-1]
        found[attribute] = {
            "version": re.sub(r"[^A-Za-z0-9.+_-]", "-", version),
            "links": sorted(linked),
            "debs": [described(debs[name]) for name in names],
            "names": names,
        }
    return found


def described(deb: Path) -> dict[str, str]:
    return {
        "file": re.sub(r"[^A-Za-z0-9._+-]", "_", deb.name),
        "sha256": hashlib.sha256(deb.read_bytes()).hexdigest(),
    }


def wheels(python: str, place: Path) -> dict[str, Package]:
    """Fetch what requirements-dev.lock pins for that Python; name → file, version, requires."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-qq"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "-d", str(place)]
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (28, 17, 12, 5)]
    legacy = ["--platform=manylinux2014_x86_64", "--platform=manylinux1_x86_64"]
    run(*command, f"--python-version={python}", *platforms, *legacy, "-r", str(LOCK))
    files = {}
    for path in sorted(place.iterdir()):
        name, version, _, _ = parse_wheel_filename(path.name)
        files[str(name)] = path, str(version)
    marks = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    return {
        name: {"file": path.name, "version": version, "requires": required(path, marks, set(files))}
        for name, (path, version) in files.items()
    }


def required(wheel: Path, marks: dict[str, str], known: set[str]) -> list[str]:
    """What a wheel imports, of what is there."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)]
        metadata = message_from_bytes(archive.read(name))
    found = set()
    for line in metadata.get_all("Requires-Dist") or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(marks):
            found.add(str(canonicalize_name(requirement.name)))
    return sorted(found & known)


def main(destination: str) -> None:
    """Write the stand-in to *destination*, which must not exist."""
    out = Path(destination).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        debs = download(Path(scratch, "apt"))
        needs = links(debs, Path(scratch, "unpacked"))
        found = packages(debs, needs)
        shutil.copytree(HERE, out, ignore=shutil.ignore_patterns("__pycache__"))
        (out / "debs").mkdir()
        for package in found.values():
            for name, deb in zip(package.pop("names"), package["debs"], strict=True):
                shutil.copyfile(debs[name], out / "debs" / deb["file"])
    python = ".".join(found["python3"]["version"].split(".")[:2])
    lock = {"python": python, "packages": found, "wheels": wheels(python, out / "wheels")}
    (out / "packages.json").write_text(json.dumps(lock, indent=1, sort_keys=True) + "\n")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(
        f"{len(found)} packages of Debian, {len(list((out / 'wheels').iterdir()))} wheels,", end=" "
    )
    print(f"{size // 2**20} MiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
