"""What a file contains: `ManagedContentBase`, `Content`."""

import errno
import os
from typing import Any, ClassVar, cast

from batou.errors import TemplatingError, UpdateNeeded
from batou.lib.file.base import FileComponent
from batou.lib.file.diff import LARGEST, DiffPolicy, show_difference
from batou.lib.file.writing import copy_from, replace_file, same_content
from batou.report import output
from batou.template import is_plain


class _LazyContent:
    """What ``content`` is while nothing was assigned: read when somebody asks.

    Binary sources may be larger than memory, so they are not held.
    """

    def __get__(self, component: Any, owner: type | None = None) -> bytes | None:
        return None if component is None else component._read_content()


LAZY_CONTENT = cast("str | bytes | None", _LazyContent())


class ManagedContentBase(FileComponent):
    """Base of components that know what a file has to contain.

    The content is given, or comes from a file *source*, by default that of the
    same name beside component.py. Subclasses turn it into its final form in
    `render`. After configure ``content`` is bytes; None if the source does not
    exist yet, because an earlier component makes it.
    """

    content: str | bytes | None = LAZY_CONTENT
    source: str = ""
    sensitive_data: bool | None = None
    """Whether the content is secret; None: if a known secret occurs in it."""
    encoding: str | None = "utf-8"
    """How text is encoded; None means bytes."""

    diff_dir: str

    _max_diff: ClassVar[int] = 200
    _max_diff_lead: ClassVar[int] = 50
    _delayed = False
    _streams = False
    _content_source_attribute: ClassVar[str] = "content"

    def configure(self) -> None:
        super().configure()
        self.diff_dir = os.path.join(self.environment.workdir_base, ".batou-diffs")
        self._find_source()
        self._load()

    def render(self) -> None:
        """Turn ``self.content`` into its final form."""

    def _can_stream(self) -> bool:
        """Whether a source is the final content, byte for byte."""
        return False

    def _find_source(self) -> None:
        name = self._content_source_attribute
        given = getattr(self, name, None)
        if self.source and given:
            raise ValueError(
                f"both {name} and source ({self.source!r}) are given for {self.path!r}, wanted one"
            )
        if not self.source and given is None:
            original = os.fspath(self.original_path)
            self.source = os.path.basename(original) if os.path.isabs(original) else original
        if self.source:
            self.source = os.path.join(self.defdir, self.source)

    def _load(self) -> None:
        """Make ``content`` final, or note that it has to wait for its source."""
        if self.source:
            if self._can_stream():
                self._streams = True
                self.__dict__.pop("content", None)  # may be empty: the source wins
                return
            try:
                self.content = _read(self.source)
            except FileNotFoundError:
                self._delayed = True
                self.content = None
                return
            self._delayed = False
        if self.encoding and isinstance(self.content, bytes):
            self.content = self._decoded(self.content, self.encoding)
        self.render()
        self._encode()

    def _decoded(self, content: bytes, encoding: str) -> str:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            where = f"{self.source or 'content'!r}"
            error.reason += f" in {where}; wanted {encoding} text, use BinaryFile for bytes"
            raise

    def _encode(self) -> None:
        if isinstance(self.content, str):
            if self.encoding:
                self.content = self.content.encode(self.encoding)
            elif self.content:
                raise TypeError(f"content of {self.path!r} is text, wanted bytes: encoding is None")
            else:
                self.content = b""

    def _read_content(self) -> bytes | None:
        if not self._streams:
            return None
        try:
            return _read(self.source)
        except FileNotFoundError:
            return None

    def verify(self, predicting: bool = False) -> None:
        if self._delayed:
            self._load()
        if self._delayed or (self._streams and not os.path.exists(self.source)):
            self._source_is_missing(predicting)
        if self._streams:
            self._verify_stream()
        else:
            self._verify_content(predicting)

    def _source_is_missing(self, predicting: bool) -> None:
        if predicting:
            raise UpdateNeeded(f"its source {self.source!r} does not exist yet")
        reason = f"the source of {self.path!r} does not exist"
        raise FileNotFoundError(errno.ENOENT, reason, self.source)

    def _verify_stream(self) -> None:
        reason = "content differs"
        try:
            if same_content(self.source, self.path):
                return
        except (FileNotFoundError, NotADirectoryError):
            reason = "missing"
        except OSError as error:
            if error.filename == self.source:
                raise
            raise UpdateNeeded(self._unknown(error)) from None
        show_difference(self.path, b"", b"", None, DiffPolicy(self.sensitive_data))
        raise UpdateNeeded(reason)

    def _verify_content(self, predicting: bool) -> None:
        content = cast(bytes, self.content)
        try:
            current = _read(self.path, max(len(content), LARGEST) + 1)
        except (FileNotFoundError, NotADirectoryError):
            current = None
        except OSError as error:
            raise UpdateNeeded(self._unknown(error)) from None
        if current == content:
            return
        if current or content:
            show_difference(
                self.path, current or b"", content, self.encoding, self._policy(predicting)
            )
        raise UpdateNeeded("missing" if current is None else "content differs")

    def _unknown(self, error: OSError) -> str:
        name = os.path.basename(self.path)
        output.annotate(f"  {name}: its content is unknown: {error.strerror}", yellow=True)
        return f"content is unknown: {error.strerror}"

    def _policy(self, predicting: bool) -> DiffPolicy:
        return DiffPolicy(
            self.sensitive_data,
            self.environment.secret_data,
            self._max_diff,
            self._max_diff_lead,
            None if predicting else self.diff_dir,
        )

    def update(self) -> None:
        new_mode = 0o600 if self.sensitive_data else 0o666
        if self._streams:
            replace_file(self.path, copy_from(self.source), new_mode=new_mode)
        else:
            content = cast(bytes, self.content)
            replace_file(self.path, lambda file: file.write(content), new_mode=new_mode)


def _read(path: str, size: int = -1) -> bytes:
    with open(path, "rb") as file:
        return file.read(size)


class Content(ManagedContentBase):
    """The content of a file, as it is or as a Jinja template.

    A binary *source* that is no template is copied without holding it in memory.
    """

    is_template: bool = True
    template_context: Any = None
    """What the template sees as ``component``; None: the component that added this one."""
    template_args: dict[str, Any] | None = None
    """What the template sees as ``args``."""

    def _can_stream(self) -> bool:
        return (
            self.encoding is None and not self.is_template and type(self).render is Content.render
        )

    def render(self) -> None:
        text = self.content
        if not (self.is_template and text):
            return
        if not isinstance(text, str):
            kind = type(text).__name__
            reason = f"its content is {kind}, wanted str"
            if isinstance(text, bytes):
                reason += "; use BinaryFile, or give an encoding"
            raise TemplatingError(reason, self.source or self._breadcrumbs)
        if is_plain(text):
            return
        context = self.parent if self.template_context is None else self.template_context
        try:
            self.content = self.expand(text, context, args=self.template_args or {})
        except TemplatingError as error:
            if self.source and error.template_identifier == self._breadcrumbs:
                error.template_identifier = self.source
            raise
