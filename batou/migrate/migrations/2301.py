"""2.3: everything about an environment stands in a directory of its own."""

from collections.abc import Callable
from pathlib import Path

from batou.migrate.moving import Move, listed, move

ENVIRONMENTS, SECRETS = Path("environments"), Path("secrets")


def migrate(output: Callable[..., None]) -> None:
    """Move environments and secrets into ``environments/NAME/``."""
    configurations = sorted(ENVIRONMENTS.glob("*.cfg"))
    known = {path.stem for path in configurations} | {
        path.parent.name for path in ENVIRONMENTS.glob("*/environment.cfg")
    }
    secrets = sorted(path for path in SECRETS.glob("*") if path.is_file())
    moves = [(path, ENVIRONMENTS / path.stem / "environment.cfg") for path in configurations]
    moves += secret_moves(secrets, known)
    move(moves)
    output(
        "Each environment has a directory",
        listed(moves) or "Nothing to move.",
        "automatic",
    )
    moved = {source for source, _ in moves}
    strangers = [path for path in secrets if path not in moved]
    if strangers:
        output(
            "Secrets of no known environment",
            "These stay where they are, and batou does not read them:\n"
            + "\n".join(str(path) for path in strangers),
        )
    if SECRETS.is_dir() and not any(SECRETS.iterdir()):
        SECRETS.rmdir()


def secret_moves(secrets: list[Path], environments: set[str]) -> list[Move]:
    """Where secrets belong; of environments called `a` and `a-b`, `a-b-c` belongs to the latter.

    >>> [(_, target)] = secret_moves([Path("secrets/a-b-c")], {"a", "a-b"})
    >>> target.as_posix()
    'environments/a-b/secret-c'
    """
    moves = []
    for path in secrets:
        for name in sorted(environments, key=len, reverse=True):
            if path.name == f"{name}.cfg":
                moves.append((path, ENVIRONMENTS / name / "secrets.cfg"))
                break
            if path.name.startswith(f"{name}-"):
                rest = path.name.removeprefix(f"{name}-")
                moves.append((path, ENVIRONMENTS / name / f"secret-{rest}"))
                break
    return moves
