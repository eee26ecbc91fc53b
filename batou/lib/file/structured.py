"""Files whose content is data: `JSONContent`, `YAMLContent`."""

import json
from functools import cache
from typing import Any, ClassVar

from batou.errors import InvalidFile, Location
from batou.lib.file.content import ManagedContentBase
from batou.values import dict_merge


class _StructuredContent(ManagedContentBase):
    """Base of content that is data, given or read from a source, with parts overridden."""

    data: Any = None
    """What the file says; None: what the source says."""
    override: dict[str, Any] | None = None
    """Merged into the data: dictionaries deeply, lists concatenated, the rest replaced."""

    _content_source_attribute: ClassVar[str] = "data"

    def _parse(self, text: str) -> Any:
        """The data in *text*; raises InvalidFile."""
        raise NotImplementedError

    def _dump(self) -> str:
        raise NotImplementedError

    def render(self) -> None:
        if self.source:
            self.data = self._parse(str(self.content))
        if self.override is not None:
            self.data = dict_merge(self.data, self.override)
        self.content = self._dump()

    def _invalid(self, language: str, problem: str, line: int) -> InvalidFile:
        return InvalidFile(
            self.source, f"it is not {language}: {problem}", Location(self.source, line)
        )


class JSONContent(_StructuredContent):
    """Data as JSON, with sorted keys; readable, or as compact as possible."""

    human_readable: bool = True

    content_compact: str
    content_readable: str

    def _parse(self, text: str) -> Any:
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise self._invalid(
                "JSON", f"{error.msg} at column {error.colno}", error.lineno
            ) from None

    def _dump(self) -> str:
        self.content_compact = json.dumps(self.data, sort_keys=True, separators=(",", ":"))
        self.content_readable = json.dumps(self.data, sort_keys=True, indent=4)
        return self.content_readable if self.human_readable else self.content_compact


class YAMLContent(_StructuredContent):
    """Data as YAML in block style, with sorted keys."""

    def _parse(self, text: str) -> Any:
        import yaml

        try:
            return yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = mark.line + 1 if mark else 0
            raise self._invalid("YAML", error.problem or str(error), line) from None
        except yaml.YAMLError as error:
            raise self._invalid("YAML", str(error), 0) from None

    def _dump(self) -> str:
        import yaml

        return str(yaml.dump(self.data, Dumper=_dumper(), default_flow_style=False))


@cache
def _dumper() -> Any:
    """A safe dumper that takes subclasses of text and dictionaries for what they are."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    for kind in (str, dict, list, int, float):
        Dumper.add_multi_representer(kind, yaml.SafeDumper.yaml_representers[kind])
    return Dumper
