"""The output on a terminal: a live region below what has been printed.

- `board` keeps how far each host is
- `drawing` makes lines and tables of that
- `region` draws lines that are replaced by the next ones
- `screen` is the reporter that puts these together

rich is imported by these modules only, and they only when there is a terminal.
"""

import os
from collections.abc import Mapping
from typing import TextIO


def suits(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether lines that have been printed to *stream* can be replaced.

    That needs a terminal that moves its cursor and shows UTF-8. In CI a log is
    kept, even if it looks like a terminal.
    """
    if environ.get("TERM", "dumb") in ("", "dumb", "unknown") or environ.get("CI"):
        return False
    encoding = (getattr(stream, "encoding", "") or "").lower().replace("-", "")
    return encoding == "utf8" and stream.isatty()
