"""``batou images``."""

import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from batou.testing.platforms import Platform


@click.group()
def command() -> None:
    """Make, list and remove the images of platforms.

    An image stands for the hosts of a platform in tests. Its recipe is a folder
    in containers/ of the project, or of batou.
    """


@command.command("list")
def list_images() -> None:
    """List the platforms, and their images that are here."""
    from batou.testing.engine import find_engine
    from batou.testing.images import Images

    here = Images(find_engine())
    known = _platforms()
    images = here.all()
    for platform in known:
        current = here.current(platform)
        if current is None:
            click.echo(f"{platform.name:12} not built")
        for image in images:
            if image.platform == platform.name:
                state = "" if image.name == current else ", out of date"
                base = "stand-in" if image.is_stand_in else image.base.partition("@")[0]
                size = f"{image.size / 1e6:.0f} MB"
                click.echo(f"{platform.name:12} {image.name} ({size}, {base}{state})")
    names = {platform.name for platform in known}
    for image in images:
        if image.platform not in names:
            click.echo(f"{image.platform:12} {image.name} (of another project)")


@command.command()
@click.argument("platforms", nargs=-1, metavar="[PLATFORM]...")
def build(platforms: tuple[str, ...]) -> None:
    """Build the images of platforms, by default of all, side by side.

    What is there for the same recipe is kept. Without a registry the image is made
    from a base that is made here, and says that it is a stand-in.
    """
    from batou.testing.engine import find_engine
    from batou.testing.images import Images

    begin = time.monotonic()
    wanted = _platforms(platforms)
    images = Images(find_engine(), click.echo).build_all(wanted)
    for name, image in images.items():
        click.echo(f"{name:12} {image}")
    click.echo(f"{len(images)} images in {time.monotonic() - begin:.0f} s")


@command.command()
@click.option("--kept", is_flag=True, help="Also what runs with --keep have kept.")
def prune(kept: bool) -> None:
    """Remove images that no recipe makes any more, and what killed runs have left."""
    from batou.testing import leftovers
    from batou.testing.engine import find_engine
    from batou.testing.images import Images

    engine = find_engine()
    left = leftovers.sweep(engine, kept)
    gone = left + Images(engine).prune(_platforms())
    for name in gone:
        click.echo(f"removed {name}")
    if not gone:
        click.echo("nothing to remove")


def _platforms(names: tuple[str, ...] = ()) -> "list[Platform]":
    """The platforms called *names*, or all; also those of the project that we are in, if any."""
    from batou.cli.project import enter_project
    from batou.testing.platforms import folders, platform

    try:
        project: str | None = enter_project()
    except click.ClickException:
        project = None
    return [platform(name, project) for name in names or sorted(folders(project))]
