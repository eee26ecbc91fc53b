"""`VirtualEnv`: a virtual environment in the work directory, and what is installed into it."""

from batou.lib.python.app import App as App
from batou.lib.python.app import AppUsageError as AppUsageError
from batou.lib.python.app import MissingProgram as MissingProgram
from batou.lib.python.app import Release as Release
from batou.lib.python.interpreter import CannotMakeVirtualEnv as CannotMakeVirtualEnv
from batou.lib.python.packages import OutsideOfVirtualEnv as OutsideOfVirtualEnv
from batou.lib.python.packages import Package as Package
from batou.lib.python.packages import Requirements as Requirements
from batou.lib.python.virtualenv import VirtualEnv as VirtualEnv
from batou.lib.python.virtualenv import VirtualEnvDownload as VirtualEnvDownload
from batou.lib.python.virtualenv import VirtualEnvPy as VirtualEnvPy
from batou.lib.python.virtualenv import VirtualEnvPy2_7 as VirtualEnvPy2_7
from batou.lib.python.virtualenv import VirtualEnvPyBase as VirtualEnvPyBase
