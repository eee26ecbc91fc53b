"""Files that components want on hosts."""

import hashlib

import pytest

from batou.bundle.artifacts import Artifacts
from batou.bundle.bundle import Bundle
from batou.bundle.cache import Cache
from batou.bundle.errors import ArtifactDiffers

DIGEST = hashlib.sha256(b"archive").hexdigest()


@pytest.fixture
def cache(tmp_path):
    return Cache(str(tmp_path / "cache"))


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "archive.tar"
    path.write_bytes(b"archive")
    path.chmod(0o755)
    return path


def test_an_artifact_is_shipped_by_its_content(cache, archive):
    artifacts = Artifacts(cache)

    digest = artifacts.add(archive, DIGEST.upper())

    bundle = Bundle((artifacts.part([DIGEST]),))
    (entry,) = bundle.manifest.entries
    assert digest == DIGEST
    assert (entry.path, entry.mode) == (f".batou/artifacts/{DIGEST}", 0o644)
    assert bundle.read(entry.chunks[0]) == b"archive"


def test_it_is_a_copy(cache, archive):
    artifacts = Artifacts(cache)
    artifacts.add(archive)
    archive.write_bytes(b"changed")

    bundle = Bundle((artifacts.part([DIGEST]),))

    assert bundle.read(bundle.manifest.entries[0].chunks[0]) == b"archive"


def test_the_same_twice_is_shipped_once(cache, archive):
    artifacts = Artifacts(cache)
    artifacts.add(archive)
    artifacts.add(archive)

    assert len(artifacts.part([DIGEST, DIGEST]).entries) == 1


def test_another_checksum_is_an_error(cache, archive, tmp_path):
    artifacts = Artifacts(cache)

    with pytest.raises(ArtifactDiffers) as raised:
        artifacts.add(archive, "0" * 64)

    assert raised.value.rows() == [("Expected", "0" * 64), ("Found", DIGEST)]
    assert artifacts.part([]).entries == ()
    assert list((tmp_path / "cache/artifacts").iterdir()) == []


def test_what_an_earlier_run_has_kept_need_not_be_fetched(cache, archive, tmp_path):
    Artifacts(cache).add(archive)
    later = Artifacts(Cache(str(tmp_path / "cache")))

    found = [later.has(digest) for digest in (DIGEST, "0" * 64)]

    assert found == [True, False]
    assert [entry.path for entry in later.part([DIGEST]).entries] == [DIGEST]


def test_a_file_that_is_not_there_is_an_error(cache, tmp_path):
    with pytest.raises(FileNotFoundError):
        Artifacts(cache).add(tmp_path / "absent")
