"""What can go wrong, as data; every error by name."""

from batou.errors.base import FarError as FarError
from batou.errors.base import Location as Location
from batou.errors.base import ReportingException as ReportingException
from batou.errors.base import SilentConfigurationError as SilentConfigurationError
from batou.errors.base import UpdateNeeded as UpdateNeeded
from batou.errors.base import closest as closest
from batou.errors.base import listing as listing
from batou.errors.configuration import AttributeExpansionError as AttributeExpansionError
from batou.errors.configuration import ComponentLoadingError as ComponentLoadingError
from batou.errors.configuration import ComponentUsageError as ComponentUsageError
from batou.errors.configuration import (
    ComponentWithUpdateWithoutVerify as ComponentWithUpdateWithoutVerify,
)
from batou.errors.configuration import ConfigurationError as ConfigurationError
from batou.errors.configuration import ConfigureErrors as ConfigureErrors
from batou.errors.configuration import ConversionError as ConversionError
from batou.errors.configuration import CycleErrorDetected as CycleErrorDetected
from batou.errors.configuration import DuplicateComponent as DuplicateComponent
from batou.errors.configuration import DuplicateHostError as DuplicateHostError
from batou.errors.configuration import DuplicateHostMapping as DuplicateHostMapping
from batou.errors.configuration import DuplicateOverride as DuplicateOverride
from batou.errors.configuration import (
    DuplicateSecretsComponentAttribute as DuplicateSecretsComponentAttribute,
)
from batou.errors.configuration import ErrorInComponent as ErrorInComponent
from batou.errors.configuration import GetAddressInfoError as GetAddressInfoError
from batou.errors.configuration import InvalidFile as InvalidFile
from batou.errors.configuration import InvalidIPAddressError as InvalidIPAddressError
from batou.errors.configuration import InvalidSetting as InvalidSetting
from batou.errors.configuration import IPAddressConfigurationError as IPAddressConfigurationError
from batou.errors.configuration import MissingComponent as MissingComponent
from batou.errors.configuration import MissingEnvironment as MissingEnvironment
from batou.errors.configuration import MissingOverrideAttributes as MissingOverrideAttributes
from batou.errors.configuration import MissingSetting as MissingSetting
from batou.errors.configuration import NonConvergingWorkingSet as NonConvergingWorkingSet
from batou.errors.configuration import SuperfluousComponentSection as SuperfluousComponentSection
from batou.errors.configuration import SuperfluousSecretsSection as SuperfluousSecretsSection
from batou.errors.configuration import SuperfluousSection as SuperfluousSection
from batou.errors.configuration import TemplatingError as TemplatingError
from batou.errors.configuration import (
    UnknownComponentConfigurationError as UnknownComponentConfigurationError,
)
from batou.errors.configuration import UnknownHostSecretsSection as UnknownHostSecretsSection
from batou.errors.configuration import UnknownSetting as UnknownSetting
from batou.errors.configuration import UnsatisfiedResources as UnsatisfiedResources
from batou.errors.configuration import UnusedComponentsInitialized as UnusedComponentsInitialized
from batou.errors.configuration import UnusedResources as UnusedResources
from batou.errors.deployment import AgeCallError as AgeCallError
from batou.errors.deployment import CmdExecutionError as CmdExecutionError
from batou.errors.deployment import CmdTimeout as CmdTimeout
from batou.errors.deployment import ComponentFailed as ComponentFailed
from batou.errors.deployment import DeploymentError as DeploymentError
from batou.errors.deployment import FileLockedError as FileLockedError
from batou.errors.deployment import GPGCallError as GPGCallError
from batou.errors.deployment import RepositoryDifferentError as RepositoryDifferentError
