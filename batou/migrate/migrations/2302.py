"""2.3: defaults of attributes are values, unless they say that they are text to convert."""

import re
from collections.abc import Callable
from pathlib import Path

CANDIDATE = re.compile(r"""\bAttribute\(\s*[^,()]+,\s*(?:default(?:_conf_string)?\s*=\s*)?["'f]""")


def migrate(output: Callable[..., None]) -> None:
    """Tell about ConfigString, and where it may be needed."""
    found = candidates(Path("components"))
    output(
        "Defaults of attributes are taken as they are",
        "The default of an Attribute is neither expanded nor converted any more. Where it is text\n"
        "as it would stand in environment.cfg, write ConfigString around it:\n"
        '    Attribute(Address, ConfigString("{{host.fqdn}}:80"))\n'
        + ("Look at these lines:\n" + "\n".join(found) if found else "No line looks like it."),
    )


def candidates(directory: Path) -> list[str]:
    """Lines with an attribute that has text as its default, as ``file:line: text``."""
    lines = []
    for path in sorted(directory.rglob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in CANDIDATE.finditer(text):
            number = text.count("\n", 0, match.start()) + 1
            line = text.splitlines()[number - 1].strip()
            lines.append(f"{path}:{number}: {line}")
    return lines
