"""What nobody owns any more is known by its process."""

import subprocess
import sys
from dataclasses import replace

from batou.testing.leftovers import Owner, Thing

TELL = "from batou.testing.leftovers import Owner; print(Owner.here())"


def test_this_process_is_not_gone():
    assert not Owner.here().is_gone


def test_a_process_that_has_ended_is_gone():
    done = subprocess.run([sys.executable, "-c", TELL], stdout=subprocess.PIPE, text=True)

    owner = Owner.parse(done.stdout.strip())

    assert owner is not None
    assert owner.is_gone


def test_a_later_process_with_the_same_number_is_another():
    assert replace(Owner.here(), start="1").is_gone


def test_of_processes_of_other_machines_nothing_is_known():
    assert not replace(Owner.here(), boot="other", start="1").is_gone
    assert not replace(Owner.here(), namespace="pid:[1]", start="1").is_gone


def test_an_owner_is_a_text_in_a_label():
    assert Owner.parse(str(Owner.here())) == Owner.here()
    assert Owner.parse("nonsense") is None


def test_what_is_kept_is_left_over_only_if_asked_for():
    gone = replace(Owner.here(), start="1")
    thing = Thing("container", "1", "batou-1-web1", "1", "web1", gone, is_kept=True)

    assert not thing.is_left_over()
    assert thing.is_left_over(kept=True)
    assert not replace(thing, owner=Owner.here()).is_left_over(kept=True)
    assert not replace(thing, owner=None).is_left_over(kept=True)
