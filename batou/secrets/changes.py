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
    before = _before(provider)
    text = config_text if config_text is not None else before[0] if before else ""
    config = SecretConfig(text, provider.shown(provider.config_path))
    place = config.place("batou", "secret_provider")
    target = provider.sibling(config.kind, place) if config.kind else provider
    sealer = target.sealer(config)
    is_moved = target.kind != provider.kind
    everything = force or is_moved or not before or sealer.are_recipients_new()
    writes = {target.file_path(name): sealer.file(content) for name, content in files.items()}
    if everything:
        kept = {name: path for name, path in provider.files().items() if name not in files}
        for name, path in kept.items():
            writes[target.file_path(name)] = sealer.file(provider.read_file(path))
        writes[target.config_path] = sealer.config(text, None)
    elif before and text != before[0]:
        writes[target.config_path] = sealer.config(text, before)
    writes.update(sealer.lock())
    return Changes(writes, _left_behind(provider, target) if is_moved else ())


def _before(provider: SecretProvider) -> tuple[str, bytes] | None:
    """The clear text of ``secrets.cfg`` and its content; None if it is new."""
    if not provider.exists:
        return None
    return provider.read_config(), provider.config_path.read_bytes()


def _left_behind(provider: SecretProvider, target: SecretProvider) -> tuple[Path, ...]:
    """Files of *provider* that *target* does not use."""
    files = provider.files()
    used = {*target.beside(), *(target.file_path(name) for name in files)}
    own = [provider.config_path, *files.values(), *provider.beside()]
    return tuple(path for path in own if path not in used and path.exists())
