"""Names deployments import from ``batou._output``; each one lives elsewhere."""

from batou.report import output as output
from batou.report.output import NullBackend as NullBackend
from batou.report.output import Output as Output
from batou.report.output import TerminalBackend as TerminalBackend
from batou.report.output import TestBackend as TestBackend
