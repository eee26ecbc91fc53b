"""Run the migrations that a project has not seen yet."""

import importlib
import pkgutil

from batou.migrate import migrations
from batou.migrate.state import CURRENT_VERSION, MigrationNeeded, read_version, write_version
from batou.report import output

ICONS = {"automatic": "✅", "manual": "🔧"}


def migrate() -> None:
    """Lift the project in the current directory; each step is recorded once it is done.

    Raises MigrationNeeded if the project has a newer form than this batou knows.
    """
    version = read_version() or 0
    if version > CURRENT_VERSION:
        raise MigrationNeeded(version)
    output.line(f"form of the project: {version or 'unknown'}")
    for step in steps():
        if step > version:
            output.section(f"Migration {step}")
            importlib.import_module(f"{migrations.__name__}.{step}").migrate(tell)
            write_version(step)
    output.line(f"form of the project: {CURRENT_VERSION}, the newest", green=True)


def steps() -> list[int]:
    """The numbers of all migrations, in order.

    >>> steps()
    [2300, 2301, 2302, 2303, 2400]
    """
    return sorted(int(module.name) for module in pkgutil.iter_modules(migrations.__path__))


def tell(title: str, text: str, status: str = "manual") -> None:
    """Explain what a migration did (`automatic`), or what people have to do (`manual`)."""
    output.line(f"{ICONS[status]} {title}", bold=True)
    for line in text.strip().splitlines():
        output.line(f"   {line}".rstrip())
