"""What can be wrong in components: their code, their arguments and what overrides them."""

import os
from dataclasses import dataclass, field
from typing import Any, ClassVar

from batou.errors.base import Location, ReportingException, Rows, closest, listing
from batou.errors.configuration import ConfigurationError, TemplatingError
from batou.errors.explaining import class_rows, explain
from batou.errors.texts import clipped, prepare_error, text_of
from batou.errors.tracebacks import Frame, frame_rows, stack_frame, user_frames


def conversion_name(conversion: Any) -> str:
    """What a conversion is called; a partial is named after its function.

    >>> conversion_name(int)
    'int'
    """
    function = getattr(conversion, "func", conversion)
    return getattr(function, "__name__", None) or repr(conversion)


def shortened(value: object) -> str:
    """The repr of a value, cut if it is very long."""
    return clipped(repr(value), 200)


def _reason(error: object) -> str:
    """Why a conversion failed, with the type of the error where that is needed to understand it."""
    if not isinstance(error, BaseException):
        return str(error)
    text = text_of(error)
    return prepare_error(error) if isinstance(error, (KeyError, SystemExit)) or not text else text


@dataclass(eq=False)
class ComponentError(ConfigurationError):
    """Base of errors about one component on one host."""

    affected_hostname: str | None
    component_breadcrumbs: str

    @classmethod
    def about(cls, component: Any, *args: Any, **kw: Any) -> Any:
        """The error for *component*, which may not be part of a tree yet."""
        try:
            host, breadcrumbs = component.root.host.name, component._breadcrumbs
        except AttributeError:
            host, breadcrumbs = None, type(component).__name__
        return cls(host, breadcrumbs, *args, **kw)

    @classmethod
    def from_context(cls, component: Any, *args: Any, **kw: Any) -> Any:
        return cls.about(component, *args, **kw)

    def rows(self) -> Rows:
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [("Component", self.component_breadcrumbs), *host]


@dataclass(eq=False)
class AttributeExpansionError(ComponentError):
    """A template in an override or a ``ConfigString`` default cannot be rendered."""

    key: str
    value_repr: str
    error: str
    location: Location | None = None

    order: ClassVar[int] = 1

    @classmethod
    def from_context(cls, component: Any, key: str, value: object, error: object) -> Any:
        text = error.exception_str if isinstance(error, TemplatingError) else str(error)
        return cls.about(component, key, shortened(value), text)

    def summary(self) -> str:
        return f"cannot expand {self.value_repr} for attribute {self.key!r}: {self.error}"


@dataclass(eq=False)
class ConversionError(ComponentError):
    """A value cannot be converted to what its attribute wants."""

    key: str
    value_repr: str
    conversion_name: str
    error_str: str
    location: Location | None = None

    order: ClassVar[int] = 1

    @classmethod
    def from_context(
        cls, component: Any, key: str, value: object, conversion: Any, error: object
    ) -> Any:
        name = conversion if isinstance(conversion, str) else conversion_name(conversion)
        return cls.about(component, key, shortened(value), name, _reason(error))

    def summary(self) -> str:
        is_named = not self.conversion_name.startswith(("<lambda>", "convert_", "_"))
        to = f" to {self.conversion_name}" if is_named else ""
        return f"cannot convert {self.value_repr}{to} for attribute {self.key!r}: {self.error_str}"


@dataclass(eq=False)
class MissingOverrideAttributes(ComponentError):
    """Overrides are given for attributes that the component lacks."""

    attributes: list[str]
    known: list[str] = field(default_factory=list)
    locations: list[str] = field(default_factory=list)

    order: ClassVar[int] = 3

    def summary(self) -> str:
        noun, them = ("attribute", "it") if len(self.attributes) == 1 else ("attributes", "them")
        is_secret = [f"{os.sep}secrets.cfg." in place for place in self.locations]
        setting = "the secrets set" if is_secret and all(is_secret) else "the environment sets"
        return (
            f"component {self.component_breadcrumbs!r} has no {noun} {listing(self.attributes)}, "
            f"but {setting} {them}"
        )

    def rows(self) -> Rows:
        where = [("Where", "\n".join(self.locations))] if self.locations else []
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*where, *host]

    def hint(self) -> str | None:
        guesses = {name: guess for name in self.attributes if (guess := closest(name, self.known))}
        if len(self.attributes) == 1 and guesses:
            return guesses[self.attributes[0]]
        if guesses:
            return "\n".join(f"{name}: {guess}" for name, guess in guesses.items())
        return f"it has {listing(self.known)}" if self.known else "it has no attributes to override"


@dataclass(eq=False)
class UnknownComponentConfigurationError(ConfigurationError):
    """Configuring a root component failed with an exception of another kind."""

    root_name: str
    affected_hostname: str | None
    exception_repr: str
    frames: tuple[Frame, ...] = ()
    text: str = ""
    facts: Rows = field(default_factory=list)
    advice: str = ""
    location: Location | None = None

    order: ClassVar[int] = 4

    @classmethod
    def from_context(cls, root: Any, exception: BaseException, tb: Any) -> Any:
        told, frames = explain(exception), tuple(user_frames(tb))
        where = told.where
        if not any(key == "Where" for key, _ in where):
            where = [*class_rows(root.factory), *where]
        error = cls(
            root.name,
            root.host.name,
            prepare_error(exception),
            frames,
            told.text,
            told.facts,
            told.advice,
            told.location,
        )
        error._where, error._original = where, exception
        return error

    @property
    def root_host_name(self) -> str | None:
        """Name of the host that the root belongs to."""
        return self.affected_hostname

    @property
    def traceback(self) -> str:
        """The frames of the user's code."""
        return "\n".join(f"{frame}\n    {frame.source}" for frame in self.frames)

    def summary(self) -> str:
        return f"cannot configure component {self.root_name!r}: {self.text or self.exception_repr}"

    def rows(self) -> Rows:
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*self.facts, *host]

    def hint(self) -> str | None:
        return self.advice or None


@dataclass(eq=False)
class ErrorInComponent(ConfigurationError):
    """Another error, raised while a root component was configured."""

    root_name: str
    affected_hostname: str | None
    headline: str
    facts: Rows
    advice: str = ""
    location: Location | None = None

    order: ClassVar[int] = 4

    @classmethod
    def of(cls, root: Any, error: ReportingException) -> "ErrorInComponent":
        """*error*, as a fact about *root*."""
        told = explain(error)
        place = told.location
        made = cls(root.name, root.host.name, told.text, told.facts, told.advice, place)
        made._where, made._original = told.where, error
        return made

    def summary(self) -> str:
        return self.headline

    def rows(self) -> Rows:
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*self.facts, ("Component", self.root_name), *host]

    def hint(self) -> str | None:
        return self.advice or None


@dataclass(eq=False)
class ComponentUsageError(ConfigurationError):
    """A library component is used wrongly."""

    message: str
    frames: tuple[Frame, ...] = ()

    order: ClassVar[int] = -1

    @classmethod
    def from_context(cls, message: str) -> Any:
        frame = stack_frame()
        return cls(message, (frame,) if frame else ())

    @property
    def traceback(self) -> str:
        """Where the component is used."""
        return "\n".join(f"{frame}\n    {frame.source}" for frame in self.frames)

    def summary(self) -> str:
        return self.message

    def rows(self) -> Rows:
        return frame_rows(self.frames)


@dataclass(eq=False)
class DuplicateComponent(ConfigurationError):
    """Two classes of one file have the same lower-case name."""

    a_name: str
    a_filename: str
    b_filename: str

    order: ClassVar[int] = 2

    def summary(self) -> str:
        return f"component {self.a_name!r} is defined twice"

    def rows(self) -> Rows:
        return [("Occurrence", self.a_filename), ("Occurrence", self.b_filename)]

    def hint(self) -> str | None:
        return "names are compared in lower case, so rename one of the classes"


@dataclass(eq=False)
class ComponentLoadingError(ConfigurationError):
    """A ``component.py`` cannot be loaded."""

    filename: str
    exception_str: str
    traceback: str = ""
    location: Location | None = None
    facts: Rows = field(default_factory=list)
    advice: str = ""

    def summary(self) -> str:
        return f"cannot load {self.filename!r}: {self.exception_str}"

    def rows(self) -> Rows:
        return self.facts

    def hint(self) -> str | None:
        return self.advice or None
