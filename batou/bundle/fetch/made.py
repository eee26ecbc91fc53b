"""Artifacts that a function of the component makes on the controller.

``how["make"]`` is called with the path of the file that it has to write; what it
raises says why it could not.
"""

import os

from batou.artifacts import Artifact
from batou.bundle.fetch.desk import Desk, Fetched, NotFetched
from batou.errors import ReportingException


def fetch(artifact: Artifact, desk: Desk) -> Fetched:
    """The file that the function writes; asked once, as long as the same is wanted."""
    return desk.remembered(artifact.key, lambda: _make(artifact, desk))


def _make(artifact: Artifact, desk: Desk) -> Fetched:
    with desk.scratch() as directory:
        path = os.path.join(directory, "made")
        try:
            artifact.how["make"](path)
        except ReportingException as error:
            raise NotFetched(error.summary(), error.hint() or "") from error
        except OSError as error:
            raise NotFetched(str(error)) from error
        if not os.path.isfile(path):
            raise NotFetched("nothing was made")
        return Fetched({"": desk.artifacts.add(path)})
