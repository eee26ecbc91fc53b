"""``batou completion``."""

import click

INSTALL = {
    "bash": "batou completion bash > ~/.local/share/bash-completion/completions/batou",
    "zsh": "batou completion zsh > ~/.zfunc/_batou  # with fpath+=~/.zfunc before compinit",
    "fish": "batou completion fish > ~/.config/fish/completions/batou.fish",
}
"""A command that makes the completion last, per shell."""

TYPED = {
    "zsh": (
        ("    (( ! $+commands[batou] )) && return 1\n", ""),
        ("zsh_complete batou)", "zsh_complete ${~words[1]})"),
    ),
    "fish": (
        (
            "(commandline -t) batou)",
            "(commandline -t) (string replace -r '^~/' \"$HOME/\" -- (commandline -opc)[1]))",
        ),
    ),
}
"""Changes to click's scripts: they ask the batou that was typed, maybe ``./batou``."""


@click.command()
@click.argument("shell", type=click.Choice(list(INSTALL)))
def command(shell: str) -> None:
    """Print the script that completes commands, environments, hosts and components in SHELL.

    \b
    source <(./batou completion bash)
    source <(./batou completion zsh)
    ./batou completion fish | source
    """
    click.echo(script(shell), nl=False)


def script(shell: str) -> str:
    """The script for *shell*, with a comment that says how to install it."""
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, f"click completes in {shell}"
    text = ShellComplete.source(kind(click.Command("batou"), {}, "batou", "_BATOU_COMPLETE"))
    for old, new in TYPED.get(shell, ()):
        text = text.replace(old, new)
    comment = (
        f"# Completion of batou in {shell}; also for ./batou of a project.\n"
        f"# Now: {_now(shell)}\n"
        f"# For good: {INSTALL[shell]}\n"
    )
    head, newline, rest = text.lstrip().partition("\n")
    if head.startswith("#compdef"):  # zsh wants it in the first line
        return f"{head}{newline}{comment}{rest.rstrip()}\n"
    return f"{comment}{text.strip()}\n"


def _now(shell: str) -> str:
    return (
        "batou completion fish | source"
        if shell == "fish"
        else (f"source <(batou completion {shell})")
    )
