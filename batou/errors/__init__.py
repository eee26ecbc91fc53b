"""What can go wrong, as data; every error by name."""

from batou.errors.base import FarError as FarError
from batou.errors.base import Location as Location
from batou.errors.base import ReportingException as ReportingException
from batou.errors.base import SilentConfigurationError as SilentConfigurationError
from batou.errors.base import UpdateNeeded as UpdateNeeded
from batou.errors.base import closest as closest
from batou.errors.base import listing as listing
from batou.errors.components import AttributeExpansionError as AttributeExpansionError
from batou.errors.components import ComponentLoadingError as ComponentLoadingError
from batou.errors.components import ComponentUsageError as ComponentUsageError
from batou.errors.components import ConversionError as ConversionError
from batou.errors.components import DuplicateComponent as DuplicateComponent
from batou.errors.components import ErrorInComponent as ErrorInComponent
from batou.errors.components import MissingOverrideAttributes as MissingOverrideAttributes
from batou.errors.components import (
    UnknownComponentConfigurationError as UnknownComponentConfigurationError,
)
from batou.errors.configuration import ConfigurationError as ConfigurationError
from batou.errors.configuration import ConfigureErrors as ConfigureErrors
from batou.errors.configuration import GetAddressInfoError as GetAddressInfoError
from batou.errors.configuration import IPAddressConfigurationError as IPAddressConfigurationError
from batou.errors.configuration import TemplatingError as TemplatingError
from batou.errors.deployment import AgeCallError as AgeCallError
from batou.errors.deployment import CmdExecutionError as CmdExecutionError
from batou.errors.deployment import CmdTimeout as CmdTimeout
from batou.errors.deployment import ComponentFailed as ComponentFailed
from batou.errors.deployment import DeploymentError as DeploymentError
from batou.errors.deployment import FileLockedError as FileLockedError
from batou.errors.deployment import GPGCallError as GPGCallError
from batou.errors.deployment import RepositoryDifferentError as RepositoryDifferentError
from batou.errors.model import ComponentWithUpdateWithoutVerify as ComponentWithUpdateWithoutVerify
from batou.errors.model import CycleErrorDetected as CycleErrorDetected
from batou.errors.model import NonConvergingWorkingSet as NonConvergingWorkingSet
from batou.errors.model import SecretWithheld as SecretWithheld
from batou.errors.model import UnsatisfiedResources as UnsatisfiedResources
from batou.errors.model import UnusedComponentsInitialized as UnusedComponentsInitialized
from batou.errors.model import UnusedResources as UnusedResources
from batou.errors.project import DuplicateHostError as DuplicateHostError
from batou.errors.project import DuplicateHostMapping as DuplicateHostMapping
from batou.errors.project import DuplicateOverride as DuplicateOverride
from batou.errors.project import (
    DuplicateSecretsComponentAttribute as DuplicateSecretsComponentAttribute,
)
from batou.errors.project import InvalidFile as InvalidFile
from batou.errors.project import InvalidHostName as InvalidHostName
from batou.errors.project import InvalidIPAddressError as InvalidIPAddressError
from batou.errors.project import InvalidSetting as InvalidSetting
from batou.errors.project import MissingComponent as MissingComponent
from batou.errors.project import MissingEnvironment as MissingEnvironment
from batou.errors.project import MissingSetting as MissingSetting
from batou.errors.project import SuperfluousComponentSection as SuperfluousComponentSection
from batou.errors.project import SuperfluousSecretsSection as SuperfluousSecretsSection
from batou.errors.project import SuperfluousSection as SuperfluousSection
from batou.errors.project import UnknownHostSecretsSection as UnknownHostSecretsSection
from batou.errors.project import UnknownSetting as UnknownSetting
