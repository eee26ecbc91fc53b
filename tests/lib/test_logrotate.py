"""`batou.lib.logrotate`."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from batou.component import Component, RootComponent
from batou.lib.file import Directory, File
from batou.lib.logrotate import Logrotate, RotatedLogfile
from batou.vfs import Developer


def deploy(root: RootComponent, *make: Callable[[], Component]) -> str:
    """Deploy what *make* makes in a new tree, as each run does; returns logrotate.conf."""
    root.environment.resources.begin(root)
    root.prepare()
    for component in make:
        root.component += component()
    root.component.deploy()
    return Path(root.workdir, "logrotate.conf").read_text()


def test_log_files_are_sorted_and_complete(root: RootComponent) -> None:
    work = root.workdir

    conf = deploy(
        root,
        lambda: RotatedLogfile("z.log"),
        lambda: RotatedLogfile(
            "a.log", args="daily, rotate 3", prerotate="echo before", postrotate="echo after"
        ),
        lambda: Logrotate(common_config=b"compress\n"),
    )

    assert conf == (
        "compress\n\n"
        f"{work}/a.log  {{\n"
        "    daily\n"
        "    rotate 3\n"
        "    prerotate\n"
        "        echo before\n"
        "    endscript\n"
        "    postrotate\n"
        "        echo after\n"
        "    endscript\n"
        "}\n"
        f"{work}/z.log  {{\n"
        "}\n\n"
    )


def test_second_deployment_changes_nothing(root: RootComponent) -> None:
    make: list[Callable[[], Component]] = [lambda: RotatedLogfile("a.log"), Logrotate]
    deploy(root, *make)

    deploy(root, *make)

    assert not root.component.changed


def test_common_options_may_be_text_and_are_no_template(root: RootComponent) -> None:
    conf = deploy(
        root, lambda: RotatedLogfile("a.log"), lambda: Logrotate(common_config="# {{none}}")
    )

    assert conf.startswith("# {{none}}\n")


def test_path_with_a_blank_is_quoted(root: RootComponent) -> None:
    conf = deploy(root, lambda: RotatedLogfile("my app.log"), Logrotate)

    assert f'"{root.workdir}/my app.log"  {{\n' in conf


def test_template_can_be_replaced(root: RootComponent) -> None:
    template = b"{% for file in component.logfiles %}{{file.path}};{% endfor %}"

    conf = deploy(
        root, lambda: RotatedLogfile("a.log"), lambda: Logrotate(logrotate_template=template)
    )

    assert conf == f"{root.workdir}/a.log;"


def test_options_and_path_are_ready_for_other_collectors(root: RootComponent) -> None:
    root.component += RotatedLogfile("a.log", args="daily,, rotate 3 ")

    provided = root.environment.resources.get("batou.lib.logrotate:RotatedLogfile")

    assert [(file.path, file.args) for file in provided] == [
        (os.path.join(root.workdir, "a.log"), ["daily", "rotate 3"])
    ]


def test_host_of_gocept_net_links_to_the_configuration(root: RootComponent) -> None:
    root.host.platform = "gocept.net"
    root.environment.service_user = "app"
    root.environment.vfs_sandbox = Developer(root.environment, {})

    deploy(
        root,
        lambda: Directory("/var/spool/logrotate", leading=True),
        lambda: RotatedLogfile("a.log"),
        Logrotate,
    )

    link = os.path.join(root.environment.workdir_base, "_/var/spool/logrotate/app")
    assert os.readlink(link) == os.path.join(root.workdir, "logrotate.conf")


@pytest.mark.needs("logrotate")
def test_logrotate_accepts_the_file_and_rotates(root: RootComponent) -> None:
    deploy(
        root,
        lambda: File("my app.log", content="old\n"),
        lambda: RotatedLogfile("my app.log", args="rotate 2,nocompress", postrotate="touch done"),
        lambda: Logrotate(common_config=b"create\n"),
    )

    subprocess.run(
        ["logrotate", "--force", "--state", "state", "logrotate.conf"], cwd=root.workdir, check=True
    )

    assert Path(root.workdir, "my app.log.1").read_text() == "old\n"
    assert Path(root.workdir, "my app.log").read_text() == ""
    assert Path(root.workdir, "done").exists()
