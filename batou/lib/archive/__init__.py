"""`Extract` and its kinds: unpack an archive, and never write outside its target."""

from batou.lib.archive.extract import ArchiveUsageError as ArchiveUsageError
from batou.lib.archive.extract import DMGExtractor as DMGExtractor
from batou.lib.archive.extract import Extract as Extract
from batou.lib.archive.extract import Extractor as Extractor
from batou.lib.archive.extract import Untar as Untar
from batou.lib.archive.extract import Unzip as Unzip
from batou.lib.archive.members import ArchiveError as ArchiveError
