"""Bars with room for a slow machine, in CPU time; a controller configures 75 000 parts in 8 s."""

import time
from pathlib import Path

from batou.component import RootComponent
from batou.lib.file import File


def test_two_hundred_templates_are_configured_and_verified_in_a_moment(
    root: RootComponent, defdir: Path
) -> None:
    root.component.port = 8080
    (defdir / "app.conf").write_text("listen {{host.fqdn}}:{{component.port}}\n" * 10)

    def files() -> None:
        root.component.sub_components.clear()
        for n in range(200):
            root.component += File(f"app-{n}.conf", source="app.conf", mode=0o644)

    files()
    root.component.deploy()
    start = time.process_time()

    files()
    root.component.deploy()

    seconds = time.process_time() - start
    assert not root.component.changed
    assert seconds < 0.6, f"{seconds:.3f} s"


def test_parts_of_files_are_configured_fast(root: RootComponent) -> None:
    start = time.process_time()

    for n in range(2500):
        root.component += File(f"f{n}", content="no template", mode=0o644)

    seconds = time.process_time() - start
    assert len(list(root.component.recursive_sub_components)) == 10_000
    assert seconds < 3, f"{seconds:.3f} s"
