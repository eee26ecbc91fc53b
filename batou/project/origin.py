"""Where the batou that runs came from, as a requirement that gets the same one again."""

import json
import os
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


def batou_requirement(project: Path) -> str:
    """What makes pip install the batou that runs now into an environment of *project*.

    A version for a released batou, a directory (`-e` if it was installed so) for one
    installed from a checkout. Never just a name: the package index may hold another batou.
    """
    sources = Path(__file__).parents[2]
    if (sources / "pyproject.toml").is_file():
        return f"-e {near(sources, project)}"
    installed = distribution("batou")
    origin = recorded_origin(installed)
    return requirement_for(origin, project) if origin else f"batou=={installed.version}"


def recorded_origin(installed: Distribution) -> dict[str, Any] | None:
    """What direct_url.json (PEP 610) says; None for a package from an index."""
    text = installed.read_text("direct_url.json")
    origin: dict[str, Any] | None = json.loads(text) if text else None
    return origin


def requirement_for(origin: dict[str, Any], project: Path) -> str:
    """A requirement for a recorded origin.

    >>> requirement_for({"url": "file:///src/batou", "dir_info": {"editable": True}}, Path("/p"))
    '-e /src/batou'
    >>> url, vcs = "https://example.net/batou", {"vcs": "git", "commit_id": "1234abcd"}
    >>> requirement_for({"url": url, "vcs_info": vcs}, Path("/p"))
    'batou @ git+https://example.net/batou@1234abcd'
    """
    url: str = origin["url"]
    if "dir_info" in origin:
        path = near(Path(unquote(urlsplit(url).path)), project)
        return f"-e {path}" if origin["dir_info"].get("editable") else path
    if "vcs_info" in origin:
        return f"batou @ {origin['vcs_info']['vcs']}+{url}@{origin['vcs_info']['commit_id']}"
    return f"batou @ {url}"


def near(checkout: Path, project: Path) -> str:
    """The path to *checkout*: relative for a project inside it, which moves with it.

    >>> near(Path("/src/batou"), Path("/src/batou/examples/hello"))
    '../..'
    >>> near(Path("/src/batou"), Path("/home/me/project"))
    '/src/batou'
    """
    if project.absolute().is_relative_to(checkout):
        return os.path.relpath(checkout, project.absolute())
    return checkout.as_uri() if " " in str(checkout) else str(checkout)
