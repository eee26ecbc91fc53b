"""Names scripts import from ``batou.main``; each one lives elsewhere."""

from batou.cli import main as main
