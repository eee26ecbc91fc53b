"""Bundles from beginning to end."""

import os
import shutil
import threading
import time

import pytest

from batou.agent.stage0 import Target
from batou.bundle import git
from batou.bundle.artifacts import Artifacts
from batou.bundle.build import Builder
from batou.bundle.cache import YOUNG
from batou.bundle.errors import PackageError, UncommittedChanges
from batou.bundle.interpreter import Interpreter


@pytest.fixture
def here():
    return Interpreter.here()


def paths(bundle):
    return [entry.path for entry in bundle.manifest.entries]


def unpacked(bundle, directory):
    """What stage zero makes of a bundle."""
    target = Target(str(directory), {})
    for digest in target.compare(bundle.manifest.to_wire()):
        target.keep(digest, bundle.read(digest), False)
    target.unpack()
    target.lock.close()
    return directory


# The same everywhere


def test_two_builds_in_two_places_have_one_digest(project, tmp_path, here, package):
    project.write("run", "#!/bin/sh\n", 0o755)
    os.symlink("run", project.path / "link")
    project.write("requirements.txt", "-e ./pkg\n")
    package(project.path / "pkg", "mine")
    other = tmp_path / "elsewhere/other"
    copy_in_reverse(project.path, other)
    digests = []

    for number, path in enumerate((project.path, other)):
        project.path = path
        before = os.umask(0o077 if number else 0o022)
        try:
            digests.append(Builder(project.environment).build(here).manifest.digest)
        finally:
            os.umask(before)

    assert digests[0] == digests[1]


def copy_in_reverse(source, to):
    """Copy a tree in another order, with other times and other modes."""
    for path in sorted(source.rglob("*"), reverse=True):
        place = to / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            os.symlink(os.readlink(path), place)
        elif path.is_file():
            shutil.copyfile(path, place)
            place.chmod(0o700 if os.access(path, os.X_OK) else 0o600)
            os.utime(place, (1, 1))


def test_a_clone_of_the_revision_has_the_same_digest(git_project, tmp_path, here):
    first = Builder(git_project.environment).build(here)
    git.git(str(tmp_path), "clone", "--quiet", str(tmp_path / "origin.git"), "clone")
    git_project.path = tmp_path / "clone"

    second = Builder(git_project.environment).build(here)

    assert second.manifest.digest == first.manifest.digest
    assert second.revision == first.revision != ""


def test_a_changed_byte_makes_another_digest(project, here):
    project.write("file", "one")
    first = Builder(project.environment).build(here)
    project.write("file", "two")

    assert Builder(project.environment).build(here).manifest.digest != first.manifest.digest


# What is in it


def test_the_host_gets_project_and_runtime(project, here, tmp_path):
    project.write("environments/prod/secrets.cfg.age", "private")
    project.write("work/hello/state")

    bundle = Builder(project.environment).build(here)
    target = unpacked(bundle, tmp_path / "target")

    (runtime,) = bundle.runtime
    assert (target / "components/hello/component.py").exists()
    assert (target / runtime / "batou/agent/serve.py").exists()
    assert (target / runtime / "jinja2/__init__.py").exists()
    assert not (target / "work").exists()
    assert not list(target.rglob("secrets.cfg*"))
    assert not list(target.rglob("*.pyc"))


def test_a_deployment_in_a_subdirectory_tells_where_it_is(nested_project, here, tmp_path):
    bundle = Builder(nested_project.environment).build(here)
    target = unpacked(bundle, tmp_path / "target")

    assert bundle.base == "deploy/site"
    assert (target / bundle.base / "components/hello/component.py").exists()


def test_what_a_host_would_refuse_is_left_out_aloud(project, here, output, tmp_path):
    os.symlink("/nix/store/1-app", project.path / "result")
    os.symlink("../../outside", project.path / "components/outside")
    project.write(os.fsdecode(b"latin-\xe4"))
    project.write("kept")

    bundle = Builder(project.environment).build(here)
    target = unpacked(bundle, tmp_path / "target")

    told = output.backend.output
    assert "WARNING: not shipped: " in told
    assert "'result' leads to '/nix/store/1-app'" in told
    assert "'components/outside' leads out of the target" in told
    assert "xe4' is not UTF-8" in told
    assert (target / "kept").exists()


def test_of_many_such_files_some_are_named(project, here, output):
    for number in range(8):
        os.symlink("/elsewhere", project.path / f"link{number}")

    Builder(project.environment).build(here)

    assert "'link4' leads to '/elsewhere' and 3 more" in output.backend.output


def test_a_package_that_the_project_requires_is_shipped(project, here, install):
    install("extra", "2.0")
    project.write("requirements.txt", "extra\n")
    project.write("requirements.lock", "extra==2.0\n")

    bundle = Builder(project.environment).build(here)

    assert f"{bundle.runtime[0]}/extra.py" in paths(bundle)


def test_hosts_of_a_platform_get_what_its_lock_says(project, here, install, index):
    install("extra", "2.0")
    index("extra", "3.0")
    project.write("requirements.txt", "extra\n")
    project.write("requirements.lock", "extra==2.0\n")
    project.write("requirements-nixos.lock", "extra==3.0\n")
    builder = Builder(project.environment)

    plain, nixos = builder.build(here), builder.build(here, "nixos")

    assert any(path.endswith("extra-2.0.dist-info/METADATA") for path in paths(plain))
    assert any(path.endswith("extra-3.0.dist-info/METADATA") for path in paths(nixos))


def test_a_committed_package_is_built_as_it_is_committed(git_project, here, package):
    directory = package(git_project.path / "pkg", "mine")
    git_project.write("requirements.txt", "-e ./pkg\n")
    git_project.commit()
    (directory / "mine.py").write_text("VERSION = 'not committed'\n")

    bundle = Builder(git_project.environment, is_dirty_allowed=True).build(here)

    wanted = f"{bundle.runtime[0]}/mine.py"
    (entry,) = (entry for entry in bundle.manifest.entries if entry.path == wanted)
    assert bundle.read(entry.chunks[0]) == b"VERSION = '1.0'\n"


def test_artifacts_are_added(project, here, tmp_path):
    (tmp_path / "archive").write_text("archive")
    builder = Builder(project.environment)
    artifacts = Artifacts(builder.cache)
    digest = artifacts.add(tmp_path / "archive")

    part, bundle = artifacts.part([digest]), builder.build(here)
    extended = builder.extended(bundle, part)

    target = unpacked(extended, tmp_path / "target")

    assert (target / ".batou/artifacts" / digest).read_text() == "archive"
    assert builder.extended(bundle, part) is extended


def test_a_check_that_fails_stops_the_build(git_project, here):
    git_project.write("new")

    with pytest.raises(UncommittedChanges):
        Builder(git_project.environment).build(here)


# Once


def test_hosts_of_one_kind_share_a_bundle(project, here, interpreter):
    builder = Builder(project.environment)

    one, other = builder.build(here), builder.build(interpreter)

    assert builder.build(here) is one
    assert builder.build(interpreter) is other
    assert one.parts[0] is other.parts[0]


def test_threads_share_the_work(project, here, interpreter, output):
    builder, found = Builder(project.environment), []

    def build(kind):
        found.append(builder.build(kind))

    threads = [threading.Thread(target=build, args=(kind,)) for kind in (here, interpreter) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id(bundle) for bundle in found}) == 2
    assert len(found) == 8


def test_what_fails_is_not_tried_for_each_host(project, interpreter, output, package):
    package(project.path / "pkg", "mine", tag="cp38-cp38-linux_x86_64")
    project.write("requirements.txt", "-e ./pkg\n")
    builder, errors = Builder(project.environment), []

    for _ in range(3):
        with pytest.raises(PackageError) as raised:
            builder.build(interpreter)
        errors.append(raised.value)

    assert errors[0] is errors[1] is errors[2]
    assert output.backend.output.count("Building pkg") == 1


def test_the_second_run_reads_no_file(project, here):
    for number in range(20):
        project.write(f"files/{number}", os.urandom(1000))
    first = Builder(project.environment)
    before = first.build(here)
    first.cache.digests.save(time.time_ns() + 10**11)

    second = Builder(project.environment)
    after = second.build(here)

    assert first.cache.digests.read > 20_000
    assert second.cache.digests.read == 0
    assert after.manifest.digest == before.manifest.digest


def test_revisions_that_are_not_used_any_more_go(git_project, here):
    revisions = git_project.path / ".batou/cache/revisions"
    commits = []
    for number in range(4):
        git_project.write("file", str(number))
        commits.append(git_project.commit())
        git_project.push()
        builder = Builder(git_project.environment)
        builder.project
        builder.finish(["prod"])
        for path in revisions.iterdir():
            os.utime(path, (time.time() - 2 * YOUNG,) * 2)
    Builder(git_project.environment).finish(["prod"])  # a run that came to nothing

    assert {path.name for path in revisions.iterdir()} == set(commits[-2:])


def test_the_cache_is_not_part_of_the_bundle(project, here):
    builder = Builder(project.environment)
    first = builder.build(here)
    builder.finish(["prod"])

    assert Builder(project.environment).build(here).manifest.digest == first.manifest.digest
