"""Files from URLs, each once, whatever the URL: one checksum stands for one content."""

from batou.artifacts import Artifact
from batou.bundle.fetch.desk import Desk, Fetched, NotFetched
from batou.errors import CmdExecutionError
from batou.lib.download import ChecksumMismatch, DownloadFailed
from batou.lib.download.bringing import Wanted


def fetch(artifact: Artifact, desk: Desk) -> Fetched:
    """The file; what came before a line broke is kept for the next run."""
    return desk.remembered(artifact.key, lambda: _bring(artifact, desk))


def _bring(artifact: Artifact, desk: Desk) -> Fetched:
    wanted: Wanted = artifact.how["wanted"]
    part = desk.cache.use("artifacts", f"{artifact.key}.part")
    desk.cache.make_room("artifacts")
    try:
        wanted.bring(part)
    except DownloadFailed as error:
        raise NotFetched(error.reason, error.advice) from error
    except ChecksumMismatch as error:
        raise NotFetched(f"its checksum is {error.found}, wanted {error.wanted}") from error
    except CmdExecutionError as error:
        last = str(error.stderr or "").strip().splitlines()[-1:]
        raise NotFetched(last[0] if last else error.summary()) from error
    return Fetched({"": desk.artifacts.keep(part)})
