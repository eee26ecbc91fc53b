"""Roles, databases, extensions and privileges of PostgreSQL, through its client psql."""

from batou.lib.postgresql.client import CannotAsk as CannotAsk
from batou.lib.postgresql.client import Client as Client
from batou.lib.postgresql.client import Command as Command
from batou.lib.postgresql.database import Database as Database
from batou.lib.postgresql.database import DatabaseDiffers as DatabaseDiffers
from batou.lib.postgresql.database import Extension as Extension
from batou.lib.postgresql.database import MissingExtension as MissingExtension
from batou.lib.postgresql.database import Schema as Schema
from batou.lib.postgresql.grant import Grant as Grant
from batou.lib.postgresql.role import Role as Role
from batou.lib.postgresql.sql import identifier as identifier
from batou.lib.postgresql.sql import literal as literal
