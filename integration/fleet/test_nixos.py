"""The stand-in for NixOS fails like NixOS, and works like it."""

import pytest

from batou.process import CmdExecutionError

pytestmark = pytest.mark.platform("nixos")

DERIVATION = """
derivation {
  name = "greeting"; system = builtins.currentSystem;
  builder = "/bin/sh"; args = ["-c" "echo hello >$out"];
}
"""


@pytest.fixture(scope="module")
def host(hosts):
    [host] = hosts("web1", user="app")
    return host


def test_there_is_no_fhs(host):
    assert host.run("ls /bin /usr /usr/bin").split() == [
        "/bin:",
        "sh",
        "/usr:",
        "bin",
        "/usr/bin:",
        "env",
    ]
    assert host.run("ls -d /lib /lib64 /sbin /opt /etc/NIXOS || true").strip() == "/etc/NIXOS"
    assert "ID=nixos\n" in host.run("cat /etc/os-release")


def test_programs_are_in_the_store(host):
    for program in ("python3", "nix", "git", "sshd", "ip"):
        path = host.run(f'readlink -f "$(command -v {program})"')
        assert path.startswith("/nix/store/")
        assert host.run(f"command -v {program}").startswith("/run/current-system/sw/bin/")


def test_scripts_for_an_fhs_do_not_start(host):
    script = "printf '#!/bin/bash\\n' >/tmp/script && chmod +x /tmp/script && /tmp/script"

    with pytest.raises(CmdExecutionError) as caught:
        host.run(script)

    assert "required file not found" in caught.value.stderr


def test_nix_builds_and_the_store_is_sound(host):
    host.run("cat >/tmp/greeting.nix", input=DERIVATION)

    path = host.run("nix-build --no-out-link /tmp/greeting.nix").strip()

    assert host.run(["cat", path]) == "hello\n"
    host.run("nix-store --verify --check-contents")


def test_python_has_its_library(host):
    host.run(["python3", "-I", "-S", "-c", "import ctypes, hashlib, lzma, sqlite3, ssl, venv"])


def test_sudo_is_a_wrapper(host):
    assert host.run("command -v sudo").strip() == "/run/wrappers/bin/sudo"
