"""Names of components for people."""

from typing import Any


def breadcrumb(component: Any) -> str:
    """A component's class, and its namevar if that says something."""
    name = type(component).__name__
    namevar = component.namevar_for_breadcrumb
    return f"{name}({str(namevar)!r})" if namevar else name


def breadcrumbs(component: Any) -> str:
    """The component and all above it, from the host's root component down."""
    names = []
    while hasattr(component, "sub_components") or hasattr(component, "namevar"):
        names.append(breadcrumb(component))
        component = getattr(component, "parent", None)
    return " > ".join(reversed(names))
