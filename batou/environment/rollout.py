"""``[rollout]``: on how many hosts at once a component is deployed."""

from typing import TYPE_CHECKING

from batou.environment.settings import positive
from batou.errors import ConfigurationError, InvalidSetting, closest, listing

if TYPE_CHECKING:
    from batou.environment.environment import Environment
    from batou.environment.ini import Config


def load_rollout(environment: "Environment", config: "Config") -> None:
    """Take over ``COMPONENT = NUMBER``; what makes no sense is collected."""
    section = config.get("rollout")
    if section is None:
        return
    known = sorted(environment.components)
    for name in section:
        if name not in environment.components and name not in environment._unloadable:
            guess = closest(name, known) or f"there are: {listing(known)}"
            error = ConfigurationError(f"[rollout] names the unknown component {name!r}; {guess}")
            error.location = section.location(name)
            environment.exceptions.append(error)
            continue
        try:
            environment._rollout[name] = positive(section[name])
        except ValueError:
            expected = "a whole number of hosts above 0"
            place = section.location(name)
            environment.exceptions.append(
                InvalidSetting("rollout", name, section[name], expected, place)
            )
