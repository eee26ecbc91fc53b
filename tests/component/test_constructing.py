"""Constructing components: which arguments they take, and what they are before they are added."""

import pytest

from batou.component import Attribute, Component, ConfigString
from batou.component.prepare import watching_creation
from batou.report.timing import Timer


class Plain(Component):
    text = "default"
    number: int = 0
    annotated: str
    listed = Attribute("list", [])

    def method(self):
        pass

    @property
    def computed(self):
        return "computed"


class Named(Component):
    namevar = "path"
    mode = None


def test_a_component_that_does_nothing_needs_no_tree():
    component = Component()

    component.configure()
    component.verify()
    component.update()

    assert not hasattr(component, "sub_components")
    assert not hasattr(component, "parent")


def test_keywords_are_attributes_of_the_class():
    component = Plain(text="given", number=5)

    assert (component.text, component.number) == ("given", 5)
    assert (Plain.text, Plain.number) == ("default", 0)


def test_keywords_may_be_inherited():
    class Derived(Plain):
        pass

    assert Derived(text="given").text == "given"


def test_unknown_keywords_are_an_error_that_names_all_of_them():
    with pytest.raises(ValueError, match="Plain has no attribute 'txet', 'foo'") as caught:
        Plain(txet=1, foo=2, number=3)

    assert "did you mean 'text'?" in str(caught.value)


@pytest.mark.parametrize("name", ["method", "configure", "annotated", "_nothing"])
def test_neither_methods_nor_bare_annotations_are_keywords(name):
    with pytest.raises(ValueError, match=f"Plain has no attribute '{name}'"):
        Plain(**{name: 1})


def test_a_property_is_accepted_and_wins():
    assert Plain(computed="given").computed == "computed"


def test_an_attribute_put_into_the_class_later_is_a_keyword():
    class Library(Component):
        pass

    Library.checksum = ""
    Library.systemd = Attribute(dict, None)

    component = Library(checksum="abc", systemd={"a": 1})
    assert (component.checksum, component.systemd) == ("abc", {"a": 1})


def test_the_namevar_is_given_without_keyword():
    assert Named("x").path == "x"
    assert Named("x", mode=0o600).mode == 0o600
    assert Named(namevar="x").path == "x"


@pytest.mark.parametrize("value", ["", 0, False, [], b"x"])
def test_the_namevar_may_be_anything_but_none(value):
    assert Named(value).path == value


def test_the_namevar_must_be_given():
    for arguments in ((), (None,)):
        with pytest.raises(ValueError, match="Named needs a value for its namevar 'path'"):
            Named(*arguments)


def test_the_namevar_needs_no_attribute_and_then_is_no_keyword():
    with pytest.raises(ValueError, match="'path'"):
        Named(path="x")


def test_the_namevar_may_be_an_attribute():
    class Download(Component):
        namevar = "uri"
        uri = Attribute()

    assert Download("https://example.com").uri == "https://example.com"


def test_without_namevar_only_keywords_are_taken():
    with pytest.raises(ValueError, match=r"Plain takes keywords only, .* for 'x'"):
        Plain("x")


@pytest.mark.parametrize("value", [None, "", 0])
def test_without_namevar_something_empty_is_ignored(value):
    assert Plain(value).text == "default"


def test_a_subclass_may_make_its_namevar_optional():
    class Optional(Component):
        namevar = "name"

        def __init__(self, namevar=None, **kw):
            super().__init__(namevar or "fallback", **kw)

    assert Optional().name == "fallback"
    assert Optional("given").name == "given"


def test_values_given_are_not_converted():
    assert Plain(listed="a, b").listed == "a, b"


def test_a_value_given_can_be_read_before_the_component_is_added():
    assert Plain(listed=["a"]).listed == ["a"]


def test_a_component_has_a_timer_of_its_class():
    component = Plain()

    assert isinstance(component.timer, Timer)
    assert component.timer.tag == "Plain"
    assert component.timer is component.timer


def test_class_attributes_have_their_defaults():
    component = Component()

    assert (component.namevar, component.workdir, component._) == (None, None, None)
    assert component.changed is False
    assert component._prepared is False


class TestUnattached:
    def test_it_has_no_surroundings(self):
        component = Plain()

        for name in ("parent", "root", "host", "environment", "defdir", "sub_components"):
            with pytest.raises(AttributeError):
                getattr(component, name)

    def test_it_has_a_repr(self):
        assert repr(Named("x")) == "<Named (unattached) \"Named('x')\">"

    def test_nothing_can_be_added_to_it(self):
        with pytest.raises(AttributeError, match="Plain is not part of a tree yet"):
            Plain() + Component()

    def test_a_default_that_needs_a_tree_cannot_be_read(self):
        class WithTemplate(Component):
            name = Attribute(default=ConfigString("{{host.name}}"))

        with pytest.raises(AttributeError):
            WithTemplate().name

    def test_a_missing_value_is_an_error_that_names_attribute_and_class(self):
        class Needy(Component):
            port = Attribute(int)

        with pytest.raises(AttributeError, match=r"attribute 'port' of .*Needy.* has no value"):
            Needy().port

    def test_a_missing_namevar_value_is_an_error_too(self):
        class Needy(Component):
            namevar = "name"
            name = Attribute()

        with pytest.raises(AttributeError, match="attribute 'name' of Needy has no value"):
            Needy.__new__(Needy).name


def test_creation_is_noted_with_its_place_only_while_somebody_watches():
    class Constructed(Plain):
        def __init__(self):
            super().__init__(text="x")

    Plain()
    with watching_creation() as created:
        first = Plain()
        second = Constructed()
    Plain()

    assert [creation.component for creation in created] == [first, second]
    assert {creation.path for creation in created} == {__file__}
    assert created[1].line == created[0].line + 1
