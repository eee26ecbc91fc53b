"""An engine without containers: its hosts are directories of this machine."""

import os
import stat
import sys
from contextlib import contextmanager

import pytest

from batou.testing.fleet import Attempt
from batou.testing.trial.stage import StagedHost

DOCKER = """\
#!/bin/sh
# exec [-i] [-u USER] CONTAINER COMMAND...
shift
while :; do
    case $1 in
    -i) shift ;;
    -u) shift 2 ;;
    *) break ;;
    esac
done
export HOME="$HOSTS_HERE/$1" PATH="$HOSTS_HERE/programs:$PATH"
cd "$HOME"
shift
exec "$@"
"""


class FakeGround:
    """Containers that are directories; *attempts_of* is what they have tried to reach."""

    method = "docker"
    run = "1234"

    def __init__(self, parts, directory, attempts_of=()):
        self.attempts_of = attempts_of
        self.hosts = tuple(
            StagedHost(p.host, f"c-{p.host}", "127.0.0.9", p.platform or p.image, p.image, None)
            for p in parts
        )
        for host in self.hosts:
            (directory / host.container).mkdir()

    def attempts(self) -> list[Attempt]:
        return list(self.attempts_of)


class Engine:
    """Opens grounds, and remembers whether they were closed."""

    def __init__(self, directory):
        self.directory = directory
        self.attempts = []
        self.is_open = False

    def home(self, host):
        """The home directory in the container of *host*."""
        return self.directory / f"c-{host}"

    @contextmanager
    def open(self, wish, parts):
        self.is_open = True
        try:
            yield FakeGround(parts, self.directory, self.attempts)
        finally:
            self.is_open = False


@pytest.fixture
def fake_engine(tmp_path, monkeypatch):
    """An `Engine`; the command ``docker`` is its."""
    programs, hosts = tmp_path / "programs", tmp_path / "hosts"
    hosts.mkdir()
    programs.mkdir()
    (hosts / "programs").mkdir()  # one does not know who one is: home stays where it is
    (hosts / "programs" / "id").write_text("#!/bin/sh\nexit 1\n")
    (hosts / "programs" / "id").chmod(stat.S_IRWXU)
    for name, text in (("docker", DOCKER), ("python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')):
        (programs / name).write_text(text)
        (programs / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOSTS_HERE", str(hosts))
    return Engine(hosts)
