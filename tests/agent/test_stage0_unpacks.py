"""A target becomes as its manifest says, or stays as it was."""

import json
import os
import subprocess
import sys
import threading

import pytest

from batou.agent.stage0 import CHUNK, Refused, Target


def test_files_links_and_modes(far, target):
    files = {"a/b": b"1", "c": b"", "d": "a/b"}

    answer = far.ship(target, files)

    assert answer == {"say": "unpacked", "changed": 3, "removed": 0}
    assert far.tree(target) == files
    assert far.ship(target, files) == {"say": "unpacked", "changed": 0, "removed": 0}


@pytest.mark.parametrize(
    "before, after",
    [
        ({"a": b"1"}, {"a/b": b"2"}),
        ({"a": b"1"}, {"a/b/c": b"2"}),
        ({"a/b": b"1", "a/c/d": b"2"}, {"a": b"3"}),
        ({"a": "b", "b": b"1"}, {"a": b"2", "b": b"1"}),
        ({"a": b"1", "b": b"2"}, {"a": "b", "b": b"2"}),
        ({"a/b": b"1", "c": b"2"}, {"a": "c", "c": b"2"}),
        ({"a": "c", "c/d": b"2"}, {"a/e/d": b"1", "c/d": b"2"}),
        ({"a": "b"}, {"a": "c"}),
        ({"a/b": "../c", "c": b"1"}, {}),
    ],
    ids=lambda files: str(sorted(files)),
)
def test_what_was_shipped_gives_way_to_what_is_shipped_now(far, target, before, after):
    far.ship(target, before)

    assert far.ship(target, after)["say"] == "unpacked"

    assert far.tree(target) == after
    assert far.ship(target, after)["changed"] == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("people's"),
        lambda path: path.symlink_to("elsewhere"),
        lambda path: path.symlink_to("/"),
    ],
    ids=["file", "dangling link", "link"],
)
def test_what_others_put_in_the_way_of_a_directory_stays(far, target, make):
    far.ship(target, {"b": b"1"})
    make(target / "a")

    answer = far.ship(target, {"a/etc/x": b"2", "b": b"3"})

    assert answer["say"] == "refused"
    assert "in the way of 'a/etc/x'" in answer["why"]
    assert (target / "b").read_bytes() == b"1"
    assert os.path.lexists(target / "a")
    assert not os.path.exists("/etc/x")


def test_a_directory_with_peoples_files_does_not_become_a_file(far, target):
    far.ship(target, {"a/b": b"1"})
    (target / "a/mine").write_text("people's")

    answer = far.ship(target, {"a": b"2"})

    assert answer["say"] == "refused"
    assert "nothing in it but what was shipped" in answer["expected"]
    assert (target / "a/mine").read_text() == "people's"
    assert far.ship(target, {"a/b": b"1"})["say"] == "unpacked"
    assert far.tree(target) == {"a/b": b"1", "a/mine": b"people's"}


def test_a_link_in_place_of_a_file_is_replaced_not_followed(far, target, tmp_path):
    (tmp_path / "outside").write_text("outside")
    far.ship(target, {"a": b"1"})
    (target / "a").unlink()
    (target / "a").symlink_to(tmp_path / "outside")
    (target / "a.batou-new").symlink_to(tmp_path / "outside")

    far.ship(target, {"a": b"2"})

    assert far.tree(target) == {"a": b"2"}
    assert (tmp_path / "outside").read_text() == "outside"


def test_a_link_in_place_of_the_state_is_refused(far, target, tmp_path):
    (tmp_path / "outside").mkdir()
    target.mkdir(parents=True)
    (target / ".batou").symlink_to(tmp_path / "outside")

    answer = far.ship(target, {"a": b"1"})

    assert answer["say"] == "refused"
    assert "is a link" in answer["why"]
    assert os.listdir(tmp_path / "outside") == []


def test_a_pipe_in_place_of_a_file_does_not_stop_anything(far, target):
    far.ship(target, {"a": b"1"})
    (target / "a").unlink()
    os.mkfifo(target / "a")

    assert far.ship(target, {"a": b"1"})["say"] == "unpacked"
    assert far.tree(target) == {"a": b"1"}


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1, "b": [1, 2, 3, "x"]}', "[[[[", "\0"])
@pytest.mark.parametrize("name", ["index", "manifest", "unpacking"])
def test_a_damaged_state_costs_time_only(far, target, name, text):
    files = {"a": b"1", "b": b"2"}
    far.ship(target, files)
    (target / ".batou" / name).write_text(text)

    assert far.ship(target, files)["say"] == "unpacked"
    assert far.tree(target) == files


def test_directories_of_others_are_not_read(far, target, monkeypatch):
    files = {"a/b": b"1", "c/d": b"2"}
    far.ship(target, files)
    (target / "work/many").mkdir(parents=True)
    read = []

    def spying(real):
        def spy(path="."):
            read.append(str(path))
            return real(path)

        return spy

    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, spying(getattr(os, name)))

    far.ship(target, {"a": b"3", "c/d": b"4"})

    assert read
    assert {path for path in read if not path.startswith(str(target / ".batou"))} == set()


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_a_file_where_the_target_should_be_is_told(far, tmp_path, path):
    (tmp_path / "file").write_text("people's")

    answer = far.ship(tmp_path / path, {"a": b"1"})

    assert answer["say"] == "refused"
    assert str(tmp_path / "file") in answer["why"]
    assert answer["expected"] == "a directory"
    assert (tmp_path / "file").read_text() == "people's"


# Interrupted


KILLED = """
import os, sys
import importlib.util
spec = importlib.util.spec_from_file_location("far", sys.argv[1])
far = importlib.util.module_from_spec(spec)
spec.loader.exec_module(far)
rename = os.rename
def killed(source, place):
    if place.endswith(sys.argv[3]):
        os._exit(9)
    rename(source, place)
os.rename = killed
far.ship(sys.argv[2], {"a": b"A", "b": b"B", "c/d": b"D", "new": b"N"})
"""


def test_an_unpacking_that_was_killed_is_made_good(far, target):
    far.ship(target, {"a": b"1", "b": b"2", "c": b"3"})

    words = [sys.executable, "-c", KILLED, far.__file__, str(target), "/b"]
    assert subprocess.run(words, check=False, timeout=60).returncode == 9

    assert far.tree(target)["a"] == b"A"
    after = {"a": b"A", "b": b"B", "c": b"3"}
    told = far.answers(far.request(target, after), files=after)
    assert told[0] == {"say": "lacks", "objects": []}
    assert far.tree(target) == after
    assert os.listdir(target / ".batou/incoming") == []


# No room


LIMITED = """
import resource, sys
import importlib.util
spec = importlib.util.spec_from_file_location("far", sys.argv[1])
far = importlib.util.module_from_spec(spec)
spec.loader.exec_module(far)
import json
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
print(json.dumps(far.ship(sys.argv[2], {"a": b"new", "b": b"x" * 2_000_000})))
"""


def test_a_file_that_cannot_be_written_leaves_the_old_tree(far, target):
    before = {"a": b"old", "c": b"stays"}
    far.ship(target, before)

    words = [sys.executable, "-c", LIMITED, far.__file__, str(target)]
    answer = json.loads(subprocess.run(words, check=True, capture_output=True, timeout=60).stdout)

    assert answer["say"] == "refused"
    assert "File too large" in answer["why"]
    assert far.tree(target) == before


IN_MOUNT = """
mount -t tmpfs -o size={size} tmpfs "$1" || exit 77
{then}
"""

FULL = """
import json, os, sys
import importlib.util
spec = importlib.util.spec_from_file_location("far", sys.argv[1])
far = importlib.util.module_from_spec(spec)
spec.loader.exec_module(far)
target = sys.argv[2] + "/deployment"
old = {"a": b"old"}
far.ship(target, old)
if sys.argv[3] == "full":
    files = {"a": b"new", "b": os.urandom(3_000_000)}
    while_arriving = far.ship(target, files)
    kept = os.listdir(target + "/.batou/incoming")
    files = {"a": b"new", "b": os.urandom(1_000_000), "c": os.urandom(800_000)}
    for name in kept:
        os.remove(target + "/.batou/incoming/" + name)
    while_unpacking = far.ship(target, files)
    print(json.dumps([while_arriving, kept, while_unpacking, far.tree(target) == old]))
else:
    os.system(f"mount -o remount,ro {sys.argv[2]}")
    print(json.dumps([far.ship(target, {"a": b"new"}), far.ship(target + "2", old)]))
"""


def in_mount(far, tmp_path, kind, size):
    """Run FULL on a file system of its own."""
    script = IN_MOUNT.format(size=size, then='exec "$2" -c "$3" "$4" "$1" "$5"')
    (tmp_path / "disk").mkdir()
    words = ["sh", "-c", script, "sh", str(tmp_path / "disk"), sys.executable, FULL, far.__file__]
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    done = subprocess.run(
        [*unshare, *words, kind], check=False, capture_output=True, text=True, timeout=100
    )
    if done.returncode in (1, 77) and ("unshare" in done.stderr or "mount:" in done.stderr):
        pytest.skip(f"no file systems can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.needs("unshare", "mount")
def test_a_full_disk_leaves_the_old_tree_and_no_temporary_files(far, tmp_path):
    arriving, kept, unpacking, is_old = in_mount(far, tmp_path, "full", "2600k")

    for answer in (arriving, unpacking):
        assert answer["say"] == "refused"
        assert "No space left" in answer["why"]
        assert answer["expected"] == "free space on the file system"
    assert kept
    assert not [name for name in kept if len(name) != 64]
    assert is_old


@pytest.mark.needs("unshare", "mount")
def test_a_file_system_that_cannot_be_written_is_told(far, tmp_path):
    for answer in in_mount(far, tmp_path, "read-only", "2600k"):
        assert answer["say"] == "refused"
        assert "Read-only file system" in answer["why"]
        assert answer["expected"] == "a file system that can be written to"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_told(far, tmp_path):
    tmp_path.chmod(0o500)

    answer = far.ship(tmp_path / "deployment", {"a": b"1"})

    tmp_path.chmod(0o700)
    assert answer["expected"] == "a directory that this user may write to"


# The lock


OWNER = {"who": "anna", "from": "laptop", "pid": 7, "since": "2026-01-01 10:00", "run": "r1"}


def test_who_comes_second_is_told_who_was_first(far, target):
    first = Target(str(target), OWNER)

    answer = far.ship(target, {"a": b"1"}, who="bert")

    assert answer["say"] == "refused"
    assert answer["why"] == (
        "another run holds this host: anna, from laptop, process 7, since 2026-01-01 10:00, run r1"
    )
    first.release()
    assert far.ship(target, {"a": b"1"}, who="bert")["say"] == "unpacked"


def test_who_is_patient_waits(far, target):
    first = Target(str(target), OWNER)
    told = []
    second = threading.Thread(
        target=lambda: told.append(far.ship(target, {"a": b"1"}, who="bert", patience=100))
    )
    second.start()

    first.release()
    second.join(100)

    assert told[0]["say"] == "unpacked"


def test_a_plan_does_not_wait_for_a_deployment(far, target):
    deployment = Target(str(target), OWNER)

    plan = Target(str(target / ".batou/prediction"), {"who": "bert"})

    with pytest.raises(Refused, match="another run holds this host: bert"):
        Target(str(target / ".batou/prediction"), {"who": "carla"})
    deployment.release()
    plan.release()


def test_a_run_that_died_holds_nothing(far, target):
    Target(str(target), OWNER).release()

    assert far.ship(target, {"a": b"1"})["say"] == "unpacked"


def test_chunks_are_as_large_as_the_bundle_makes_them(far, target):
    files = {"a": os.urandom(2 * CHUNK + 1), "b": os.urandom(CHUNK)}

    assert far.ship(target, files)["say"] == "unpacked"
    assert far.tree(target) == files
