"""The flake's files agree with each other and with the project."""

import json
import re
from pathlib import Path

from packaging.requirements import Requirement

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


def test_the_lock_is_of_the_input_that_the_flake_names():
    [url] = re.findall(r'inputs\.nixpkgs\.url = "github:(.*)"', (ROOT / "flake.nix").read_text())
    owner, repo, ref = url.split("/")
    lock = json.loads((ROOT / "flake.lock").read_text())

    assert set(lock["nodes"]) == {"nixpkgs", "root"}
    original = lock["nodes"]["nixpkgs"]["original"]
    assert original == {"type": "github", "owner": owner, "repo": repo, "ref": ref}


def test_the_package_has_the_dependencies_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {Requirement(line).name.lower() for line in project["dependencies"]}
    text = (ROOT / "nix" / "dependencies.nix").read_text()
    listed = re.findall(r"^  (?:\(python3Packages\.)?([a-z0-9-]+)", text, re.M)

    assert sorted(listed) == sorted(wanted)


def test_pyrage_is_the_one_of_the_lock():
    text = (ROOT / "nix" / "pyrage.nix").read_text()
    [version] = re.findall(r'version = "(.*)"', text)

    assert f"\npyrage=={version} " in (ROOT / "requirements.lock").read_text()


def test_the_template_follows_the_same_nixpkgs():
    urls = [
        re.findall(r'nixpkgs\.url = "(.*)"', (ROOT / path).read_text())
        for path in ("flake.nix", "nix/template/flake.nix")
    ]

    assert urls[0] == urls[1]
