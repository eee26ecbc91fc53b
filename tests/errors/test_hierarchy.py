"""Which error is which: deployments catch and subclass them."""

import socket

import pytest

import batou
import batou.errors
from batou.errors import (
    ConfigurationError,
    DeploymentError,
    ReportingException,
    SilentConfigurationError,
    UpdateNeeded,
)

CONFIGURATION = [
    "AttributeExpansionError",
    "ComponentLoadingError",
    "ComponentUsageError",
    "ComponentWithUpdateWithoutVerify",
    "ConversionError",
    "CycleErrorDetected",
    "DuplicateComponent",
    "DuplicateHostError",
    "DuplicateHostMapping",
    "DuplicateOverride",
    "DuplicateSecretsComponentAttribute",
    "IPAddressConfigurationError",
    "InvalidIPAddressError",
    "MissingComponent",
    "MissingEnvironment",
    "MissingOverrideAttributes",
    "NonConvergingWorkingSet",
    "SuperfluousComponentSection",
    "SuperfluousSecretsSection",
    "SuperfluousSection",
    "UnknownComponentConfigurationError",
    "UnknownHostSecretsSection",
    "UnsatisfiedResources",
    "UnusedComponentsInitialized",
    "UnusedResources",
]
OTHERS = [
    "AgeCallError",
    "FileLockedError",
    "GPGCallError",
    "GetAddressInfoError",
    "TemplatingError",
]


@pytest.mark.parametrize("name", CONFIGURATION)
def test_it_is_a_configuration_error(name):
    assert issubclass(getattr(batou, name), ConfigurationError)


@pytest.mark.parametrize("name", OTHERS)
def test_it_can_report_itself_but_is_no_configuration_error(name):
    kind = getattr(batou, name)

    assert issubclass(kind, ReportingException)
    assert not issubclass(kind, ConfigurationError)


def test_errors_of_deploying():
    assert issubclass(DeploymentError, ReportingException)
    assert issubclass(batou.RepositoryDifferentError, DeploymentError)
    assert issubclass(batou.CmdExecutionError, (DeploymentError, RuntimeError))
    assert issubclass(batou.GetAddressInfoError, socket.gaierror)


def test_control_flow_is_not_reported():
    assert issubclass(UpdateNeeded, AssertionError)
    assert not issubclass(SilentConfigurationError, ReportingException)


def test_the_class_behind_the_door_is_the_class_at_home():
    for name in [*CONFIGURATION, *OTHERS, "UpdateNeeded", "DeploymentError"]:
        assert getattr(batou, name) is getattr(batou.errors, name)
