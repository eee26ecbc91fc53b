"""Containers on the engine of this machine: made, made anew, started, removed."""

import importlib.util
import json
import os
import secrets
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from batou.testing.engine import Engine
from batou.testing.errors import EngineFailed

pytestmark = pytest.mark.needs("gcc", "docker")
HERE = Path(__file__).parent

spec = importlib.util.spec_from_file_location("registry", HERE / "registry.py")
assert spec is not None
assert spec.loader is not None
registry = importlib.util.module_from_spec(spec)
spec.loader.exec_module(registry)


@pytest.fixture(scope="module")
def archive(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of a few hundred KiB, saved and no longer with the engine."""
    if engine.command != "docker":
        pytest.skip("the engine is not docker")
    place = tmp_path_factory.mktemp("image")
    subprocess.run(["gcc", "-static", "-Os", "-o", place / "app", HERE / "app.c"], check=True)
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w") as members:
        members.add(place / "app", "app")
    name = f"batou-test-{secrets.token_hex(4)}:1"
    change = 'CMD ["/app"]'
    engine.call("import", "--change", change, "-", name, input=content.getvalue())
    path = place / "app.tar"
    engine.call("save", "-o", str(path), name)
    engine.call("rmi", name)
    return path


class Web:
    """The project of the test, and its container."""

    def __init__(self, engine: Engine, place: Path, batou: Callable[..., Any]) -> None:
        self.engine, self.place, self.batou = engine, place, batou
        self.name = f"batou-test-{secrets.token_hex(4)}"
        self.settings = place / "environments/dev/environment.cfg"
        self.template = self.settings.read_text()

    def run(self, action: str = "deploy", expect: int = 0, **values: str) -> Any:
        """Run batou with overrides for the component."""
        lines = [f"{key} = {value}\n" for key, value in {"name": self.name, **values}.items()]
        self.settings.write_text(self.template + "".join(lines))
        return self.batou(self.place, action, "dev", "--format", "json", expect=expect)

    def inspect(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.engine.call("container", "inspect", self.name))[0]
        return found

    def said(self) -> list[str]:
        return self.engine.call("logs", self.name).splitlines()

    def remove(self) -> None:
        for name in (self.name, f"{self.name}-batou-new"):
            self._try("rm", "-f", name)
        ours = ["images", "-q", "--filter", "reference=localhost/batou/*shop-app"]
        for image in self.engine.call(*ours).split():
            self._try("rmi", "-f", image)

    def _try(self, *words: str) -> None:
        try:
            self.engine.call(*words)
        except EngineFailed:
            pass


@pytest.fixture
def web(
    engine: Engine, archive: Path, project: Callable[..., Path], batou: Callable[..., Any]
) -> Iterator[Web]:
    place = project("project")
    os.link(archive, place / "components/web/app.tar")
    web = Web(engine, place, batou)
    yield web
    web.remove()


def outcomes(result: Any) -> list[str]:
    return [event["outcome"] for event in result.events if event["event"] == "outcome"]


def failure(result: Any) -> Any:
    """The only error of a run."""
    [error] = [event for event in result.events if event["event"] == "failure"]
    return error


def test_container_of_an_archive_lives(web: Web) -> None:
    shipped = {"image": "shop-app", "archive": "app.tar"}

    planned = web.run("plan", **shipped)
    web.run(**shipped, greeting="it's $5 # {{1}}")
    first = web.inspect()
    again = web.run(**shipped, greeting="it's $5 # {{1}}")

    assert set(outcomes(planned)) == {"would update"}
    assert outcomes(again) == []
    assert web.said() == ["it's $5 # 1 from the default"]
    assert (web.place / "work/web/data/greeting").read_text() == "it's $5 # 1\n"
    file = web.place / f"work/web/{web.name}.env"
    assert oct(file.stat().st_mode & 0o777) == "0o600"

    # made anew when it is to be another one
    web.run(**shipped, greeting="ciao", command='["/app", "Rome"]')
    second = web.inspect()
    assert second["Id"] != first["Id"]
    assert web.said() == ["ciao from Rome"]

    # started when somebody has stopped it
    web.engine.call("stop", "-t", "5", web.name)
    web.run(**shipped, greeting="ciao", command='["/app", "Rome"]')
    assert web.inspect()["Id"] == second["Id"]
    assert web.inspect()["State"]["Running"]

    # one that cannot be made leaves the old one
    refused = web.run(**shipped, options='["--memory=1"]', expect=1)
    assert "cannot be made" in failure(refused)["headline"]
    assert web.inspect()["Id"] == second["Id"]

    # one that ends tells what it has said
    failed = web.run(**shipped, command='["/app", "fail"]', expect=1)
    assert f"container {web.name!r} " in failure(failed)["headline"]
    assert "the port is taken" in dict(failure(failed)["rows"])["Logs"]

    web.run(image="none", absent="True")
    assert outcomes(web.run(image="none", absent="True")) == []
    with pytest.raises(EngineFailed):
        web.inspect()


def test_image_is_pulled_by_its_digest(web: Web, archive: Path) -> None:
    with registry.serving(archive) as image:
        web.run(image=image)

    assert outcomes(web.run(image=image)) == []
    assert web.said() == ["hello from the default"]
    web.engine.call("rmi", "-f", image)
