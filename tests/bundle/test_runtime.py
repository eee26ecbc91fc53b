"""What runs on hosts."""

import os
import shutil
import subprocess
import sys

import pytest

from batou.bundle.errors import PackageError
from batou.bundle.finding import Finder
from batou.bundle.interpreter import Interpreter
from batou.bundle.lock import Lock, Pin, parse
from batou.bundle.runtime import BATOU, Runtime, batou_files, closure, runtime
from batou.bundle.tree import Digests
from batou.bundle.wheels import Wheels


@pytest.fixture
def finder(project, interpreter):
    """Makes a finder."""

    def make(lock="", kind=interpreter):
        here = str(project.path)
        return Finder(kind, Lock.of(lock), Wheels(project.cache, here), (here,))

    return make


def names(packages):
    return [package.name for package in packages]


# Which packages


def test_what_packages_require_is_shipped_too(finder, install):
    install("app", needs=["lib>=1"])
    install("lib", needs=["leaf", "app"])
    install("leaf")

    assert names(closure(finder(), [Pin("app")])) == ["app", "leaf", "lib"]


def test_markers_are_those_of_the_host_and_not_of_this_machine(finder, install, facts):
    old, new = "python_version < '3.13'", "python_version >= '3.13'"
    install("app", needs=[f"old; {old}", f"new; {new}", "mac; sys_platform == 'darwin'"])
    for name in ("old", "new", "mac"):
        install(name)
    older = Interpreter.of({**facts, "python": [3, 12, 0]})

    assert names(closure(finder(), [Pin("app")])) == ["app", "new"]
    assert names(closure(finder(kind=older), [Pin("app")])) == ["app", "old"]
    assert closure(finder(), [Pin("app", marker=old)]) == []


def test_extras_are_shipped_where_they_are_asked_for(finder, install):
    install("lib", needs=["a; extra == 'fast'", "b; extra == 'slow'"])
    install("app", needs=["lib", "other"])
    install("other", needs=["lib[fast]"])
    install("a")
    install("b")

    assert names(closure(finder(), [Pin("app")])) == ["a", "app", "lib", "other"]
    assert names(closure(finder(), [Pin("lib", extras=("slow",))])) == ["b", "lib"]


def test_batou_is_not_shipped_as_a_package(finder, install):
    install("ext", needs=["batou>=2.5"])

    found = closure(finder(), [Pin("ext"), Pin("batou"), parse(f"-e {BATOU}")])

    assert names(found) == ["ext"]


def test_packages_that_only_other_pythons_need_are_fetched(finder, install, index):
    install("app", needs=["new; python_version >= '3.13'"])
    index("new", "2.0")

    found = closure(finder("app==1.0\nnew==2.0"), [Pin("app")])

    assert [str(package) for package in found] == ["app 1.0", "new 2.0"]


def test_a_package_that_the_lock_forgot_is_an_error_that_says_who_needs_it(finder, install):
    install("app", needs=["forgotten; python_version >= '3.13'"])

    with pytest.raises(PackageError, match=r"'forgotten' is needed by app 1\.0"):
        closure(finder("app==1.0"), [Pin("app")])


# The tree


def test_of_batou_only_what_runs_on_hosts_is_shipped():
    base, paths = batou_files()

    tops = {path.split("/")[1] for path in paths}
    assert {"__init__.py", "agent", "component", "lib", "environment", "py.typed"} <= tops
    assert not tops & {"cli", "deploy", "transport", "bundle", "secrets", "main.py", "testing"}
    assert not [path for path in paths if path.endswith(".pyc")]
    assert all(os.path.isfile(os.path.join(base, path)) for path in paths)


def tree(tmp_path, *files):
    for base, path, content in files:
        (tmp_path / base / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / base / path).write_text(content)
    return Runtime.of([(str(tmp_path / base), [path]) for base, path, _ in files], Digests())


def test_the_prefix_is_a_digest_of_the_content(tmp_path):
    one = tree(tmp_path, ("a", "x.py", "1"), ("b", "y.py", "2"))
    same = tree(tmp_path, ("c", "y.py", "2"), ("c", "x.py", "1"))
    other = tree(tmp_path, ("d", "y.py", "3"), ("d", "x.py", "1"))

    assert one.prefix == same.prefix != other.prefix
    assert one.prefix.startswith(".batou/runtimes/")


def test_it_does_not_matter_how_a_package_was_had(finder, install, index):
    index("plain")
    fetched = runtime(finder("plain==1.0"), [Pin("plain")], Digests())
    site = install("plain")
    (site / "plain-1.0.dist-info/INSTALLER").write_text("uv")

    installed = runtime(finder("plain==1.0"), [Pin("plain")], Digests())

    assert installed.prefix == fetched.prefix
    assert str(site) in [part.base for part in installed.parts]


def test_a_file_that_two_packages_have_is_shipped_once(tmp_path):
    found = tree(tmp_path, ("a", "tests/__init__.py", "1"), ("b", "tests/__init__.py", "2"))

    (part,) = found.parts
    assert part.base == str(tmp_path / "b")


def test_links_to_files_are_shipped_as_files(tmp_path):
    (tmp_path / "store").write_text("content")
    os.symlink(tmp_path / "store", tmp_path / "module.py")

    found = Runtime.of([(str(tmp_path), ["module.py"])], Digests())

    assert found.parts[0].entries[0].link is None
    assert found.parts[0].entries[0].size == 7


def test_a_bare_python_runs_the_agent_with_nothing_else(finder, tmp_path, install):
    install("extra")
    made = runtime(finder(kind=Interpreter.here()), [Pin("extra")], Digests())
    for part in made.parts:
        for entry in part.entries:
            place = tmp_path / "host" / part.prefix / entry.path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(os.path.join(part.base, entry.path), place)

    code = f"""\
import sys
sys.path.insert(0, {str(tmp_path / "host" / made.prefix)!r})
import batou, batou.agent.serve, batou.lib.file, batou.utils, yaml, remote_pdb, extra
from batou.template import Jinja2Engine
print(Jinja2Engine().expand("{{{{ 1 + 1 }}}}", {{}}), yaml.safe_load("a: 1"))
print([name for name in ("click", "execnet", "packaging") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True
    )

    assert done.stderr == ""
    assert done.stdout == "2 {'a': 1}\n[]\n"
