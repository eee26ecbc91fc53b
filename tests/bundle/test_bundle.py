"""A bundle: parts, and where their chunks are read."""

import os

import pytest

from batou.agent.stage0 import CHUNK
from batou.bundle.bundle import Bundle, Part
from batou.bundle.errors import FileChanged
from batou.bundle.tree import Digests


@pytest.fixture
def large(tmp_path):
    data = os.urandom(2 * CHUNK + 10)
    (tmp_path / "large").write_bytes(data)
    (tmp_path / "small").write_bytes(b"small")
    return data


@pytest.fixture
def bundle(tmp_path, large):
    return Bundle((Part.of(str(tmp_path), ["large", "small"], Digests(), "below/here"),))


def test_chunks_are_read_from_the_files(bundle, large):
    entry = bundle.manifest.entries[0]

    data = b"".join(bundle.read(digest) for digest in entry.chunks)

    assert entry.path == "below/here/large"
    assert data == large
    assert [bundle.sizes[digest] for digest in entry.chunks] == [CHUNK, CHUNK, 10]


def test_a_file_that_has_changed_since_is_an_error(bundle, tmp_path):
    (tmp_path / "small").write_bytes(b"other")
    (tmp_path / "large").unlink()

    for entry in bundle.manifest.entries:
        with pytest.raises(FileChanged, match="was changed while it was shipped"):
            bundle.read(entry.chunks[0])


def test_parts_can_be_added(bundle, tmp_path):
    more = bundle.plus(Part.of(str(tmp_path), ["small"], Digests()))

    assert len(more.manifest.entries) == len(bundle.manifest.entries) + 1
    assert more.runtime == bundle.runtime
