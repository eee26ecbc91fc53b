"""Every example of the README and of docs/ does what the page says."""

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("pages", Path(__file__).with_name("pages.py"))
pages = importlib.util.module_from_spec(spec)
sys.modules["pages"] = pages
spec.loader.exec_module(pages)

DOCS = sorted([*pages.ROOT.glob("*.md"), *pages.ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(pages.ROOT)))
def test_the_examples_of_a_page_do_what_it_says(
    page: Path, tmp_path: Path, require_program: Callable[..., None]
) -> None:
    for programs in re.findall(r"^<!-- needs: (.*) -->$", page.read_text(encoding="utf-8"), re.M):
        require_program(*programs.split())
    session = pages.Session(tmp_path)

    for block in pages.blocks(page):
        session.run(block)


def test_every_block_in_the_docs_has_a_language() -> None:
    bare = [
        pages.place(block)
        for page in DOCS
        for block in pages.blocks(page)
        if not block.language and not block.project
    ]

    assert bare == []
