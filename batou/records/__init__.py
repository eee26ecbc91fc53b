"""Runs are recorded: what happened, event by event, in files that stay on the controller.

- `recorder` writes a record while a run goes on
- `shelf` finds records, and removes old ones
- `reading` gives the events back
- `story` puts them in order by host and component, `page` makes HTML of that

A record is ``.batou/runs/<time>-<number>.jsonl``: a header, then one event a line
with the seconds since the beginning as ``at``. Known secrets are masked.
"""

import os

RUNS = os.path.join(".batou", "runs")
"""Where records are, in a project."""
