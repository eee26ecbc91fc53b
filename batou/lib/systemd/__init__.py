"""Units of systemd, for the system's manager and that of a user."""

from batou.lib.systemd.companion import Companion as Companion
from batou.lib.systemd.errors import CannotEnable as CannotEnable
from batou.lib.systemd.errors import NoLingering as NoLingering
from batou.lib.systemd.errors import NoManager as NoManager
from batou.lib.systemd.errors import UnitFailed as UnitFailed
from batou.lib.systemd.service import Service as Service
from batou.lib.systemd.service import Timer as Timer
from batou.lib.systemd.state import Disabled as Disabled
from batou.lib.systemd.state import Enabled as Enabled
from batou.lib.systemd.state import Masked as Masked
from batou.lib.systemd.state import Running as Running
from batou.lib.systemd.state import Stopped as Stopped
from batou.lib.systemd.unit import DropIn as DropIn
from batou.lib.systemd.unit import Loaded as Loaded
from batou.lib.systemd.unit import ReadyManager as ReadyManager
from batou.lib.systemd.unit import Unit as Unit
