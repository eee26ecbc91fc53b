"""Lift a project from the form of an older batou to the present one, step by step."""

from batou.migrate.runner import migrate as migrate
from batou.migrate.state import CURRENT_VERSION as CURRENT_VERSION
from batou.migrate.state import MigrationNeeded as MigrationNeeded
from batou.migrate.state import assert_up_to_date as assert_up_to_date
from batou.migrate.state import read_version as read_version
from batou.migrate.state import write_version as write_version
