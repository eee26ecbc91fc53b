"""``batou init``."""

from pathlib import Path

import click

from batou.project.ci import FILES, SYSTEMS


@click.command()
@click.argument("path", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", help="What the project is called; by default as its directory.")
@click.option("--no-lock", is_flag=True, help="Do not lock the requirements now.")
@click.option(
    "--ci",
    type=click.Choice(SYSTEMS),
    help="Write a workflow that tests every environment; a project gets nothing else.",
)
@click.option("--force", is_flag=True, help="Replace a launcher, or with --ci a workflow.")
def command(path: Path, name: str | None, no_lock: bool, ci: str | None, force: bool) -> None:
    """Start a project in PATH, or give an existing one its launcher.

    \b
    batou init shop
    cd shop
    ./batou deploy local
    """
    from batou.project.scaffold import is_project

    if ci is None or not is_project(path):
        start(path, name, no_lock, force)
    if ci is not None:
        file = write_workflow(path, ci, force)
        click.echo(f"wrote {file}")


def start(path: Path, name: str | None, no_lock: bool, force: bool) -> None:
    """Write a project, or the launcher of one."""
    from batou.migrate import CURRENT_VERSION
    from batou.project import locks, origin, scaffold
    from batou.project.skeleton import skeleton

    launcher = scaffold.launcher_text(origin.batou_requirement(path))
    files = skeleton(name or path.resolve().name, CURRENT_VERSION)
    plan = scaffold.plan(path, launcher, files, force)
    plan.write()
    for file in plan.files:
        click.echo(f"wrote {path / file}")
    if plan.left_alone:
        click.echo(f"left alone: {', '.join(plan.left_alone)}")
    if plan.is_new and not no_lock:
        click.echo("locking the requirements")
        locks.lock(path)
    click.echo(next_steps(path, plan.is_new))


def write_workflow(path: Path, system: str, force: bool) -> Path:
    """Write the workflow of *system* into a project, and return its file; raises FilesExist."""
    from batou.project.ci import workflow
    from batou.project.scaffold import FilesExist
    from batou.testing.trial.matrix import jobs_of

    file = path / FILES[system]
    if file.exists() and not force:
        raise FilesExist(str(path), (FILES[system],))
    text = workflow(system, jobs_of(path))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def next_steps(path: Path, is_new: bool) -> str:
    """What to do now."""
    go = "" if path.resolve() == Path.cwd() else f"    cd {path}\n"
    environment = "local" if is_new else "ENVIRONMENT"
    return f"\nNext:\n\n{go}    ./batou plan {environment}\n    ./batou deploy {environment}\n"
