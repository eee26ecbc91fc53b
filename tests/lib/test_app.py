"""`batou.lib.python.App`: releases in real environments, filled from a directory of wheels."""

import hashlib
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from batou.component import RootComponent
from batou.errors import CmdExecutionError
from batou.lib.python import App, MissingProgram
from batou.lib.python.app import AppUsageError

pytestmark = pytest.mark.slow


def shop(folder: Path, version: str, requires: str = "") -> str:
    """Make a wheel of an application with a program ``shop``; returns its line in a lock."""
    info = f"shop-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: shop\nVersion: {version}\n"
    members = {
        "shop.py": f"def main():\n    print('shop {version}')\n",
        f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nshop = shop:main\n",
    }
    members[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*members, f"{info}/RECORD"])
    path = folder / f"shop-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return f"shop=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def deploy(root: RootComponent, python: str) -> Any:
    """Deploys the application ``shop`` with a lock, and returns the component."""

    def run(lock: str, predict_only: bool = False, **kw: Any) -> App:
        Path(root.defdir, "requirements.lock").write_text(lock)
        root.prepare()
        app = App("shop", **{"python": python, "programs": "shop", **kw})
        root.component += app
        root.component.deploy(predict_only)
        return app

    return run


def said(root: RootComponent) -> str:
    """What the linked program prints."""
    program = os.path.join(root.workdir, "bin/shop")
    return subprocess.run([program], capture_output=True, text=True).stdout.strip()


def releases(root: RootComponent) -> set[str]:
    return set(os.listdir(os.path.join(root.workdir, "shop"))) - {"current"}


@pytest.mark.timeout(300)
def test_life_of_an_application(root: RootComponent, wheels: Path, deploy: Any) -> None:
    first, second = shop(wheels, "1.0"), shop(wheels, "2.0")
    used = []
    for lock, shown in ((first, "shop 1.0"), (second, "shop 2.0")):
        app = deploy(lock)
        assert app.changed
        assert not deploy(lock).changed
        assert said(root) == shown
        used.append(os.readlink(app.current))
    kept = releases(root)

    # damaged: it is made again
    os.unlink(os.path.join(app.current, "bin/python"))
    assert deploy(second).changed
    assert said(root) == "shop 2.0"

    # back: nothing is installed
    for wheel in wheels.iterdir():
        wheel.unlink()
    assert deploy(first, keep=0).changed
    assert said(root) == "shop 1.0"

    assert kept == set(used)
    assert releases(root) == {used[0]}
    assert os.readlink(os.path.join(root.workdir, "bin/shop")) == os.path.join(
        root.workdir, "shop/current/bin/shop"
    )


def test_failure_leaves_the_one_before(root: RootComponent, wheels: Path, deploy: Any) -> None:
    good, bad = shop(wheels, "1.0"), shop(wheels, "2.0", requires="missing")
    deploy(good)

    with pytest.raises(CmdExecutionError, match=r"pip .* check"):
        deploy(bad)

    assert said(root) == "shop 1.0"
    assert not deploy(good).changed


def test_missing_program_is_told_before_the_switch(
    root: RootComponent, wheels: Path, deploy: Any
) -> None:
    shop(wheels, "1.0")

    with pytest.raises(AppUsageError, match="has no hashes"):
        deploy("shop==1.0\n")
    with pytest.raises(MissingProgram, match="'shop' have no program 'shopping'") as caught:
        deploy("shop==1.0\n", require_hashes=False, programs=["shopping"])

    assert caught.value.hint() == "they have 'shop'"
    assert not os.path.lexists(os.path.join(root.workdir, "shop/current"))


def test_prediction_makes_nothing(root: RootComponent, wheels: Path, deploy: Any) -> None:
    app = deploy(shop(wheels, "1.0"), predict_only=True)

    assert app.changed
    assert os.listdir(root.workdir) == []
