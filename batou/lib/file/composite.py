"""`File`: presence, owner, group, mode and content of one path in one component."""

import os
from typing import Any

from batou.component import Component
from batou.lib.file.base import shown_path, stat_value
from batou.lib.file.content import LAZY_CONTENT, Content
from batou.lib.file.links import Symlink
from batou.lib.file.permissions import Group, Mode, Owner
from batou.lib.file.presence import Directory, Presence


class File(Component):
    """A file, directory or link with content, mode and owner.

    Without *content* and *source* the content comes from the file of the same
    name beside component.py. Empty *content* asks for the file to be there, whatever
    is in it. Text is a Jinja template unless *is_template* is
    off. Readers see the old file or the new one, never half of one, and the new
    one has its mode and owner before it has content. After configure ``path`` is
    where the file is on the host, and ``content`` is bytes.

    *sensitive_data* True: changes are never shown, and a new file is closed to
    others unless *mode* opens it. None: changes are not shown if a known secret
    occurs in them.
    """

    namevar = "path"

    path: str
    ensure: str = "file"
    """``file``, ``directory`` or ``symlink``."""
    content: str | bytes | None = LAZY_CONTENT
    """Text or bytes; ``""`` makes an empty file."""
    source: Any = ""
    """A file to read, relative to the directory of component.py."""
    is_template: bool = True
    template_context: Any = None
    """What the template sees as ``component``; None: the component that added this one."""
    template_args: dict[str, Any] | None = None
    """What the template sees as ``args``."""
    encoding: str | None = "utf-8"
    owner: str | int | None = None
    group: str | int | None = None
    mode: Any = None
    link_to: Any = ""
    """What a link points to."""
    leading: bool = False
    """Whether missing parent directories are made."""
    sensitive_data: bool | None = None

    _content_part: Content | None = None

    def configure(self) -> None:
        self._unmapped_path = self.path
        self.path = self.map(self.path)
        self._add_place()
        if self.owner is not None and self.owner != "":
            self += Owner(self.path, owner=self.owner, _path_is_mapped=True)
        if self.group is not None and self.group != "":
            self += Group(self.path, group=self.group, _path_is_mapped=True)
        if self._has_mode():
            self += Mode(self.path, mode=self.mode, _path_is_mapped=True)
        if self.ensure == "file":
            self._add_content()

    def _has_mode(self) -> bool:
        return self.mode is not None and self.mode != ""

    def _add_place(self) -> None:
        """Add what makes something be there; the first sub-component."""
        is_private = self._has_mode() or bool(self.sensitive_data)
        common: dict[str, Any] = {"leading": self.leading, "_path_is_mapped": True}
        if is_private:
            common["_is_private"] = True
        if self.ensure == "file":
            self += Presence(self.path, **common)
        elif self.ensure == "directory":
            self += Directory(self.path, source=self.source, **common)
        elif self.ensure == "symlink":
            if not self.link_to:
                raise ValueError(f"{self.path!r} is to be a link, so link_to has to be given")
            self += Symlink(self.path, source=self.link_to, **common)
        else:
            raise ValueError(
                f"ensure is {self.ensure!r} for {self.path!r}, "
                "wanted 'file', 'directory' or 'symlink'"
            )

    def _add_content(self) -> None:
        content = self.content
        if content is None and not self.source:
            self.source = self._implicit_source()
        if content is not None and not content and not self.source:
            self.content = b""
            return  # it must be there; what others write into it, like a log, stays
        part = Content(
            self.path,
            content=content,
            source=self.source,
            encoding=self.encoding,
            is_template=self.is_template,
            template_context=self.parent
            if self.template_context is None
            else self.template_context,
            template_args=self.template_args,
            sensitive_data=self.sensitive_data,
            _path_is_mapped=True,
        )
        self += part
        if part._delayed or part._streams:
            self.__dict__.pop("content", None)
            self._content_part = part
        else:
            self.content = part.content

    def _implicit_source(self) -> str:
        source = os.path.join(self.defdir, os.path.basename(os.fspath(self._unmapped_path)))
        if not os.path.isfile(source):
            raise ValueError(
                f"{self.path!r} has no content and no source, and there is no file {source!r}; "
                "use content='' for a file that others fill"
            )
        return source

    def _read_content(self) -> Any:
        """The content, now that somebody asks for it; None if there is none yet."""
        return None if self._content_part is None else self._content_part.content

    def last_updated(self, key: str = "st_mtime", **kw: Any) -> float | None:
        """The field *key* of the path's stat, or None if it does not exist."""
        return stat_value(self.path, key)

    @property
    def namevar_for_breadcrumb(self) -> str:
        """The path, relative to the deployment if it lies in it."""
        return shown_path(self, str(self.path))


class BinaryFile(File):
    """A file whose content is bytes, taken as they are."""

    is_template = False
    encoding = None
