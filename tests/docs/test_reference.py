"""docs/reference/ lists what there is: no more, no less."""

import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import batou.errors
import batou.lib
from batou.component import Component
from batou.environment.environment import SECTIONS
from batou.environment.settings import ENVIRONMENT, HOST
from batou.report.events import KINDS

spec = importlib.util.spec_from_file_location("generate", Path(__file__).with_name("generate.py"))
generate = importlib.util.module_from_spec(spec)
sys.modules["generate"] = generate
spec.loader.exec_module(generate)

AGAIN = "run: python tests/docs/generate.py"
PAGES = sorted(generate.PAGES.glob("**/*.md"))
MODULES = sorted(
    module.name for module in pkgutil.iter_modules(batou.lib.__path__) if module.name[0] != "_"
)
WITHOUT_COMPONENTS = {"hglogin", "logins", "mysqlauth", "supervisorctl"}
BASES = {
    "FileComponent",
    "ManagedContentBase",
    "Extractor",
    "Client",
    "RunningHelper",
    "VirtualEnvPyBase",
}
PARTS = {
    "appenv": {"VirtualEnv", "LockedRequirements", "CleanupUnused"},
    "logrotate": {"SpooledLogrotate"},
    "python": {"Release", "VirtualEnvPy", "VirtualEnvPy2_7"},
    "systemd": {"Loaded", "ReadyManager"},
}
"""Components that others add and that nobody writes."""


def text_of(name: str) -> str:
    return (generate.PAGES / name).read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    """The text below a heading, to the next of the same level or a higher one."""
    found = re.search(rf"^(#+) {re.escape(title)}\n", page, re.M)
    assert found, f"there is no heading {title!r}"
    rest = page[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.M)
    return rest[: end.start()] if end else rest


def first_cells(text: str) -> set[str]:
    """What stands in backticks in the first column of tables."""
    cells = re.findall(r"^\| (`[^|]*) \|", text, re.M)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(generate.PAGES)))
def test_the_generated_parts_of_a_page_are_current(page):
    text = page.read_text(encoding="utf-8")

    assert text == generate.generated(text), AGAIN


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(generate.PAGES)))
def test_every_parameter_has_a_meaning(page):
    missing = [
        f"{part['what']}: {name}"
        for part in generate.PART.finditer(page.read_text(encoding="utf-8"))
        for name, meaning in generate.meanings_in(part["text"]).items()
        if not meaning.strip()
    ]

    assert missing == []


def test_every_command_has_its_help_on_the_page():
    shown = {tuple(part["what"].split()[1:]) for part in generate.PART.finditer(text_of("cli.md"))}

    assert shown == set(generate.commands())


def test_every_environment_variable_that_is_asked_for_is_on_the_page():
    asked = {
        name
        for path in (generate.ROOT / "batou").glob("**/*.py")
        for name in re.findall(
            r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", path.read_text(encoding="utf-8")
        )
    }

    listed = section(text_of("cli.md"), "Environment variables")

    assert "NO_COLOR" in asked
    assert {name for name in asked if f"`{name}`" not in listed} == set()


@pytest.mark.parametrize(
    ("title", "keys"), [("[environment]", ENVIRONMENT), ("[host:NAME]", HOST)], ids=["all", "host"]
)
def test_the_keys_of_a_section_are_those_that_batou_knows(title, keys):
    listed = first_cells(section(text_of("environment.md"), title))

    assert listed - {"data-…"} == set(keys)


def test_the_sections_are_those_that_batou_knows():
    listed = first_cells(section(text_of("environment.md"), "Sections"))

    assert listed == {f"[{name}]" for name in SECTIONS}


def test_the_errors_are_those_of_batou_errors():
    page = text_of("errors.md")
    known = {
        name
        for name, found in vars(batou.errors).items()
        if inspect.isclass(found) and issubclass(found, BaseException)
    }
    titles = [
        *("Files of the project", "Components", "The model", "Templates and addresses"),
        *("While hosts are changed", "Secrets", "Bases and signals"),
    ]

    listed = {name for title in titles for name in first_cells(section(page, title))}

    assert listed == known


def test_the_events_and_their_fields_are_those_of_the_code():
    page = text_of("events-json.md")

    listed = {kind: first_cells(section(page, kind)) for kind in KINDS}

    assert listed == {kind: {f.name for f in fields(event)} for kind, event in KINDS.items()}


def public_methods() -> set[str]:
    return {
        name
        for name, value in vars(Component).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    }


def test_every_public_name_of_a_component_is_on_the_page():
    page = text_of("components.md")

    missing = {name for name in public_methods() if not re.search(rf"`{name}[`(]", page)}

    assert missing == set()


@pytest.mark.parametrize("module", [name for name in MODULES if name not in WITHOUT_COMPONENTS])
def test_a_module_of_the_library_has_a_page_with_its_components(module):
    loaded = importlib.import_module(f"batou.lib.{module}")
    own = {
        name
        for name, kind in vars(loaded).items()
        if inspect.isclass(kind)
        and issubclass(kind, Component)
        and kind.__module__.startswith(loaded.__name__)
        and name == kind.__name__
        and name[0] != "_"
    }

    page = text_of(f"library/{module}.md")
    listed = {part["what"].split(":")[1] for part in generate.PART.finditer(page)}

    assert listed == own - BASES - PARTS.get(module, set())


def test_the_index_of_the_library_names_every_page():
    names = {page.stem for page in (generate.PAGES / "library").glob("*.md")} - {"index"}

    assert set(re.findall(r"\]\((\w+)\.md\)", text_of("library/index.md"))) == names


def anchors(page: Path) -> set[str]:
    """The anchors that the headings of a page have on GitHub."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(generate.PAGES)))
def test_the_links_of_a_page_lead_somewhere(page):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        other = (page.parent / path).resolve() if path else page
        if not other.exists() or (anchor and anchor not in anchors(other)):
            broken.append(link)

    assert broken == []
