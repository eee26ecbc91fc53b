"""`Download`: a file from a URL, checked against its digest."""

from batou.lib.download.download import Download as Download
from batou.lib.download.download import DownloadUsageError as DownloadUsageError
from batou.lib.download.http import HttpOptions as HttpOptions
from batou.lib.download.transfer import ChecksumMismatch as ChecksumMismatch
from batou.lib.download.transfer import DownloadFailed as DownloadFailed
