"""Secrets of environments: encrypted files, who may read them, and what they say.

`SecretProvider.from_environment` finds the provider of an environment, whose
`read` gives a `SecretBlob` of plain values. Everything here runs on the
controller; hosts receive what they need of the blob.
"""

from batou.secrets.blob import SecretBlob as SecretBlob
from batou.secrets.blob import secret_values as secret_values
from batou.secrets.kinds import AgeDiffableSecretProvider as AgeDiffableSecretProvider
from batou.secrets.kinds import AgeSecretProvider as AgeSecretProvider
from batou.secrets.kinds import GPGSecretProvider as GPGSecretProvider
from batou.secrets.provider import NoSecretProvider as NoSecretProvider
from batou.secrets.provider import SecretProvider as SecretProvider
