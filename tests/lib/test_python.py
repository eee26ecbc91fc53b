"""Real virtual environments, filled from a directory of small wheels."""

import compileall
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from batou.component import Component, RootComponent
from batou.errors import CmdExecutionError, ConfigurationError, UpdateNeeded
from batou.lib.python import (
    CannotMakeVirtualEnv,
    Package,
    Requirements,
    VirtualEnv,
    VirtualEnvDownload,
    VirtualEnvPy,
    VirtualEnvPy2_7,
)
from batou.lib.python.interpreter import find_python, is_same_version, normalized
from batou.lib.python.packages import has_hashes

PYTHON: str = os.path.realpath(sys.executable)
VERSION = "{}.{}".format(*sys.version_info)
DEBIAN = Path("/usr/share/python-wheels")
SITE_PACKAGES = f"lib/python{VERSION}/site-packages"


def wheel(folder: Path, name: str, version: str, requires: str = "", **files: str) -> str:
    """Make a wheel; returns its line in a lock."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    content = {f"{name}.py": f"version = {version!r}\n"}
    content |= {f"{module}.py": text for module, text in files.items()}
    content[f"{info}/METADATA"] = metadata
    content[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in content.items():
            archive.writestr(member, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one place where pip finds packages."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_COMPILE", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def pip_wheel() -> Path:
    """The wheel of pip that this Python brings along."""
    bundled = Path(sysconfig.get_path("stdlib"), "ensurepip/_bundled")
    found = sorted(path for place in (bundled, DEBIAN) for path in place.glob("pip-*.whl"))
    if not found:
        pytest.skip("this Python brings no wheel of pip along")
    return found[0]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment to make others of, for making one takes seconds."""
    path = tmp_path_factory.mktemp("template") / "venv"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", path], check=True)
    with zipfile.ZipFile(pip_wheel()) as archive:
        archive.extractall(path / SITE_PACKAGES)
    compileall.compile_dir(path / SITE_PACKAGES / "pip", quiet=2)
    return path


@pytest.fixture
def venv(root: RootComponent, template: Path, wheels: Path) -> VirtualEnv:
    """An environment that is there already, without packages."""
    for name in ("bin", "pyvenv.cfg"):
        subprocess.run(["cp", "-R", template / name, root.workdir], check=True)
    site_packages = Path(root.workdir, SITE_PACKAGES)
    site_packages.mkdir(parents=True)
    Path(site_packages, "README").touch()  # or pip takes a directory of links for empty
    for path in (template / SITE_PACKAGES).iterdir():
        (site_packages / path.name).symlink_to(path)
    venv = VirtualEnv(VERSION, executable=PYTHON)
    root.component += venv
    return venv


def deploy(root: RootComponent) -> bool:
    root.component.deploy()
    changed: bool = root.component.changed
    return changed


def installed(root: RootComponent, name: str) -> str:
    """The version that the environment imports, without its line end."""
    python = os.path.join(root.workdir, "bin/python")
    script = f"import {name}; print({name}.version)"
    out = subprocess.run([python, "-I", "-c", script], capture_output=True, text=True)
    return out.stdout.strip() or out.stderr.splitlines()[-1]


def interpreter(version: str) -> str:
    """The path of another Python, from PATH or pyenv."""
    name = f"python{version}"
    candidates = [os.path.join(folder, name) for folder in os.environ["PATH"].split(os.pathsep)]
    if shutil.which("pyenv"):
        pyenv = subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout.strip()
        candidates += [str(path) for path in Path(pyenv).glob(f"versions/{version}*/bin/{name}")]
    for candidate in candidates:
        if os.path.exists(candidate):
            if not subprocess.run([candidate, "-c", ""], capture_output=True).returncode:
                return candidate
    pytest.skip(f"missing: {name}")


# The environment


def test_version_chooses_interpreter_and_kind(root: RootComponent) -> None:
    root.component += (new := VirtualEnv("3.11"))
    root.component += (old := VirtualEnv("2.7"))

    assert (new.executable, new.python) == ("python3.11", "bin/python3.11")
    assert (old.executable, old.python) == ("python2.7", "bin/python2.7")
    assert (type(new.venv), type(old.venv)) == (VirtualEnvPy, VirtualEnvPy2_7)


def test_working_environment_is_left_alone(root: RootComponent, venv: VirtualEnv) -> None:
    assert not deploy(root)


@pytest.mark.slow
def test_environment_is_made_once(root: RootComponent) -> None:
    root.component += VirtualEnv(VERSION, executable=PYTHON)

    assert deploy(root)
    assert not deploy(root)
    assert Path(root.workdir, "bin", f"python{VERSION}").exists()
    assert Path(root.workdir, "bin/pip").exists()


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.12", "3.14"])
def test_environment_without_setuptools_converges(root: RootComponent, version: str) -> None:
    root.component += VirtualEnv(version, executable=interpreter(version))

    assert deploy(root)
    assert not deploy(root)


def reason(root: RootComponent, venv: VirtualEnv) -> str:
    with root.component.chdir(root.workdir), pytest.raises(UpdateNeeded) as caught:
        venv.venv.verify()
    return str(caught.value)


def test_missing_interpreter_is_noticed(root: RootComponent, venv: VirtualEnv) -> None:
    python = Path(root.workdir, "bin/python")
    python.unlink()
    python.symlink_to("/nonexistent")

    assert reason(root, venv) == f"{str(python)!r} is missing"


def test_interpreter_that_does_not_work_is_noticed(root: RootComponent, venv: VirtualEnv) -> None:
    python = Path(root.workdir, "bin/python")
    python.unlink()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)

    assert reason(root, venv) == f"{str(python)!r} does not work"


def test_other_version_is_noticed(root: RootComponent, venv: VirtualEnv) -> None:
    venv.version = "3.1"  # of which 3.11 is no release

    assert reason(root, venv) == f"Python is {sys.version.split()[0]}, wanted 3.1"


def test_missing_pip_is_noticed(root: RootComponent, venv: VirtualEnv) -> None:
    for path in Path(root.workdir, SITE_PACKAGES).glob("pip-*"):
        path.unlink()

    assert reason(root, venv) == "pip is missing"


def test_predicting_makes_nothing(root: RootComponent, wheels: Path) -> None:
    root.component += (venv := VirtualEnv(VERSION, executable=PYTHON))
    venv += Package("foo", version="1.0")

    root.component.deploy(predict_only=True)

    assert root.component.changed
    assert os.listdir(root.workdir) == []


def test_unknown_interpreter_is_named(root: RootComponent) -> None:
    root.component += VirtualEnv("9.9")

    with pytest.raises(CannotMakeVirtualEnv, match=r"this host has no 'python9\.9'") as caught:
        root.component.deploy()

    assert "executable=" in (caught.value.hint() or "")


def test_interpreter_of_the_nix_store_is_the_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, profile = tmp_path / "store/abc-python3/bin", tmp_path / "profile/bin"
    for folder in (store, profile):
        folder.mkdir(parents=True)
    shutil.copy("/bin/sh", store / "python9")
    (profile / "python9").symlink_to(store / "python9")
    monkeypatch.setenv("PATH", str(profile))

    assert find_python("python9") == str(profile / "python9")
    monkeypatch.setenv("NIX_STORE_DIR", str(tmp_path / "store"))
    assert find_python("python9") == str(store / "python9")


Bare = Callable[..., str]


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    """Makes an interpreter that lacks some modules, as Debian splits them off."""

    def bare(*lacking: str) -> str:
        home, stdlib = tmp_path / "bare", Path(sysconfig.get_path("stdlib"))
        library = home / "lib" / stdlib.name
        library.mkdir(parents=True)
        (home / "bin").mkdir()
        for path in stdlib.iterdir():
            if path.name not in (*lacking, "site-packages"):
                (library / path.name).symlink_to(path)
        python = home / "bin" / f"python{VERSION}"
        shutil.copy(PYTHON, python)
        if subprocess.run([python, "-I", "-c", "import zlib"], capture_output=True).returncode:
            pytest.skip("this Python does not work from another place")
        return str(python)

    return bare


@pytest.mark.slow
def test_pip_may_come_from_a_wheel(
    root: RootComponent, wheels: Path, bare: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATOU_PIP_WHEEL", str(pip_wheel()))
    for name in ("bin", "lib", "include", "kept"):
        Path(root.workdir, name).mkdir()
        Path(root.workdir, name, "old").touch()
    wheel(wheels, "foo", "1.0")
    root.component += (venv := VirtualEnv(VERSION, executable=bare("ensurepip")))
    venv += Package("foo", version="1.0")

    assert deploy(root)
    assert not deploy(root)
    assert installed(root, "foo") == "1.0"
    assert [path.parent.name for path in Path(root.workdir).glob("*/old")] == ["kept"]


@pytest.mark.parametrize(
    "lacking, has_wheel",
    [(("ensurepip",), False), (("venv", "ensurepip"), True), (("venv",), True)],
)
def test_package_to_install_is_named(
    root: RootComponent,
    bare: Bare,
    monkeypatch: pytest.MonkeyPatch,
    lacking: tuple[str, ...],
    has_wheel: bool,
) -> None:
    monkeypatch.setenv("BATOU_PIP_WHEEL", str(pip_wheel()) if has_wheel else "/nonexistent")
    root.component += VirtualEnv(VERSION, executable=bare(*lacking))

    with pytest.raises(CannotMakeVirtualEnv, match=f"lacks the module '{lacking[0]}'") as caught:
        root.component.deploy()

    assert (caught.value.hint() or "").startswith(f"install python{VERSION}-venv (Debian, Ubuntu)")
    assert not Path(root.workdir, "bin").exists()


# Packages


@pytest.mark.parametrize("kind", [Package, Requirements])
def test_packages_belong_into_an_environment(root: RootComponent, kind: type[Component]) -> None:
    with pytest.raises(TypeError, match=r"wanted a VirtualEnv: add it with venv \+=") as caught:
        root.component += kind("foo")

    assert isinstance(caught.value, ConfigurationError)


def test_package_is_installed_once(root: RootComponent, venv: VirtualEnv, wheels: Path) -> None:
    wheel(wheels, "foo", "1.0")
    wheel(wheels, "foo", "2.0")
    venv += (foo := Package("foo", version="1.0"))

    assert deploy(root)
    assert not deploy(root)
    assert installed(root, "foo") == "1.0"
    assert foo._breadcrumb == "Package('foo==1.0')"


@pytest.mark.slow
def test_other_version_is_replaced(root: RootComponent, venv: VirtualEnv, wheels: Path) -> None:
    wheel(wheels, "foo", "1.0")
    wheel(wheels, "foo", "2.0")
    venv += (foo := Package("foo", version="1.0"))
    root.component.deploy()
    foo.version = "2.0"

    assert deploy(root)
    assert not deploy(root)
    assert installed(root, "foo") == "2.0"


def test_any_version_is_fine_without_one(
    root: RootComponent, venv: VirtualEnv, wheels: Path
) -> None:
    wheel(wheels, "foo_bar", "1.0")
    venv += Package("Foo.Bar")

    assert deploy(root)
    assert not deploy(root)


@pytest.mark.slow
def test_dependencies_come_along_unless_told_not_to(
    root: RootComponent, venv: VirtualEnv, wheels: Path
) -> None:
    for name in ("foo", "spam"):
        wheel(wheels, name, "1.0", requires=f"{name}_base")
        wheel(wheels, f"{name}_base", "1.0")
    venv += Package("foo", version="1.0")
    venv += Package("spam", version="1.0", dependencies=False)

    root.component.deploy()

    assert installed(root, "foo_base") == "1.0"
    assert "No module named 'spam_base'" in installed(root, "spam_base")


def test_options_and_environment_reach_pip(
    root: RootComponent, venv: VirtualEnv, wheels: Path, tmp_path: Path
) -> None:
    wheel(wheels, "foo", "1.0")
    log = tmp_path / "pip.log"
    options = ("--no-warn-script-location", "--ignore-installed")
    venv += (foo := Package("foo", install_options=options, env={"PIP_LOG": str(log)}, timeout=7))

    root.component.deploy()

    assert foo.timeout == 7
    assert "Successfully installed foo-1.0" in log.read_text()


def test_timeout_is_that_of_the_environment(root: RootComponent, venv: VirtualEnv) -> None:
    root.environment.timeout = 23
    venv += (foo := Package("foo"))

    assert foo.timeout == 23


def test_package_that_is_nowhere_fails(root: RootComponent, venv: VirtualEnv) -> None:
    venv += Package("foo", version="1.0")

    with pytest.raises(CmdExecutionError) as caught:
        root.component.deploy()

    assert "No matching distribution found for foo==1.0" in str(caught.value.stderr)


def test_modules_in_the_work_directory_do_not_disturb(
    root: RootComponent, venv: VirtualEnv, wheels: Path
) -> None:
    wheel(wheels, "foo", "1.0")
    for name in ("json", "pip", "os"):
        Path(root.workdir, f"{name}.py").write_text("raise SystemExit('shadowed')\n")
    venv += Package("foo", version="1.0")

    assert deploy(root)
    assert not deploy(root)


@pytest.mark.slow
def test_all_packages_are_verified_by_one_process(
    root: RootComponent, venv: VirtualEnv, wheels: Path, tmp_path: Path
) -> None:
    for name in ("foo", "bar", "baz"):
        wheel(wheels, name, "1.0")
        venv += Package(name, version="1.0")
    root.component.deploy()
    log = tmp_path / "log"
    note = f"open({str(log)!r}, 'a').write('started\\n')"
    once = f"import sys; hasattr(sys, 'noted') or setattr(sys, 'noted', {note})\n"
    Path(root.workdir, SITE_PACKAGES, "note.pth").write_text(once)

    root.component.deploy()

    assert log.read_text() == "started\n"


@pytest.mark.slow
def test_package_that_went_away_in_this_run_is_noticed(
    root: RootComponent, venv: VirtualEnv, wheels: Path
) -> None:
    class Uninstall(Component):
        def update(self) -> None:
            self.cmd("bin/python -m pip uninstall -y foo")

        def verify(self) -> None:
            self.assert_no_changes()
            raise UpdateNeeded

    wheel(wheels, "foo", "1.0")
    venv += Package("foo", version="1.0")
    venv += Uninstall()
    venv += (again := Package("foo", version="1.0"))

    root.component.deploy()

    assert again.changed
    assert installed(root, "foo") == "1.0"


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("1.0", "1.0", True),
        ("1.0", "1", True),
        ("v1.0", "1.0.0", True),
        ("1.0RC1", "1.0rc1", True),
        ("1.0", "1.0.1", False),
        ("1.10", "1.1", False),
    ],
)
def test_same_versions(one: str, other: str, same: bool) -> None:
    assert is_same_version(one, other) is same


def test_names_are_compared_as_pep_503_says() -> None:
    assert normalized("Foo._-Bar[extra]>=1") == "foo-bar"


# Requirements


@pytest.fixture
def lock(root: RootComponent) -> Path:
    return Path(root.defdir, "requirements.lock")


def test_lock_is_installed_once(
    root: RootComponent, venv: VirtualEnv, wheels: Path, lock: Path
) -> None:
    lines = wheel(wheels, "foo", "1.0"), wheel(wheels, "bar", "2.0")
    absent = "baz==1.0 ; python_version < '3' --hash=sha256:00\n"
    lock.write_text("# a lock\n" + "".join(lines) + absent)
    venv += Requirements("requirements.lock")

    assert deploy(root)
    assert not deploy(root)
    assert (installed(root, "foo"), installed(root, "bar")) == ("1.0", "2.0")


@pytest.mark.slow
def test_changed_lock_is_installed(
    root: RootComponent, venv: VirtualEnv, wheels: Path, lock: Path
) -> None:
    lines = [wheel(wheels, "foo", version) for version in ("1.0", "2.0")]
    lock.write_text(lines[0])
    venv += Requirements("requirements.lock")
    root.component.deploy()
    lock.write_text(lines[1])
    venv.sub_components.pop()
    venv += (changed := Requirements(lock))

    with root.component.chdir(root.workdir), pytest.raises(UpdateNeeded):
        changed.verify()
    root.component.deploy()

    assert installed(root, "foo") == "2.0"
    assert not deploy(root)


@pytest.mark.slow
def test_package_that_somebody_changed_is_put_back(
    root: RootComponent, venv: VirtualEnv, wheels: Path, lock: Path
) -> None:
    lock.write_text(wheel(wheels, "foo", "1.0"))
    wheel(wheels, "foo", "2.0")
    venv += (requirements := Requirements("requirements.lock"))
    root.component.deploy()
    python = os.path.join(root.workdir, "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", "foo==2.0"], check=True)

    with root.component.chdir(root.workdir), pytest.raises(UpdateNeeded, match=r"foo is 2\.0, wan"):
        requirements.verify()
    root.component.deploy()

    assert installed(root, "foo") == "1.0"


def test_wrong_hash_is_refused(
    root: RootComponent, venv: VirtualEnv, wheels: Path, lock: Path
) -> None:
    line = wheel(wheels, "foo", "1.0")
    lock.write_text(re.sub(r"sha256:.*", f"sha256:{'0' * 64}", line))
    venv += Requirements("requirements.lock")

    with pytest.raises(CmdExecutionError) as caught:
        root.component.deploy()

    assert "DO NOT MATCH THE HASHES" in str(caught.value.stderr)
    assert "No module named 'foo'" in installed(root, "foo")


def test_lock_without_hashes_works(
    root: RootComponent, venv: VirtualEnv, wheels: Path, lock: Path
) -> None:
    wheel(wheels, "foo", "1.0", requires="gone")
    lock.write_text("foo==1.0\n")
    venv += Requirements("requirements.lock")

    root.component.deploy()

    assert installed(root, "foo") == "1.0"


def test_paths_in_a_lock_are_relative_to_it(
    root: RootComponent, venv: VirtualEnv, lock: Path
) -> None:
    (lock.parent / "vendor").mkdir()
    wheel(lock.parent / "vendor", "foo", "1.0")
    lock.write_text("./vendor/foo-1.0-py3-none-any.whl\n")
    venv += Requirements("requirements.lock")

    root.component.deploy()

    assert installed(root, "foo") == "1.0"


def test_missing_requirements_are_told_when_configuring(
    root: RootComponent, venv: VirtualEnv
) -> None:
    with pytest.raises(FileNotFoundError, match=r"requirements\.lock"):
        venv += Requirements("requirements.lock")


@pytest.mark.parametrize(
    "text, found",
    [
        ("foo==1 --hash=sha256:00", True),
        ("foo==1 \\\n    --hash=sha256:00 \\\n", True),
        ("foo==1  # no--hash=\n", False),
        ("", False),
    ],
)
def test_hashes_are_seen(text: str, found: bool) -> None:
    assert has_hashes(text) is found


# Python 2.7


def test_virtualenv_is_fetched_by_pip_and_unpacked_once(
    root: RootComponent, wheels: Path, template: Path
) -> None:
    line = wheel(wheels, "virtualenv", "1.0")
    download = VirtualEnvDownload(
        version="1.0", checksum=line.strip()[-64:], python=str(template / "bin/python")
    )
    root.component += download

    assert deploy(root)
    assert not deploy(root)
    assert download.target == os.path.join(
        root.environment.workdir_base, ".virtualenv/virtualenv-1.0"
    )
    assert os.listdir(os.path.dirname(download.target)) == ["virtualenv-1.0"]
    assert Path(download.target, "virtualenv.py").read_text() == "version = '1.0'\n"


def test_other_virtualenv_than_expected_is_refused(
    root: RootComponent, wheels: Path, template: Path
) -> None:
    wheel(wheels, "virtualenv", "16.7.10")
    root.component += VirtualEnvDownload(python=str(template / "bin/python"))

    with pytest.raises(CmdExecutionError) as caught:
        root.component.deploy()

    assert "DO NOT MATCH THE HASHES" in str(caught.value.stderr)


@pytest.mark.slow
@pytest.mark.index
def test_python_2_has_an_environment_with_packages(root: RootComponent, tmp_path: Path) -> None:
    root.component += (venv := VirtualEnv("2.7", executable=interpreter("2.7")))
    wheel(tmp_path, "foo", "1.0")
    name = "foo-1.0-py2.py3-none-any.whl"
    (tmp_path / "foo-1.0-py3-none-any.whl").rename(tmp_path / name)
    venv += Package("foo", version="1.0", env={"PIP_FIND_LINKS": str(tmp_path)})

    assert deploy(root)
    assert not deploy(root)
