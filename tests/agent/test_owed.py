"""Components are known again in the next run."""

import pytest

from batou.agent.journal import EVERYTHING
from batou.agent.owed import Identities, Owed
from batou.component import Component
from batou.report.masking import Masker


class Piece(Component):
    namevar = "name"


class Top(Component):
    def configure(self):
        self += Piece("a")
        self._ += Piece("inner")
        self += Piece("twin")
        self += Piece("twin")
        self += Piece("hunter2")
        self += Piece(object())


CRUMBS = "MyComponent > Top > Piece"


@pytest.fixture
def make(root):
    """Makes the same tree again, as the next run does."""

    def top():
        root.component.sub_components.clear()
        root.component += Top()
        return root.component.sub_components[0]

    return top


def identities(component, *secrets):
    return Identities(component, Masker(secrets).mask)


def names(component, *secrets):
    known = identities(component, *secrets)
    return [known.of(one) for one in (component, *component.recursive_sub_components)]


def test_a_component_is_known_by_its_breadcrumbs_and_twins_by_their_number(make):
    assert names(make())[:5] == [
        "MyComponent > Top",
        "MyComponent > Top > Piece('a')",
        "MyComponent > Top > Piece('a') > Piece('inner')",
        "MyComponent > Top > Piece('twin')",
        "MyComponent > Top > Piece('twin') #2",
    ]


def test_names_are_the_same_in_the_next_run(make):
    assert names(make()) == names(make())


def test_no_secret_is_in_a_name(make):
    assert "hunter2" not in str(names(make(), "hunter2"))


def test_what_is_owed_is_found_again(make):
    top = make()
    owed = Owed(identities(top), {f"{CRUMBS}('twin') #2", f"{CRUMBS}('gone')"})

    assert [owed(piece) for piece in top.sub_components] == [False, False, True, False, False]
    assert owed


def test_everything_means_all(make):
    top = make()

    assert Owed(identities(top), {EVERYTHING})(top.sub_components[0])


def test_nothing_is_owed_by_default(make):
    top = make()

    assert not Owed(identities(top), set())
    assert not Owed(identities(top), set())(top)
