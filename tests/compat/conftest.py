"""Projects whose components are written as deployments write them."""

import sys
import textwrap

import pytest

import batou.c
from batou.component import ComponentDefinition
from batou.environment import Environment
from batou.host import Host
from batou.utils import topological_sort


@pytest.fixture
def deploy(tmp_path, monkeypatch):
    """Writes component files and an environment, configures and deploys it all, on this machine.

    *files* is ``{directory: source}`` of components; returns the environment.
    """
    monkeypatch.chdir(tmp_path)
    known = set(sys.modules)

    def run(files, hosts, rest="", predict_only=False):
        for directory, source in files.items():
            folder = tmp_path / "components" / directory
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "component.py").write_text(source)
        settings = tmp_path / "environments" / "dev" / "environment.cfg"
        settings.parent.mkdir(parents=True, exist_ok=True)
        lines = ["[environment]", "connect_method = local", textwrap.dedent(rest), "[hosts]", hosts]
        settings.write_text("\n".join(lines))
        environment = Environment("dev", basedir=tmp_path)
        environment.load()
        assert environment.exceptions == []
        assert environment.configure() == []
        for root in topological_sort(environment.root_dependencies()):
            if not root.ignore:
                root.component.deploy(predict_only)
        return environment

    yield run
    for name in set(sys.modules) - known:
        if name.startswith("batou.c."):
            del sys.modules[name]
            vars(batou.c).pop(name.split(".")[2], None)


@pytest.fixture
def make_root(tmp_path):
    """Makes a root of a class on a host of a platform; not prepared yet."""
    environment = Environment("test", basedir=tmp_path)
    environment._set_defaults()
    host = Host("localhost", environment)
    environment.hosts[host.name] = host

    def make(kind, overrides=None, platform=None):
        host.platform = platform
        definition = ComponentDefinition(kind, str(tmp_path / "component.py"))
        environment.components[definition.name] = definition
        root = environment.add_root(definition.name, host)
        root.overrides = overrides or {}
        return root

    return make
