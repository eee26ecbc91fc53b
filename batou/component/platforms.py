"""`platform`: companions that a component has on hosts of one platform."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from batou.component.component import Component

Class = TypeVar("Class", bound="type[Component]")


def platform(name: str, component: "type[Component]") -> Callable[[Class], Class]:
    """Decorate a class to be the companion of *component* on platform *name*.

    Where the host's platform is *name*, the companion is added as the last
    sub-component of each instance of exactly that class.
    """

    def wrapper(companion: Class) -> Class:
        component._add_platform(name, companion)
        return companion

    return wrapper


def add_companion(component: "Component") -> "Component | None":
    """Add the companion of *component* on its host's platform, if there is one."""
    platforms = type(component).__dict__.get("_platforms")
    factory = platforms.get(component.root.host.platform) if platforms else None
    if factory is None:
        return None
    companion: Component = factory()
    component.__add__(companion)
    return companion
