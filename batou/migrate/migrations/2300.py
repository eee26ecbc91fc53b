"""2.3: one attribute, one source."""

from collections.abc import Callable


def migrate(output: Callable[..., None]) -> None:
    """Tell that an override and a secret for the same attribute are an error."""
    output(
        "Overrides and secrets must not set the same attribute",
        "An attribute that stands both in environment.cfg and in the secrets of an environment\n"
        "is an error now; it used to have the value from the secrets. Remove one of them.",
    )
