"""What to do about exceptions of Python: the name that was meant, the import that lacks."""

import builtins
import linecache
import os
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterable
from types import FrameType
from typing import Any

from batou.errors.base import UpdateNeeded, closest

_HOMES = {
    "batou": (
        "UpdateNeeded",
        "ConfigurationError",
        "DeploymentError",
        "ReportingException",
        "output",
    ),
    "batou.component": (
        "Attribute",
        "Component",
        "ConfigString",
        "HookComponent",
        "handle_event",
        "platform",
    ),
    "batou.lib.appenv": ("AppEnv",),
    "batou.lib.archive": ("Extract",),
    "batou.lib.cron": ("CronJob", "CronTab"),
    "batou.lib.download": ("Download",),
    "batou.lib.file": (
        "BinaryFile",
        "Content",
        "Directory",
        "File",
        "JSONContent",
        "Mode",
        "Purge",
        "Symlink",
        "SyncDirectory",
        "YAMLContent",
    ),
    "batou.lib.git": ("Clone",),
    "batou.lib.python": ("Package", "VirtualEnv"),
    "batou.lib.service": ("Service",),
    "batou.lib.supervisor": ("Program", "Supervisor"),
    "batou.utils": ("Address", "CmdExecutionError", "NetLoc", "cmd"),
}
"""Where the names live that component code uses most."""


def advice_for(error: BaseException) -> str:
    """What a person may do about *error*; empty if there is nothing to say."""
    try:
        return _advice(error) or ""
    except Exception:
        return ""  # an object of the user's that does not want to be looked at


def _advice(error: BaseException) -> str | None:
    if isinstance(error, ImportError):
        return _about_import(error)
    if isinstance(error, NameError):
        return _about_name(error)
    if isinstance(error, AttributeError):
        return _about_attribute(error)
    if isinstance(error, KeyError):
        return _about_key(error)
    if isinstance(error, RecursionError):
        return "something calls itself without an end"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not {error.encoding}: save it so, or say how it is encoded"
    if isinstance(error, TypeError) and "unhashable type" in str(error):
        return "use text, a number or a tuple of them instead"
    if isinstance(error, UpdateNeeded):
        return "raise UpdateNeeded in verify"
    if isinstance(error, EOFError):
        return "nobody is there to answer questions during a deployment"
    if isinstance(error, SyntaxError) and _is_conflict(error.text or ""):
        return "resolve the merge conflict"
    if isinstance(error, OSError):
        return _about_os(error)
    return None


def _is_conflict(line: str) -> bool:
    """Whether *line* is what Git leaves behind where it cannot merge."""
    return line.startswith(("<<<<<<<", "=======", ">>>>>>>"))


def _about_import(error: ImportError) -> str | None:
    name = error.name or ""
    if not isinstance(error, ModuleNotFoundError):
        wanted = getattr(error, "name_from", None) or _quoted(str(error))
        return home_of(wanted) or nearest(wanted, dir(sys.modules.get(name)))
    if name.startswith("batou.c."):
        return _about_project_module(name)
    parent, _, child = name.rpartition(".")
    if parent and parent in sys.modules:
        paths = getattr(sys.modules[parent], "__path__", [])
        known = [f"{parent}.{module.name}" for module in pkgutil.iter_modules(paths)]
        return closest(name, known)
    if parent and not child:
        return None
    return f"if it has to be installed, put {name.partition('.')[0]!r} into requirements.txt"


def _about_project_module(name: str) -> str:
    component, _, module = name.removeprefix("batou.c.").partition(".")
    if module:
        return f"expected components/{component}/{module.replace('.', '/')}.py"
    if os.path.exists(os.path.join("components", component, "component.py")):
        return (
            f"components are loaded by their names, so {component!r} comes later: "
            "import it where it is used, inside of a method"
        )
    return f"expected components/{component}/component.py"


def _quoted(text: str) -> str:
    match = re.search(r"'([^']+)'", text)
    return match[1] if match else ""


def home_of(name: str) -> str | None:
    """How to import *name*, if it is one of batou's."""
    for module, names in _HOMES.items():
        if name in names:
            return f"write: from {module} import {name}"
    return None


def _about_name(error: NameError) -> str | None:
    name = getattr(error, "name", None) or _quoted(str(error))
    frame = _last_frame(error)
    names: Iterable[str] = (
        {*frame.f_locals, *frame.f_globals, *vars(builtins)} if frame else vars(builtins)
    )
    return home_of(name) or nearest(name, (n for n in names if n.isupper() == name.isupper()))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """A question that offers the public name nearest to *name*; capitals count a little."""
    public = [other for other in known if not other.startswith("_") and other != name]
    return closest(name, sorted(public, key=lambda n: n[:1].isupper() == name[:1].isupper()))


def _last_frame(error: BaseException) -> FrameType | None:
    tb = error.__traceback__
    while tb and tb.tb_next:
        tb = tb.tb_next
    return tb.tb_frame if tb else None


def _about_attribute(error: AttributeError) -> str | None:
    name, obj = getattr(error, "name", None), getattr(error, "obj", None)
    if not name or obj is None:
        return None
    known = attributes_of(obj)
    if name in known:
        return None
    return nearest(name, known)


def _about_key(error: KeyError) -> str | None:
    """Where a value comes from that somebody asks for by its key."""
    frames = [*traceback.walk_tb(error.__traceback__)][-2:]  # os.environ adds one of its own
    if not error.args:
        return None
    code = "".join(linecache.getline(f.f_code.co_filename, line) for f, line in frames)
    key = error.args[0]
    if "secret_files[" in code:
        return f"the environment has no secret file {key!r}"
    if "host.data[" in code:
        return f"write data-{key} = … into the section of the host"
    if "environ[" in code:
        return f"set the variable {key!r} where batou runs, or make it an Attribute"
    return None


def attributes_of(obj: Any) -> list[str]:
    """Names of *obj*, without running any code of it."""
    return [*getattr(obj, "__dict__", {}), *dir(type(obj)), *(dir(obj) if _is_plain(obj) else ())]


def _is_plain(obj: Any) -> bool:
    return isinstance(obj, (type, type(sys)))


def _about_os(error: OSError) -> str | None:
    import errno

    advice = {
        errno.ENOSPC: "make room on the file system: df -h",
        errno.EDQUOT: "the quota of the user is used up",
        errno.EROFS: "mount it for writing, or put the file elsewhere",
        errno.EMFILE: "too many files are open: close them, or raise the limit (ulimit -n)",
        errno.EFBIG: "the file is larger than the file system or the limit (ulimit -f) allows",
    }
    if error.errno == errno.ENOENT and isinstance(error.filename, str):
        directory = os.path.dirname(error.filename)
        if os.path.isabs(directory) and not os.path.isdir(directory):
            return f"there is no directory {directory!r}, make it first"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"it was tried as user {_user()!r}"
    return advice.get(error.errno or 0)


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
