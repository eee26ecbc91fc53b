"""Which secrets the model uses: seen while it is configured, with nothing touched."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass

from batou.environment import Environment
from batou.environment.overrides import merge_secrets
from batou.environment.share import Share, share_of
from batou.environment.usage import Usage
from batou.report import listening
from batou.report.recording import Recording
from batou.secrets.blob import SecretBlob
from batou.secrets.provider import SecretProvider, attributes_of


@dataclass(frozen=True)
class Model:
    """An environment as it is configured with its secrets, and what is wrong with it."""

    environment: Environment
    blob: SecretBlob
    usage: Usage
    errors: tuple[BaseException, ...]

    def share_of(self, host: str) -> Share:
        """What *host* would be given."""
        return share_of(self.environment, host)

    def is_used(self, component: str) -> bool:
        """Whether overrides of *component* have an effect."""
        assigned = {root.name for root in self.environment.root_components}
        return component in assigned or component in self.usage.sections


def load_model(provider: SecretProvider) -> Model:
    """Load and configure the environment of *provider*; no host is touched, nothing printed.

    Raises what reading the environment or its secrets raises; errors of the
    model are in it.
    """
    environment = Environment(provider.name, basedir=provider.project, check_and_predict_local=True)
    environment._writes = False
    with _quietly():
        environment.load()
    provider.knows = attributes_of(environment.components)
    blob = provider.read()
    merge_secrets(environment, blob)
    with _quietly():
        environment.configure()
    usage = environment._usage or Usage()
    return Model(environment, blob, usage, tuple(environment.exceptions))


@contextmanager
def _quietly() -> Iterator[None]:
    """What components print does not mix with what we print."""
    with listening(Recording()), redirect_stdout(sys.stderr):
        yield
