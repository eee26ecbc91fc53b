"""A bundle on its way: stage zero as it runs on hosts, over a real line to a child process."""

import hashlib
import os
import time

import pytest

from batou.agent.stage0 import CHUNK
from batou.bundle.manifest import Entry, Manifest
from batou.bundle.tree import Digests, entries_of, walk
from batou.transport.command import Reach
from batou.transport.execnet import open_line
from batou.transport.ship import Shipment, ShippingFailed, packed


@pytest.fixture
def line():
    line, _ = open_line("here", Reach("local", "here"))
    yield line
    line.close()


class Source:
    """A directory that is shipped."""

    def __init__(self, path):
        self.path = path
        path.mkdir()

    def write(self, name, content, mode=0o644):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)

    def manifest(self):
        return Manifest.of(entries_of(str(self.path), walk(str(self.path)), Digests()))

    def read(self, digest):
        path, offset = self.manifest().chunks()[digest]
        with open(self.path / path, "rb") as file:
            file.seek(offset)
            return file.read(CHUNK)

    def sizes(self):
        return {digest: len(self.read(digest)) for digest in self.manifest().chunks()}


@pytest.fixture
def source(tmp_path):
    return Source(tmp_path / "source")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "target"


def ship(line, source, target, manifest=None):
    shipment = Shipment(line, source.read, timeout=20)
    wire = manifest or source.manifest().to_wire()
    account = shipment.ship(str(target), wire, source.sizes(), {"run": "test"})
    return shipment, account


def contents(directory):
    return {
        path: (directory / path).read_bytes()
        for path in walk(str(directory), frozenset({".batou"}))
    }


def test_files_modes_and_links_arrive(line, source, target):
    source.write("a/b.txt", b"hello")
    source.write("run", b"#!/bin/sh\n", 0o755)
    os.symlink("a/b.txt", source.path / "link")

    _, account = ship(line, source, target)

    assert account["changed"] == 3
    assert contents(target)["a/b.txt"] == b"hello"
    assert os.access(target / "run", os.X_OK)
    assert os.readlink(target / "link") == "a/b.txt"


def test_what_is_there_is_not_sent_again(line, source, target):
    source.write("a", b"x" * 5000)
    ship(line, source, target)
    line.close()

    shipment, account = ship_again(source, target)

    assert shipment.sent == 0
    assert account == {"say": "unpacked", "changed": 0, "removed": 0}


def ship_again(source, target, manifest=None):
    line, _ = open_line("here", Reach("local", "here"))
    try:
        return ship(line, source, target, manifest)
    finally:
        line.close()


def test_of_a_large_file_only_the_changed_chunk_is_sent(line, source, target):
    data = bytearray(os.urandom(3 * CHUNK))
    source.write("large", bytes(data))
    ship(line, source, target)
    line.close()
    data[CHUNK + 5] ^= 1
    source.write("large", bytes(data))

    shipment, _ = ship_again(source, target)

    assert CHUNK <= shipment.sent < 1.1 * CHUNK
    assert (target / "large").read_bytes() == bytes(data)


def test_a_renamed_file_is_not_sent_again(line, source, target):
    source.write("old", os.urandom(50_000))
    ship(line, source, target)
    line.close()
    os.rename(source.path / "old", source.path / "new")

    shipment, account = ship_again(source, target)

    assert shipment.sent == 0
    assert account["removed"] == 1
    assert set(contents(target)) == {"new"}


def test_what_left_the_manifest_goes_and_what_is_not_ours_stays(line, source, target):
    source.write("gone/deep/file", b"1")
    source.write("stays", b"2")
    ship(line, source, target)
    line.close()
    (target / "work").mkdir()
    (target / "work/data").write_text("people's")
    (source.path / "gone/deep/file").unlink()

    ship_again(source, target)

    assert contents(target) == {"stays": b"2", "work/data": b"people's"}
    assert not (target / "gone").exists()


def test_a_file_that_somebody_changed_on_the_host_is_made_right(line, source, target):
    source.write("a", b"right")
    ship(line, source, target)
    line.close()
    (target / "a").write_bytes(b"wrong")

    ship_again(source, target)

    assert (target / "a").read_bytes() == b"right"


def test_a_directory_becomes_a_file_and_a_file_a_directory(line, source, target):
    source.write("a/b", b"1")
    source.write("c", b"2")
    ship(line, source, target)
    line.close()
    (source.path / "a/b").unlink()
    (source.path / "a").rmdir()
    (source.path / "c").unlink()
    source.write("a", b"file now")
    source.write("c/d", b"directory now")

    ship_again(source, target)

    assert contents(target) == {"a": b"file now", "c/d": b"directory now"}


def test_what_arrived_before_the_line_broke_is_not_sent_again(line, source, target):
    for number in range(10):
        source.write(f"{number}", os.urandom(100_000))
    manifest = source.manifest()
    line.send({"do": "ship", "target": str(target), "manifest": manifest.to_wire(), "owner": {}})
    lacks = line.receive(10)["objects"]
    for digest in lacks[:9]:
        line.send({"do": "objects", "objects": [(digest, *packed(source.read(digest)))]})
        line.receive(10)
    line.close()

    shipment, _ = ship_again(source, target)

    assert shipment.sent < 110_000
    assert len(contents(target)) == 10
    assert os.listdir(target / ".batou/incoming") == []


@pytest.mark.parametrize(
    "entry",
    [
        {"path": "../evil", "mode": 0o644, "size": 0, "chunks": []},
        {"path": "/etc/evil", "mode": 0o644, "size": 0, "chunks": []},
        {"path": "a/../../evil", "mode": 0o644, "size": 0, "chunks": []},
        {"path": "a//b", "mode": 0o644, "size": 0, "chunks": []},
        {"path": "a\0b", "mode": 0o644, "size": 0, "chunks": []},
        {"path": "", "mode": 0o644, "size": 0, "chunks": []},
        {"path": "link", "link": "/etc"},
        {"path": "link", "link": "../.."},
        {"path": "a/link", "link": "../../x"},
        {"path": "a", "mode": 0o4755, "size": 0, "chunks": []},
        {"path": "a", "mode": 0o644, "size": 5, "chunks": []},
        {"path": "a", "mode": "rw", "size": 0, "chunks": []},
    ],
    ids=lambda entry: repr(entry)[:40],
)
def test_a_manifest_that_leaves_the_target_is_refused(line, source, target, entry):
    with pytest.raises(ShippingFailed):
        ship(line, source, target, {"format": 1, "entries": [entry]})

    assert not [path for path in walk(str(target)) if not path.startswith(".batou/")]


def test_a_manifest_with_a_file_below_a_link_is_refused(line, source, target):
    entries = [{"path": "a", "link": "b"}, Entry("a/c").to_wire()]

    with pytest.raises(ShippingFailed, match="below the file or link"):
        ship(line, source, target, {"format": 1, "entries": entries})


def test_nothing_is_written_through_a_link_that_stands_on_the_host(line, source, target, tmp_path):
    (tmp_path / "outside").mkdir()
    target.mkdir()
    os.symlink(tmp_path / "outside", target / "a")
    source.write("a/b", b"1")

    with pytest.raises(ShippingFailed, match="a link stands in the way"):
        ship(line, source, target)

    assert os.listdir(tmp_path / "outside") == []


def test_a_damaged_chunk_is_refused(line, source, target):
    source.write("a", b"right")
    source.read = lambda digest: b"wrong"

    with pytest.raises(ShippingFailed, match="damaged"):
        ship(line, source, target)

    assert not (target / "a").exists()


def test_a_chunk_that_unpacks_to_too_much_is_refused(line, source, target):
    import zlib

    source.write("a", b"right")
    manifest = source.manifest()
    line.send({"do": "ship", "target": str(target), "manifest": manifest.to_wire(), "owner": {}})
    (digest,) = line.receive(10)["objects"]
    line.send({"do": "objects", "objects": [(digest, zlib.compress(bytes(64 << 20)), True)]})

    answer = line.receive(10)

    assert answer["say"] == "refused"
    assert "too large" in answer["why"]


def test_a_second_run_is_told_who_holds_the_host(line, source, target):
    source.write("a", b"1")
    shipment = Shipment(line, source.read)
    owner = {"who": "alice on laptop", "since": "12:00"}
    shipment.ship(str(target), source.manifest().to_wire(), source.sizes(), owner)

    with pytest.raises(ShippingFailed, match="alice on laptop"):
        ship_again(source, target)


def test_the_lock_goes_with_the_process(line, source, target):
    source.write("a", b"1")
    ship(line, source, target)
    line.close()
    deadline = time.monotonic() + 10

    while True:
        try:
            ship_again(source, target)
            break
        except ShippingFailed:
            assert time.monotonic() < deadline


def test_the_state_is_private(line, source, target):
    source.write("a", b"1")

    ship(line, source, target)

    assert (target / ".batou").stat().st_mode & 0o777 == 0o700


def test_a_target_that_cannot_be_made_is_explained(line, source, tmp_path):
    (tmp_path / "file").write_text("")
    source.write("a", b"1")

    with pytest.raises(ShippingFailed, match=r"Not a directory|File exists"):
        ship(line, source, tmp_path / "file" / "target")


def test_equal_content_has_an_equal_digest_wherever_it_lies(tmp_path):
    one, other = Source(tmp_path / "one"), Source(tmp_path / "other")
    for source in (one, other):
        source.write("b", b"2", 0o755)
        source.write("a", b"1", 0o600)
    os.utime(other.path / "a", (1, 1))

    assert one.manifest().digest == other.manifest().digest
    assert hashlib.sha256(one.manifest().canonical()).hexdigest() == one.manifest().digest


def test_a_manifest_that_the_host_has_is_not_sent_again(line, source, target):
    source.write("a", b"1")
    manifest = source.manifest()
    sent = []

    class Peer:
        host, receive = "here", line.receive

        def send(self, request):
            sent.append(request["do"] if request.get("manifest") is None else "whole")
            line.send(request)

    def ship_by_digest():
        Shipment(Peer(), source.read).ship(
            str(target), manifest.to_wire(), source.sizes(), {}, digest=manifest.digest
        )

    ship_by_digest()
    (target / "a").write_bytes(b"changed by somebody")
    ship_by_digest()

    assert sent == ["ship", "whole", "objects", "ship", "objects"]
    assert (target / "a").read_bytes() == b"1"


class Scripted:
    """A host that answers what it was told to, whatever it is asked."""

    host = "web"

    def __init__(self, *answers):
        self.answers = list(answers)

    def send(self, request):
        pass

    def receive(self, timeout):
        if not self.answers:
            raise TimeoutError
        return self.answers.pop(0)


DIGEST = hashlib.sha256(b"x").hexdigest()


def lacks(*digests):
    return {"say": "lacks", "objects": list(digests)}


def got(size):
    return {"say": "got", "bytes": size}


@pytest.mark.parametrize(
    "answers, why",
    [
        ([lacks("0" * 64)], "it asks for what is not in the bundle"),
        ([lacks(DIGEST, DIGEST)], "it asks for the same more than once"),
        ([lacks(DIGEST), got(0)], "it counts what it got in another way"),
        ([lacks(DIGEST), got(-5)], "it counts what it got in another way"),
        ([lacks(DIGEST), got(2)], "it counts what it got in another way"),
        ([lacks(DIGEST), lacks()], "it did not answer with 'got'"),
        ([got(1)], "it did not answer with 'lacks'"),
        (
            [{"say": "refused", "why": "\x1b[2Jno", "expected": "\x9b2J"}],
            "cannot ship to host 'web': no$",
        ),
    ],
    ids=range(8),
)
def test_a_host_that_does_not_keep_to_the_dialogue(answers, why):
    shipment = Shipment(Scripted(*answers), lambda digest: b"x", timeout=1)

    with pytest.raises(ShippingFailed, match=why):
        shipment.ship("/t", {}, {DIGEST: 1}, {})
