"""`Attribute`: what an environment may override, and how its text becomes a value."""

import ast
import copy
import types
import typing
from collections.abc import Callable
from typing import Any

from batou.errors import (
    AttributeExpansionError,
    ConversionError,
    ReportingException,
    SilentConfigurationError,
    listing,
)

NO_DEFAULT: Any = object()
"""The default of an attribute that must be given."""

_TRUTHS = {"true": True, "yes": True, "on": True, "1": True}
_FALSEHOODS = {"false": False, "no": False, "off": False, "0": False, "none": False, "": False}
_MUTABLE = (list, dict, set, bytearray)


class ConfigString(str):
    """A default that is treated like text from an environment: expanded and converted."""

    __slots__ = ()


class Attribute:
    """Declares an attribute of a component that an environment may override.

    *conversion* turns text into the value: a callable, ``"literal"`` (a Python
    literal), ``"list"`` (separated by commas), ``bool`` (true, false, yes, no, …)
    or ``list``. Text is expanded as a template before, if *expand*, and mapped as
    a path, if *map*. A *default* that is no ConfigString is used as it is.
    """

    def __init__(
        self,
        conversion: Any = str,
        default: Any = NO_DEFAULT,
        expand: bool = True,
        map: bool = False,
    ) -> None:
        self.conversion = conversion
        self.default = default
        self.expand = expand
        self.map = map
        self.names: dict[type, str] = {}
        self._convert = self._converter(conversion)

    def _converter(self, conversion: Any) -> Callable[[Any], Any]:
        if isinstance(conversion, str):
            return self._named_converter(conversion)
        if conversion is bool:
            return convert_bool
        if conversion is list or typing.get_origin(conversion) is list:
            return self.convert_list
        if typing.get_origin(conversion) in (typing.Union, types.UnionType):
            members = [arg for arg in typing.get_args(conversion) if arg is not type(None)]
            return self._converter(members[0])
        if not callable(conversion):
            raise AttributeError(f"{conversion!r} cannot convert anything: it cannot be called")
        return typing.cast(Callable[[Any], Any], conversion)

    def _named_converter(self, name: str) -> Callable[[Any], Any]:
        converter: Callable[[Any], Any] | None = getattr(self, f"convert_{name}", None)
        if converter is None:
            known = [key[8:] for key in dir(self) if key.startswith("convert_")]
            raise AttributeError(f"there is no conversion {name!r}, only {listing(known)}")
        return converter

    @staticmethod
    def convert_literal(value: str) -> Any:
        """The value of a Python literal, like ``[1, 2]`` or ``True``."""
        return ast.literal_eval(value)

    @staticmethod
    def convert_list(value: Any) -> list[str]:
        """The parts between commas, without blanks around them and without empty ones."""
        if not isinstance(value, str):
            return list(value)
        return [part for item in value.split(",") if (part := item.strip())]

    def __set_name__(self, owner: type, name: str) -> None:
        self.names[owner] = name

    def name_in(self, kind: type) -> str:
        """What the attribute is called in class *kind*."""
        for base in kind.__mro__:
            if base in self.names:
                return self.names[base]
        for base in kind.__mro__:  # it was put into the class later
            for name, value in vars(base).items():
                if value is self:
                    self.names[base] = name
                    return name
        return "<unknown>"

    def __get__(self, obj: Any, kind: type | None = None) -> Any:
        if obj is None:
            return self
        name = self.name_in(type(obj))
        try:
            return obj.__dict__[name]
        except KeyError:
            pass
        value = self._default_for(obj, name)
        obj.__dict__[name] = value
        return value

    def _default_for(self, obj: Any, name: str) -> Any:
        value = self.default
        if value is NO_DEFAULT:
            owner = type(obj).__name__
            raise AttributeError(
                f"attribute {name!r} of {owner} has no value: {_expected(obj, name)}"
            )
        if isinstance(value, ConfigString):
            return self.from_config_string(obj, value)
        return copy.deepcopy(value) if isinstance(value, _MUTABLE) else value

    def __set__(self, obj: Any, value: Any) -> None:
        obj.__dict__[self.name_in(type(obj))] = value

    def from_config_string(self, obj: Any, value: Any) -> Any:
        """The value that text from an environment means for component *obj*.

        Raises AttributeExpansionError if its template cannot be rendered, and
        ConversionError if it cannot be converted.
        """
        if self.expand:
            try:
                value = obj.expand(value)
            except ReportingException as error:
                raise AttributeExpansionError.from_context(
                    obj, self.name_in(type(obj)), value, error
                ) from error
        if self.map:
            value = obj.map(value)
        try:
            return self._convert(value)
        except (ReportingException, SilentConfigurationError):
            raise
        except (Exception, SystemExit) as error:
            raise ConversionError.from_context(
                obj, self.name_in(type(obj)), str(value), self.conversion, error
            ) from error


def _expected(obj: Any, name: str) -> str:
    """How attribute *name* of *obj* gets a value that has no default."""
    root = getattr(obj, "root", None)
    if root is not None and obj.parent is root and name in root.overrides:
        return "the environment sets it only after what asks for it, so change their order"
    if root is not None and obj.parent is root:
        return f"set it in section [component:{root.name}] of the environment"
    return f"give it as a keyword: {type(obj).__name__}(…, {name}=…)"


def convert_bool(value: Any) -> bool:
    """What a person means by a word for true or false.

    >>> convert_bool("no"), convert_bool("True")
    (False, True)
    """
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word in _TRUTHS or word in _FALSEHOODS:
        return word in _TRUTHS
    raise ValueError("write True or False")
