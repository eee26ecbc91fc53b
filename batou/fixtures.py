"""Names tests load as ``pytest_plugins = "batou.fixtures"``; each one lives elsewhere."""

from batou.testing.fixtures import ensure_workingdir as ensure_workingdir
from batou.testing.fixtures import output as output
from batou.testing.fixtures import reset_resolve_overrides as reset_resolve_overrides
from batou.testing.fixtures import root as root
