"""What a change of secrets writes: decided as values first, then written as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from batou.secrets.config import SecretConfig
from batou.secrets.encryption import replace_files
from batou.secrets.provider import SecretProvider


@dataclass(frozen=True)
class Changes:
    """Files with their new content, in the order in which they are to be replaced."""

    writes: Mapping[Path, bytes] = field(default_factory=dict)
    removals: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.writes or self.removals)

    def __add__(self, other: "Changes") -> "Changes":
        return Changes({**self.writes, **other.writes}, self.removals + other.removals)

    def apply(self) -> None:
        """Write all, or nothing."""
        replace_files(self.writes, self.removals)


def changes(
    provider: SecretProvider,
    config_text: str | None = None,
    files: Mapping[str, bytes] | None = None,
    force: bool = False,
) -> Changes:
    """What to write so that ``secrets.cfg`` is *config_text*, and *files* are what they say.

    Recipients are looked up. If they changed, or the provider, or with *force*,
    everything is encrypted again; otherwise only what is different. The lock of
    recipients comes last: a crash before it leads to encrypting again, not to
    people who can read but are listed nowhere.
    """
    files = files or {}
    old_text = provider.read_config() if provider.exists else None
    text = old_text if config_text is None else config_text
    if text is None:
        text = provider.read_config()  # tells that there are no secrets
    config = SecretConfig(text, provider.shown(provider.config_path))
    target = provider.sibling(config.kind) if config.kind else provider
    sealer = target.sealer(config)
    is_moved = target.kind != provider.kind
    everything = force or is_moved or old_text is None or sealer.are_recipients_new()
    writes = {}
    kept = {name: path for name, path in provider.files().items() if name not in files}
    if everything:
        for name, path in kept.items():
            writes[target.file_path(name)] = sealer.file(provider.read_file(path))
    for name, content in files.items():
        writes[target.file_path(name)] = sealer.file(content)
    if everything or text != old_text:
        reusable = (old_text, provider.config_path.read_bytes()) if old_text is not None else None
        writes[target.config_path] = sealer.config(text, None if everything else reusable)
    writes.update(sealer.beside())
    removals = _left_behind(provider, target) if is_moved else ()
    return Changes(writes, removals)


def _left_behind(provider: SecretProvider, target: SecretProvider) -> tuple[Path, ...]:
    """Files of *provider* that *target* does not use."""
    used = {target.config_path, *(target.file_path(name) for name in provider.files())}
    own = [provider.config_path, *provider.files().values(), *provider.beside()]
    return tuple(path for path in own if path not in used and path.exists())
