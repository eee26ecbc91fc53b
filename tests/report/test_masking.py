"""Known secret values never appear in what is said."""

import base64
import html
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from batou.report.encodings import encodings, pieces
from batou.report.events import Failure, Line
from batou.report.masking import MASK, Masker

SECRET = "p@ss w/ör\"d'\\1"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"mysql://root:{quote(SECRET, safe='')}@db",
        base64.b64encode(SECRET.encode()).decode(),
        repr(SECRET),
        SECRET.encode("unicode_escape").decode(),
        f"q={quote_plus(SECRET)}&x=1",
        json.dumps({"password": SECRET}),
        json.dumps({"password": SECRET}, ensure_ascii=False),
        f"sh -c {shlex.quote(SECRET)}",
        repr(SECRET.encode()),
        html.escape(SECRET),
        SECRET.encode().hex(),
        "'" + SECRET.replace("'", "''") + "'",
    ],
)
def test_a_secret_is_masked_in_every_form(text):
    masked = Masker([SECRET]).mask(text)

    assert MASK in masked
    assert not any(form in masked for form in encodings(SECRET))


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize("after", ["", "!", "!!", "!!!"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_is_masked_inside_of_base64_wherever_it_begins(before, after, encode):
    secret = "n0body-kn?ws>me"

    coded = encode((before + secret + after).encode()).decode()
    masked = Masker([secret]).mask(coded)

    assert MASK in masked
    assert len(masked) - len(MASK) <= len(coded) - len(secret) * 4 // 3 + 1


def test_a_long_secret_is_masked_in_base64_that_is_broken_into_lines():
    secret = "".join(f"{number:x}." for number in range(500))
    masker = Masker([secret])

    lines = base64.encodebytes(secret.encode()).decode().splitlines()

    assert len(lines) > 20
    assert {masker.mask(line).rstrip("=") for line in lines} == {MASK}


def test_bytes_are_masked_where_they_are_encoded():
    raw = b"\xff\xfe\x00secret\x80"

    masked = Masker([raw]).mask(f"{raw.hex()} {base64.b64encode(raw).decode()}")

    assert masked == f"{MASK} {MASK}=="


class Counting(dict):
    """A dictionary that counts how often it is asked."""

    asked = 0

    def __contains__(self, key):
        self.asked += 1
        return super().__contains__(key)


@pytest.mark.parametrize("number", [1, 100, 5_000])
def test_the_work_depends_on_the_text_and_not_on_the_number_of_secrets(number):
    masker = Masker(f"{n:x}-secret-{n}" for n in range(number))
    masker._starts = counting = Counting(masker._starts)
    text = "nothing to see here, move along" * 10

    assert masker.mask(text) == text
    assert counting.asked <= len(text)


def test_secrets_that_begin_alike_are_told_apart():
    masker = Masker([f"password-{number}" for number in range(100)])

    assert masker.mask("password-7 password-77 password-x") == "*** *** password-x"


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


@pytest.mark.parametrize("word", ["true", "False", "none", "NULL"])
def test_words_that_occur_everywhere_are_not_masked(word):
    assert Masker([word]).mask(f"debug = {word}") == f"debug = {word}"


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
    assume(pieces(secret))  # "null" and the like are not masked

    masked = Masker([secret]).mask(before + secret + after)

    assert all(secret not in rest for rest in masked.split(MASK))
