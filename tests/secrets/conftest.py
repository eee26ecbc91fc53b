"""Real keys and projects for the tests of secrets."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from batou.secrets.choosing import find_provider
from batou.secrets.keyring import Keyring
from batou.secrets.passphrases import Passphrases
from batou.secrets.provider import SecretProvider

PASSPHRASE = "open sesame"


@dataclass(frozen=True)
class Key:
    """A private key and the public one that belongs to it."""

    path: Path
    public: str


class Keys:
    """Keys by name, made once."""

    passphrase = PASSPHRASE

    def __init__(self, directory: Path, require_program: Callable[..., None]) -> None:
        self.directory = directory
        self.require_program = require_program
        self._made: dict[str, Key] = {}

    def ssh(self, kind: str = "ed25519", name: str = "", passphrase: str = "") -> Key:
        """An SSH key; *name* tells several of a kind apart."""
        self.require_program("ssh-keygen")
        path = self.directory / f"id_{kind}{name}{'_locked' if passphrase else ''}"
        if path.name not in self._made:
            command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name]
            subprocess.run([*command, "-f", str(path)], check=True)
            public = path.with_name(path.name + ".pub").read_text().strip()
            self._made[path.name] = Key(path, public)
        return self._made[path.name]

    def locked(self, kind: str = "ed25519", name: str = "") -> Key:
        """An SSH key with a passphrase."""
        return self.ssh(kind, name, PASSPHRASE)

    def age(self, name: str = "age") -> Key:
        """What ``age-keygen`` makes."""
        import pyrage

        path = self.directory / name
        if name not in self._made:
            identity = pyrage.x25519.Identity.generate()
            path.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
            self._made[name] = Key(path, str(identity.to_public()))
        return self._made[name]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory, require_program: Callable[..., None]) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"), require_program)


@pytest.fixture(autouse=True)
def no_keys_of_the_person(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of whoever runs the tests is used."""
    for name in ("BATOU_AGE_IDENTITIES", "BATOU_AGE_IDENTITY_PASSPHRASE", "EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("APPENV_BASEDIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "no-gnupg"))


def keyring(
    *identities: Key, passphrase: str | None = None, ask: Callable[[str], str] | None = None
) -> Keyring:
    """A keyring of *identities*; *passphrase* is given by the environment, or typed by *ask*."""
    environ = {} if passphrase is None else {"BATOU_AGE_IDENTITY_PASSPHRASE": passphrase}

    def nobody(prompt: str) -> str:
        raise AssertionError(f"nobody is here to answer {prompt!r}")

    return Keyring([key.path for key in identities], Passphrases(environ, ask or nobody))


@pytest.fixture
def ring() -> Callable[..., Keyring]:
    """Makes a keyring."""
    return keyring


class Project:
    """A deployment with environments and secrets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def environment(self, name: str = "prod", text: str = "[hosts]\nweb1 = app\n") -> Path:
        """Make an environment."""
        directory = self.directory / "environments" / name
        directory.mkdir(parents=True)
        (directory / "environment.cfg").write_text(text)
        return directory

    def component(self, name: str, source: str) -> None:
        """Make a component; *source* is the body of its class."""
        directory = self.directory / "components" / name
        directory.mkdir(parents=True)
        head = f"from batou.component import Component\n\nclass {name.capitalize()}(Component):\n"
        body = "\n".join(f"    {line}" for line in source.splitlines())
        (directory / "component.py").write_text(head + body + "\n")

    def provider(self, ring: Keyring, name: str = "prod", **kw: object) -> SecretProvider:
        """The provider of an environment's secrets."""
        return find_provider(self.directory, name, ring, **kw)  # type: ignore[arg-type]  # passed on

    def secrets(self, text: str, ring: Keyring, name: str = "prod", **files: bytes) -> None:
        """Write an environment's secrets; *text* is the whole ``secrets.cfg``."""
        from batou.secrets.changes import changes

        provider = self.provider(ring, name)
        if not provider.kind:
            provider = provider.sibling("age")
        named = {key.replace("_", "."): content for key, content in files.items()}
        changes(provider, config_text=text, files=named).apply()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    directory = tmp_path / "project"
    directory.mkdir()
    return Project(directory)


@pytest.fixture
def config() -> Callable[..., str]:
    """Makes the text of a ``secrets.cfg``."""

    def make(*members: Key | str, kind: str = "age", body: str = "") -> str:
        names = [member.public if isinstance(member, Key) else member for member in members]
        listed = ",\n    ".join(names)
        return f"[batou]\nsecret_provider = {kind}\nmembers =\n    {listed}\n\n{body}"

    return make


Script = Callable[[str], str]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Makes a shell script, to stand for an editor or another program, and returns its path."""
    directory = tmp_path / "scripts"
    directory.mkdir()

    def make(body: str, name: str = "") -> str:
        path = directory / (name or f"script{len(list(directory.iterdir()))}")
        path.write_text("#!/bin/sh\n" + body)
        path.chmod(0o755)
        return str(path)

    return make


@pytest.fixture(scope="session")
def gnupg_home() -> Iterator[Path]:
    """A GnuPG home with keys of alice and bob; its path is short, for gpg-agent's socket."""
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    environ = {**os.environ, "GNUPGHOME": str(home)}
    for name in ("alice", "bob"):
        subprocess.run(
            ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
            + ["--quick-generate-key", f"{name} <{name}@example.com>", "future-default"]
            + ["default", "never"],
            env=environ,
            check=True,
            stderr=subprocess.DEVNULL,
        )
    yield home
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=environ, check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def gnupg(gnupg_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """gpg has the keys of alice and bob."""
    monkeypatch.setenv("GNUPGHOME", str(gnupg_home))
    return gnupg_home
