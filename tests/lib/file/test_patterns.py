"""Exclude patterns, and the same asked of rsync itself."""

import subprocess
from pathlib import Path

import pytest

from batou.lib.file.patterns import excluder

PATHS = [
    "a.txt",
    "b.pyc",
    "build/",
    "build/x.o",
    "doc/",
    "doc/a.txt",
    "doc/sub/",
    "doc/sub/a.txt",
    "doc/sub/deep/",
    "doc/sub/deep/z",
    "src/",
    "src/build/",
    "src/build/y",
    "src/b.pyc",
    "src/[x]",
    "src/star*",
    "x1",
    "x2",
    "xx",
]

PATTERNS = [
    "*.pyc",
    "a.txt",
    "/a.txt",
    "build",
    "build/",
    "/build/",
    "src/build",
    "doc/*.txt",
    "doc/**",
    "/doc/**.txt",
    "doc/***",
    "sub/*",
    "**/z",
    "doc/**/z",
    "x?",
    "x[0-9]",
    "x[!0-9]",
    "x[^1]",
    "*",
    "/*",
    "src/\\[x\\]",
    "star\\*",
    "nothing",
    "a.txt/",
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tree")
    for path in PATHS:
        if path.endswith("/"):
            (top / path).mkdir()
        else:
            (top / path).touch()
    return top


def kept(pattern: str) -> set[str]:
    """The paths that remain; what is in an excluded directory is excluded, too."""
    is_excluded = excluder([pattern])
    found: set[str] = set()
    for path in PATHS:
        name, is_directory = path.rstrip("/"), path.endswith("/")
        parent = name.rpartition("/")[0]
        if (not parent or f"{parent}/" in found) and not is_excluded(name, is_directory):
            found.add(path)
    return found


@pytest.mark.parametrize(
    ("pattern", "excluded"),
    [
        ("*.pyc", {"b.pyc", "src/b.pyc"}),
        ("/a.txt", {"a.txt"}),
        ("build", {"build/", "build/x.o", "src/build/", "src/build/y"}),
        ("/build/", {"build/", "build/x.o"}),
        ("doc/*.txt", {"doc/a.txt"}),
        ("sub/*", {"doc/sub/a.txt", "doc/sub/deep/", "doc/sub/deep/z"}),
        ("x[!0-9]", {"xx"}),
        ("star\\*", {"src/star*"}),
        ("a.txt/", set()),
        ("nothing", set()),
    ],
)
def test_a_pattern_excludes(pattern: str, excluded: set[str]) -> None:
    assert set(PATHS) - kept(pattern) == excluded


def test_several_patterns_add_up_and_empty_ones_do_not_count() -> None:
    is_excluded = excluder(["", "a", "b/"])

    assert [is_excluded(name, is_dir) for name, is_dir in [("a", False), ("b", True)]] == [
        True,
        True,
    ]
    assert not is_excluded("b", False)


@pytest.mark.needs("rsync")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_rsync_agrees(tree: Path, pattern: str) -> None:
    listing = subprocess.run(
        ["rsync", "-r", "--list-only", f"--exclude={pattern}", f"{tree}/"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()

    found = set()
    for line in listing:
        kind, *_, name = line.split(maxsplit=4)
        if name != ".":
            found.add(name + "/" if kind.startswith("d") else name)
    assert kept(pattern) == found
