"""2.4: secrets say by their suffix how they are encrypted."""

from collections.abc import Callable
from pathlib import Path

from batou.migrate.moving import Move, listed, move

SUFFIXES = (".gpg", ".age", ".age-diffable")


def migrate(output: Callable[..., None]) -> None:
    """Append ``.gpg`` to secrets without such a suffix: there was nothing but GPG."""
    moves = secret_moves(Path("environments"))
    move(moves)
    output(
        "Secrets have the suffix of what encrypts them",
        listed(moves) or "Nothing to rename.",
        "automatic",
    )


def secret_moves(environments: Path) -> list[Move]:
    """The secrets that lack a suffix, and their names to be."""
    paths = [*environments.glob("*/secrets.cfg"), *environments.glob("*/secret-*")]
    return [
        (path, path.with_name(f"{path.name}.gpg"))
        for path in sorted(paths)
        if path.is_file() and not path.name.endswith(SUFFIXES)
    ]
