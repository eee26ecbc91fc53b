"""Do all that the flake promises, with a nixpkgs made of Debian's packages: ``./dev nix``.

It needs Debian's nix-bin, patchelf and bash-static, root, and a container engine for the last step.
See nix/standin/README.md for what this proves and what it cannot.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CONFIG = """\
experimental-features = nix-command flakes
build-users-group =
substituters =
builders =
sandbox = true
sandbox-fallback = false
sandbox-paths = /bin /usr /lib /lib64 /etc/alternatives
"""
"""Debian's nix for one user, without a cache; the stand-in's builders see Debian's own tools."""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """A command that must succeed; returns what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        print(done.stdout[-6000:])
        sys.exit(f"{' '.join(words)}: exit code {done.returncode}")
    return done.stdout


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say what is done, and how long it took."""
    print(f"{name} ...", flush=True)
    begin = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - begin:.1f} s", flush=True)


def check(place: Path) -> None:
    """Each promise, one after the other."""
    os.environ["NIX_CONFIG"] = CONFIG
    nixpkgs, checkout = place / "nixpkgs", place / "checkout"
    with step("the stand-in for nixpkgs"):
        copy_of_checkout(checkout)
        print(run(sys.executable, ROOT / "nix" / "standin" / "make.py", nixpkgs).splitlines()[-1])
    instead = ["--override-input", "nixpkgs", f"path:{nixpkgs}", "--no-write-lock-file"]

    def nix(*words: str | Path) -> str:
        verb = 2 if words[0] == "flake" else 1
        return run("nix", *words[:verb], *instead, *words[verb:], cwd=checkout)

    with step("nix flake check"):
        nix("flake", "check")
    with step("nix build .#batou"):
        nix("build", ".#batou", "--out-link", place / "batou")
        print(run(place / "batou" / "bin" / "batou", "--version").strip())
    with step("nix develop -c batou --help"):
        shown = nix("develop", "-c", "batou", "--help")
        assert "Commands:" in shown, shown
    with step("nix build .#image-nixos"):
        nix("build", ".#image-nixos", "--out-link", place / "image")
        print(f"{(place / 'image').stat().st_size // 2**20} MiB")
    with step("a deployment into the image, twice"):
        deploy(place / "batou" / "bin" / "batou", place / "image", place / "project")


def copy_of_checkout(destination: Path) -> None:
    """What Git knows, in a repository of its own: a flake sees no other files."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, names.split("\0")):
        source = ROOT / name
        if source.is_file() or source.is_symlink():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, destination / name, follow_symlinks=False)
    run("git", "init", "-q", cwd=destination)
    run("git", "add", "--all", cwd=destination)


def deploy(batou: Path, image: Path, project: Path) -> None:
    """A project into a container of that image; the second time nothing changes."""
    loaded = run("docker", "load", "-q", "-i", image)
    tag = loaded.split("Loaded image: ")[1].strip()
    name = f"batou-nix-check-{os.getpid()}"
    shutil.copytree(
        ROOT / "examples" / "hello", project, ignore=shutil.ignore_patterns("work", ".batou*")
    )
    environment = project / "environments" / "container"
    environment.mkdir()
    (environment / "environment.cfg").write_text(
        f"[environment]\nconnect_method = docker\nplatform = nixos\n\n[hosts]\n{name} = hello\n"
    )
    run("docker", "run", "-d", "--rm", "--network", "none", "--name", name, tag)
    try:
        first = run(batou, "deploy", "container", cwd=project)
        again = run(batou, "deploy", "container", cwd=project)
    finally:
        run("docker", "rm", "-f", name)
        run("docker", "rmi", tag)
    assert f"{name}: 1 updated" in first, first
    assert f"{name}: 1 unchanged" in again, again


def main() -> None:
    """Check all, or say what is missing."""
    missing = [name for name in ("nix", "patchelf", "docker", "git") if not shutil.which(name)]
    if missing:
        sys.exit(f"missing: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="batou-nix-") as place:
        check(Path(place))


if __name__ == "__main__":
    main()
