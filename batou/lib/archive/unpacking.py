"""Unpack a tar file, without a component."""

from contextlib import closing

from batou.lib.archive.members import Budget, complaining, tar_members
from batou.lib.archive.writer import Writer, placed


def unpack(archive: str, target: str, max_size: int = 20 << 30) -> None:
    """Write the members of the tar file *archive* below *target*; raises ArchiveError."""
    budget = Budget(archive, max_size, max_ratio=1000)
    writer = Writer(archive, target, strip=0)
    try:
        with complaining(archive), closing(tar_members(archive, budget)) as members:
            for member in members:
                budget.spend(member)
                name = placed(member.name)
                if name is not None:
                    writer.write(member, name)
    finally:
        writer.finish()
