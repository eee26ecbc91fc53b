"""Find and load ``components/*/component.py``."""

import ast
import contextlib
import glob
import inspect
import io
import os
import sys
import tokenize
import types
from importlib.util import spec_from_file_location
from typing import Any

import batou.c
from batou.component.component import Component, HookComponent
from batou.errors import ComponentLoadingError, DuplicateComponent, Location
from batou.errors.explaining import explain
from batou.errors.tracebacks import prepare_traceback, shown_path


class ComponentDefinition:
    """A class that can be assigned to hosts, and the directory it belongs to."""

    def __init__(
        self,
        factory: type[Component],
        filename: str | None = None,
        defdir: str | None = None,
    ) -> None:
        self.factory = factory
        self.name = factory.__name__.lower()
        self.filename = filename or inspect.getsourcefile(factory) or "<unknown>"
        self.defdir = defdir or os.path.dirname(os.path.abspath(self.filename))

    def __repr__(self) -> str:
        return f"<ComponentDefinition {self.name!r} from {self.filename!r}>"


def load_components_from_file(filename: str) -> dict[str, ComponentDefinition]:
    """All components in the namespace of *filename*, imported ones too, by name.

    The file becomes the module ``batou.c.<directory>``; modules beside it can be
    imported relatively. Raises ComponentLoadingError.
    """
    filename = os.path.abspath(filename)
    try:
        return _definitions(_load_module(filename), filename)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, too: a component must not end the run
        raise loading_error(filename, error) from error


def module_name(directory: str) -> str:
    """What the module of a component directory is called, so that it can be imported."""
    return f"batou.c.{directory}"


def _load_module(filename: str) -> types.ModuleType:
    defdir = os.path.dirname(filename)
    directory = os.path.basename(defdir)
    name = module_name(directory)
    with open(filename, "rb") as file:
        code = compile(_checked(file.read(), filename), filename, "exec", dont_inherit=True)
    for known in [key for key in sys.modules if key.startswith(name + ".")]:
        del sys.modules[known]
    module = types.ModuleType(name)
    module.__file__ = filename
    module.__path__ = [defdir]
    module.__package__ = name
    module.__spec__ = spec_from_file_location(name, filename, submodule_search_locations=[defdir])
    sys.modules[name] = module
    setattr(batou.c, directory, module)
    exec(code, module.__dict__)
    return module


def _checked(source: bytes, filename: str) -> bytes:
    """*source*; raises SyntaxError for what ``compile`` reports without a line, or not at all."""
    if b"\0" in source:
        line = source[: source.index(b"\0")].count(b"\n") + 1
        raise SyntaxError("the file has null bytes", (filename, line, None, None))
    encoding = "utf-8"
    with contextlib.suppress(SyntaxError):  # compile will say more
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    try:
        source.decode(encoding)
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        reason = f"the file is not {encoding.upper()}, as Python expects"
        raise SyntaxError(reason, (filename, line, None, None)) from None
    return source


def _definitions(module: types.ModuleType, filename: str) -> dict[str, ComponentDefinition]:
    found: dict[str, ComponentDefinition] = {}
    for candidate in list(vars(module).values()):
        if not is_definition(candidate):
            continue
        definition = ComponentDefinition(candidate, filename, os.path.dirname(filename))
        known = found.setdefault(definition.name, definition)
        own, was_own = is_own(candidate, module), is_own(known.factory, module)
        if own and not was_own:
            found[definition.name] = definition
        elif own == was_own and candidate is not known.factory:
            places = (_place(kind, module) for kind in (known.factory, candidate))
            raise DuplicateComponent(definition.name, *places)
    return found


def is_own(factory: type, module: types.ModuleType) -> bool:
    """Whether a class is written in *module*; it wins over an imported one of its name."""
    return factory.__module__ == module.__name__


def is_definition(candidate: Any) -> bool:
    """Whether *candidate* is a class that can be assigned to hosts."""
    return (
        isinstance(candidate, type)
        and issubclass(candidate, Component)
        and candidate not in (Component, HookComponent)
    )


def _place(factory: type, module: types.ModuleType) -> str:
    """The file and the line where *factory*, a component of *module*, is defined."""
    filename, line = str(module.__file__), 0
    if factory.__module__ == module.__name__:
        with open(filename, "rb") as file:
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == factory.__name__:
                line = node.lineno
    else:
        with contextlib.suppress(OSError, TypeError):  # there may be no source
            filename = inspect.getsourcefile(factory) or filename
            line = inspect.getsourcelines(factory)[1]
    return str(Location(shown_path(filename), line))


def loading_error(filename: str, error: BaseException) -> ComponentLoadingError:
    """What is wrong with a ``component.py``, and in which line."""
    shown, told = os.path.relpath(filename), explain(error)
    made = ComponentLoadingError(
        shown,
        told.text,
        prepare_traceback(error.__traceback__),
        told.location or Location(shown),
        told.facts,
        told.advice,
    )
    made._where = told.where if told.location else [("Where", shown), *told.where]
    return made


def find_component_files(base_dir: str) -> list[str]:
    """All ``components/*/component.py``, in the order of their paths."""
    return sorted(glob.glob(os.path.join(glob.escape(base_dir), "components", "*", "component.py")))


def load_components(
    base_dir: str,
) -> tuple[dict[str, ComponentDefinition], list[ComponentLoadingError], list[str]]:
    """Definitions by name, what cannot be loaded, and warnings about names defined twice.

    If several files define one name, the last file wins; but a class that a file only
    imports does not replace one that another has written.
    """
    definitions: dict[str, ComponentDefinition] = {}
    errors: list[ComponentLoadingError] = []
    warnings: list[str] = []
    for filename in find_component_files(base_dir):
        try:
            found = load_components_from_file(filename)
        except ComponentLoadingError as error:
            errors.append(error)
            continue
        for name, definition in found.items():
            known = definitions.get(name)
            if known and _is_own(known) and not _is_own(definition):
                continue
            if known and known.factory is not definition.factory and _is_own(known, definition):
                warnings.append(
                    f"component {name!r} is defined in {os.path.relpath(known.filename)!r} and in "
                    f"{os.path.relpath(definition.filename)!r}, the latter is used"
                )
            definitions[name] = definition
    return definitions, errors, warnings


def _is_own(*definitions: ComponentDefinition) -> bool:
    """Whether each of *definitions* is written in the file that it was found in."""
    return all(
        definition.factory.__module__ == module_name(os.path.basename(definition.defdir))
        for definition in definitions
    )
