"""Where packages come from, and an interpreter that makes environments quickly."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

VERSION = "{}.{}".format(*sys.version_info)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one place where pip finds packages, as a configuration file of pip says."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nno-index = true\nfind-links = {folder}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    return folder


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A version whose interpreter is on PATH, and makes environments quickly.

    It lacks ``ensurepip``, so pip comes from a wheel and is not compiled.
    """
    stdlib, home = Path(sysconfig.get_path("stdlib")), tmp_path / "python"
    places = stdlib / "ensurepip/_bundled", Path("/usr/share/python-wheels")  # Debian's
    found = sorted(path for place in places for path in place.glob("pip-*.whl"))
    if not found:
        pytest.skip("this Python brings no wheel of pip along")
    (home / "bin").mkdir(parents=True)
    (home / "lib" / stdlib.name).mkdir(parents=True)
    for path in stdlib.iterdir():
        if path.name not in ("ensurepip", "site-packages"):
            (home / "lib" / stdlib.name / path.name).symlink_to(path)
    copy = shutil.copy(os.path.realpath(sys.executable), home / "bin" / f"python{VERSION}")
    if subprocess.run([copy, "-I", "-c", "import zlib"], capture_output=True).returncode:
        pytest.skip("this Python does not work from another place")
    monkeypatch.setenv("PATH", str(home / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("BATOU_PIP_WHEEL", str(found[0]))
    return VERSION
