"""Which batou this is."""

import platform

__version__ = "3.0.0"


def self_id() -> str:
    """batou, Python and system, as one line.

    >>> self_id().startswith("batou/")
    True
    """
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    return f"batou/{__version__} ({implementation}, {platform.system()} {platform.machine()})"
