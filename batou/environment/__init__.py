"""Environments: which components go to which hosts, and with what values."""

from batou.component import Component as Component
from batou.component import ComponentDefinition as ComponentDefinition
from batou.component import RootComponent as RootComponent
from batou.environment.environment import Environment as Environment
from batou.environment.environment import UnknownEnvironmentError as UnknownEnvironmentError
from batou.environment.hosts import parse_host_components as parse_host_components
from batou.environment.ini import Config as Config
from batou.environment.ini import ConfigSection as ConfigSection
from batou.environment.overrides import Secret as Secret
from batou.host import Host as Host
from batou.host import LocalHost as LocalHost
from batou.host import RemoteHost as RemoteHost
from batou.resources import Resources as Resources
