"""`batou.lib.container`: what it tells the engine; integration/container has a real one."""

import json
import os
import stat
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from batou import artifacts
from batou.component import Component, RootComponent
from batou.errors import CmdExecutionError, ConfigurationError
from batou.lib.container import Container, ContainerFailed, Image, NoContainer, NoEngine

Make = Callable[[], Component]

DOCKER = """#!/bin/sh
# knows one image and one container: the files `image` and `container`, each with what is known
echo "$*" >> {0}/log
case "$1 $2" in
    *" inspect") test -e {0}/dead && {{ echo "Cannot connect to the Docker daemon" >&2; exit 1; }}
        case "$4" in *-batou-new) false ;; *) cat {0}/$1 2>/dev/null ;; esac || {{
            echo "Error: No such $1: $4" >&2; exit 1; }} ;;
    pull*) ;;
    load*) echo "Loaded image ID: sha256:abc" ;;
    save*) echo image > "${{2#--output=}}" ;;
    tag*) echo '[{{}}]' > {0}/image ;;
    create*) test -e {0}/broken && {{ echo "no space" >&2; exit 1; }}
        printf '%s' "$3" | sed 's/--label=batou.digest=//' > {0}/digest ;;
    rm*) rm -f {0}/container ;;
    start*|restart*) status=running; test -e {0}/ends && status=exited
        labels=$(printf '{{"batou.digest":"%s"}}' "$(cat {0}/digest)")
        printf '[{{"Config":{{"Labels":%s}},"State":{{"Status":"%s","ExitCode":3}}}}]' \\
            "$labels" $status > {0}/container ;;
    logs*) echo "what it said" >&2 ;;
esac
"""
IMAGE = "registry.example.com:5000/shop/App:1.0@sha256:" + 64 * "0"
LOCAL = "localhost/batou/registry-example-com-5000-shop-app:" + 32 * "0"


class Docker:
    """A stand-in for docker that notes what it is told."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        for name in ("docker", "podman"):
            (directory / name).write_text(DOCKER.format(directory))
            (directory / name).chmod(0o755)

    def done(self) -> list[str]:
        """What it was told to do since it was last asked, questions aside."""
        log = self.directory / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.write_text("")
        return [line for line in lines if " inspect " not in line]

    def become(self, **state: Any) -> None:
        """The container is in this state."""
        path = self.directory / "container"
        [known] = json.loads(path.read_text())
        known["State"].update(state)
        path.write_text(json.dumps([known]))

    def touch(self, name: str) -> None:
        (self.directory / name).touch()


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    stand_in = Docker(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(stand_in.directory), prepend=os.pathsep)
    return stand_in


def deploy(root: RootComponent, *make: Make, predict_only: bool = False) -> bool:
    """Deploy what *make* makes in a new tree, as each run does; returns whether it changed."""
    root.prepare()
    for component in make:
        root.component += component()
    root.component.deploy(predict_only)
    return bool(root.component.changed)


def web(**kw: Any) -> Make:
    return lambda: Container("web", image=IMAGE, **{"settle": 0, "dependencies": [], **kw})


def save(path: Path, index: bytes = b"[]", name: str = "manifest.json") -> None:
    """Write an archive like that of ``docker save``."""
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(index)
        archive.addfile(member, BytesIO(index))


def test_new_container_is_made_and_started(root: RootComponent, docker: Docker) -> None:
    make = web(
        command=["serve", "--all"],
        ports=["80:8080"],
        volumes=["./data:/data:ro", "cache:/cache"],
        env={"KEY": "s3cret"},
        network="front",
        run_as="app",
        options=["--init"],
    )

    deploy(root, make)

    pull, tag, create, rename, start = docker.done()
    digest = (docker.directory / "digest").read_text()
    assert pull == f"pull {IMAGE}"
    assert tag == f"tag {IMAGE} {LOCAL}"
    assert create.split() == [
        "create",
        "--name=web-batou-new",
        f"--label=batou.digest={digest}",
        f"--env-file={root.workdir}/web.env",
        "--restart=unless-stopped",
        "--publish=80:8080",
        f"--volume={root.workdir}/data:/data:ro",
        "--volume=cache:/cache",
        "--network=front",
        "--user=app",
        "--init",
        LOCAL,
        "serve",
        "--all",
    ]
    assert (rename, start) == ("rename web-batou-new web", "start web")
    file = Path(root.workdir, "web.env")
    assert file.read_text() == "KEY=s3cret\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not deploy(root, make)
    assert docker.done() == []


def test_changed_container_takes_the_place_of_the_old_one(
    root: RootComponent, docker: Docker
) -> None:
    deploy(root, web(env={"A": "1"}))
    docker.done()

    deploy(root, web(env={"A": "2"}, stop_timeout=30))

    assert [line.split(" --label")[0] for line in docker.done()] == [
        "create --name=web-batou-new",
        "stop -t 30 web",
        "rm web",
        "rename web-batou-new web",
        "start web",
    ]


def test_container_that_cannot_be_made_leaves_the_old_one(
    root: RootComponent, docker: Docker
) -> None:
    deploy(root, web())
    docker.done()
    docker.touch("broken")

    with pytest.raises(ContainerFailed, match="'web' cannot be made: no space"):
        deploy(root, web(env={"A": "2"}))

    assert len(docker.done()) == 1


def test_stopped_container_is_started(root: RootComponent, docker: Docker) -> None:
    deploy(root, web())
    docker.done()
    docker.become(Status="exited")

    deploy(root, web())

    assert docker.done() == ["start web"]


def test_unhealthy_container_is_restarted(root: RootComponent, docker: Docker) -> None:
    deploy(root, web())
    docker.done()
    docker.become(Health={"Status": "unhealthy"})

    deploy(root, web())

    assert docker.done() == ["restart -t 10 web"]


def test_container_is_restarted_with_what_added_it(root: RootComponent, docker: Docker) -> None:
    from batou.lib.file import File

    deploy(root, web(dependencies=None))
    docker.done()

    deploy(root, lambda: File("app.conf", content="x"), web(dependencies=None))

    assert docker.done() == ["restart -t 10 web"]


def test_container_that_ends_tells_its_logs(root: RootComponent, docker: Docker) -> None:
    docker.touch("ends")

    with pytest.raises(ContainerFailed, match="is exited with code 3, wanted running") as caught:
        deploy(root, web(restart="no"))

    assert caught.value.rows() == [("Logs", "what it said")]
    assert "logs web" in (caught.value.hint() or "")


def test_container_that_takes_too_long_has_failed(root: RootComponent, docker: Docker) -> None:
    docker.touch("ends")

    with pytest.raises(ContainerFailed, match="is exited with code 3 after 0 s"):
        deploy(root, web(timeout=0))


def test_container_that_is_not_wanted_is_removed(root: RootComponent, docker: Docker) -> None:
    deploy(root, web())
    docker.done()

    assert deploy(root, lambda: NoContainer("web"))
    assert docker.done() == ["stop -t 10 web", "rm web"]
    assert not deploy(root, lambda: NoContainer("web"))


def test_archive_is_loaded_once(root: RootComponent, docker: Docker) -> None:
    archive = Path(root.defdir, "app.tar")
    save(archive)

    deploy(root, lambda: Image("app", archive="app.tar"))

    image = root.component._
    assert docker.done() == [f"load --input={archive}", f"tag sha256:abc {image.local_name}"]
    assert not deploy(root, lambda: Image("app", archive="app.tar"))
    save(archive, b'{"another": 1}', "index.json")
    deploy(root, lambda: Image("app", archive="app.tar"), predict_only=True)
    assert root.component._.local_name != image.local_name


def test_image_travels_with_the_bundle(root: RootComponent, docker: Docker, tmp_path: Path) -> None:
    make: Make = lambda: Image(IMAGE, ship=True)  # noqa: E731
    root.prepare()
    root.component += make()
    [(_, wanted)] = artifacts.wanted_by(root.component)
    wanted.how["make"](str(tmp_path / "0"))
    on_controller = docker.done()
    known = {wanted.key: {"files": {"": "0"}, "facts": {}}}
    shipped = artifacts.Shipped(str(tmp_path), known)
    shipped._checked.add(str(tmp_path / "0"))
    root.environment._artifacts = shipped

    deploy(root, make)

    assert on_controller == [f"pull {IMAGE}", f"save --output={tmp_path}/0 {IMAGE}"]
    assert docker.done() == [f"load --input={tmp_path}/0", f"tag sha256:abc {LOCAL}"]


def test_image_is_not_shipped_unless_asked(root: RootComponent, docker: Docker) -> None:
    root.component += Image(IMAGE)

    assert list(artifacts.wanted_by(root.component)) == []


def test_hosts_that_fetch_nothing_have_it_shipped(root: RootComponent, docker: Docker) -> None:
    root.host.artifacts = "controller"
    root.component += Image(IMAGE)

    assert [artifact.kind for _, artifact in artifacts.wanted_by(root.component)] == ["made"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Image("nginx:1.27"), "'nginx:1.27' has no digest"),
        (lambda: Image("app", archive="gone.tar"), "is no archive of an image"),
        (lambda: Image(IMAGE, engine="lxc"), "expected 'docker' or 'podman'"),
        (lambda: Container("web"), "has no image"),
        (lambda: Container("web", image=IMAGE, volumes=["/data"]), "expected SOURCE:TARGET"),
        (lambda: Container("web", image=IMAGE, env={"A": "1\n2"}), "take no line breaks"),
    ],
)
def test_wrong_use_is_told_while_configuring(root: RootComponent, make: Make, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        root.component += make()


def test_file_that_is_no_image_is_refused(root: RootComponent) -> None:
    save(Path(root.defdir, "app.tar"), name="README")

    with pytest.raises(ConfigurationError, match="expected what docker save makes"):
        root.component += Image("app", archive="app.tar")


def test_plan_works_without_an_engine(root: RootComponent, docker: Docker) -> None:
    docker.touch("dead")

    assert deploy(root, web(), predict_only=True)
    with pytest.raises(NoEngine, match="Cannot connect to the Docker daemon"):
        deploy(root, web())


def test_missing_engine_is_told(
    root: RootComponent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoEngine, match="cannot ask podman: it is not installed"):
        deploy(root, lambda: NoContainer("web", engine="podman"))


def test_other_failures_of_the_engine_are_told(root: RootComponent, docker: Docker) -> None:
    script = docker.directory / "docker"
    script.write_text("#!/bin/sh\necho toomanyrequests >&2; exit 1\n")

    with pytest.raises(CmdExecutionError) as caught:
        deploy(root, lambda: Image(IMAGE, engine="docker"))

    assert "toomanyrequests" in caught.value.stderr
