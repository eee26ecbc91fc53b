"""The command line: ``batou COMMAND``.

Commands are loaded when they are used, so that ``batou --help`` stays quick.
"""

import importlib
import os
import sys
from typing import Any

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("batou.cli.check", "Check an environment without touching any host."),
    "completion": ("batou.cli.completion", "Print the script for shell completion."),
    "deploy": ("batou.cli.deploy", "Deploy an environment."),
    "explain": ("batou.cli.explain", "Tell where a component's values come from."),
    "graph": ("batou.cli.graph", "Draw components, resources and their order."),
    "images": ("batou.cli.images", "Make, list and remove the images of platforms."),
    "init": ("batou.cli.init", "Start a project."),
    "lock": ("batou.cli.lock", "Lock the requirements."),
    "migrate": ("batou.cli.migrate", "Lift a project from an older form."),
    "plan": ("batou.cli.plan", "Tell what a deployment would change."),
    "report": ("batou.cli.report", "Turn the record of a run into an HTML file."),
    "runs": ("batou.cli.runs", "List recorded runs."),
    "secrets": ("batou.cli.secrets", "Read and edit secrets."),
    "test": ("batou.cli.test", "Try an environment in containers."),
    "update": ("batou.cli.update", "Update the locked requirements."),
}
"""The module of each command, which has it as ``command``, and its one-line help."""


class LazyGroup(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from batou.errors import closest

            guess = closest(args[0], list(COMMANDS)) if args else None
            advice = guess[0].upper() + guess[1:] if guess else ""
            raise click.UsageError(f"{error.message} {advice}".strip(), ctx) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-d", "--debug", is_flag=True, help="Show tracebacks and what batou does.")
@click.version_option(None, "--version", package_name="batou", message="%(version)s")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Deploy applications to hosts, reproducibly.

    Components say what a host should look like, environments say which host gets
    which components. Start with `batou init`, then `./batou deploy local`.
    """
    ctx.ensure_object(dict)["debug"] = debug
    if debug:
        from batou.report import output

        output.enable_debug = True


def main(args: list[str] | None = None) -> Any:
    """Run batou with *args*, by default those of the process; ends it with an exit code."""
    from batou.cli.failures import exit_code_of

    arguments = sys.argv[1:] if args is None else list(args)
    debug = "-d" in arguments or "--debug" in arguments
    try:
        code = cli.main(args=arguments or ["--help"], prog_name="batou", standalone_mode=False)
    except BaseException as error:
        code = exit_code_of(error, debug)
    if not arguments and "_BATOU_COMPLETE" not in os.environ:
        code = 1  # as in 2.x: usage, and nothing was done
    sys.exit(code if isinstance(code, int) else 0)
