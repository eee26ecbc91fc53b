"""An application gets to a host that reaches no index, is switched to, and back."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batou.testing.hosts import TestHost

COMPONENT = """\
from batou.component import Attribute, Component
from batou.lib.python import App


class Shop(Component):
    lock = Attribute(str)

    def configure(self):
        self += App("shop", requirements=self.lock, programs=["shop"])
"""

ENVIRONMENT = """\
[environment]
connect_method = docker
service_user = app
artifacts = controller

[hosts]
{host} = shop

[component:shop]
lock = {lock}
"""


def shop(place: Path, version: str) -> None:
    """Write a wheel of an application with a program ``shop``, and its lock, into *place*."""
    info = f"shop-{version}.dist-info"
    members = {
        "shop.py": f"def main():\n    print('shop {version}')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: shop\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nshop = shop:main\n",
    }
    members[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in members)
    wheel = place / f"shop-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    line = f"./{wheel.name} --hash=sha256:{digest}\n"
    (place / f"{version}.lock").write_text(line)


@pytest.fixture(scope="module")
def host(hosts: Callable[..., tuple[TestHost, ...]]) -> TestHost:
    [host] = hosts("web1", user="app", network="none")
    return host


def test_application_is_shipped_switched_and_switched_back(
    host: TestHost, project: Callable[..., Path], batou: Callable[..., Any]
) -> None:
    place = project({"components/shop/component.py": COMPONENT})
    for version in ("1.0", "2.0"):
        shop(place / "components/shop", version)
    settings = place / "environments/dev/environment.cfg"
    settings.parent.mkdir(parents=True)

    def deploy(version: str) -> list[str]:
        """What the components did."""
        settings.write_text(ENVIRONMENT.format(host=host.container, lock=f"{version}.lock"))
        done = batou(place, "deploy", "dev", "--format", "json")
        return [event["outcome"] for event in done.events if event["event"] == "outcome"]

    work = "/home/app/deployment/work/shop"
    deploy("1.0")
    assert deploy("1.0") == []
    assert host.run([f"{work}/bin/shop"], user="app") == "shop 1.0\n"

    deploy("2.0")
    assert host.run([f"{work}/bin/shop"], user="app") == "shop 2.0\n"
    assert len(host.run(f"ls {work}/shop").split()) == 3  # both, and current

    assert deploy("1.0") == ["updated"]
    assert host.run([f"{work}/bin/shop"], user="app") == "shop 1.0\n"
