"""Known secret values never appear in what is said."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batou.report.events import Failure, Line
from batou.report.masking import MASK, Masker, encodings

SECRET = "p@ss w/ör\"d'\\1"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"mysql://root:{quote(SECRET, safe='')}@db",
        base64.b64encode(SECRET.encode()).decode(),
        repr(SECRET),
        SECRET.encode("unicode_escape").decode(),
    ],
)
def test_a_secret_is_masked_in_every_form(text):
    masked = Masker([SECRET]).mask(text)

    assert MASK in masked
    assert not any(form in masked for form in encodings(SECRET))


def test_every_line_of_a_secret_is_masked():
    masker = Masker(["-----BEGIN KEY-----\n  AAAABBBBCCCC\nDDDDEEEE\n"])

    assert masker.mask("got AAAABBBBCCCC and DDDDEEEE") == "got *** and ***"


def test_the_longer_secret_wins():
    masker = Masker(["secret", "secret-and-more"])

    assert masker.mask("secret-and-more") == MASK


def test_short_values_are_not_masked_for_they_occur_everywhere():
    masker = Masker(["abc", "1"])

    assert not masker
    assert masker.mask("1 abc") == "1 abc"


def test_secrets_can_be_added_later():
    masker = Masker(["first-secret"])
    masker.add(["second-secret"])

    assert masker.mask("first-secret second-secret") == "*** ***"


def test_all_texts_of_an_event_are_masked():
    failure = Failure("hunter2 broke", (("Key", "hunter2"),), "drop hunter2", traceback="hunter2")

    masked = Masker(["hunter2"]).event(failure)

    assert masked == Failure("*** broke", (("Key", "***"),), "drop ***", traceback="***")


def test_an_event_without_secrets_stays_as_it_is():
    event = Line("hello", ("bold",))

    assert Masker(["hunter2"]).event(event) == event
    assert Masker().event(event) is event


@given(st.text(min_size=4).filter(lambda text: len(text.strip()) >= 4), st.text(), st.text())
def test_no_secret_survives_masking(secret, before, after):
    masked = Masker([secret]).mask(before + secret + after)

    assert all(secret not in rest for rest in masked.split(MASK))
