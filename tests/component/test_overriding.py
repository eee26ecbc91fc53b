"""Overrides: what an environment says about root components, and who wins."""

import pytest

from batou.component import Attribute, Component, ConfigString
from batou.environment import Secret
from batou.errors import (
    AttributeExpansionError,
    ConversionError,
    Location,
    MissingOverrideAttributes,
)


class App(Component):
    port = Attribute(int, 80)
    name = "plain"
    mode = Attribute(default=ConfigString("{{component.name}}"))

    @property
    def url(self):
        return f"http://{self.port}"

    @property
    def settable(self):
        return self._settable

    @settable.setter
    def settable(self, value):
        self._settable = value

    def method(self):
        pass


def test_text_becomes_the_value_of_an_attribute(prepared):
    assert prepared(App, {"port": "{{80 + 1}}"}).port == 81


def test_plain_attributes_get_the_text_as_it_is(prepared):
    assert prepared(App, {"name": "{{80 + 1}}"}).name == "{{80 + 1}}"


def test_without_overrides_defaults_stay(prepared):
    component = prepared(App)

    assert (component.port, component.name) == (80, "plain")


def test_overrides_see_each_other_in_templates(prepared):
    assert prepared(App, {"name": "first", "mode": "{{component.name}}!"}).mode == "first!"


def test_overrides_are_there_when_configure_runs(prepared):
    class Using(App):
        def configure(self):
            self.doubled = self.port * 2

    assert prepared(Using, {"port": "4"}).doubled == 8


def test_configure_has_the_last_word(prepared):
    class Assigning(App):
        def configure(self):
            self.port = 5

    assert prepared(Assigning, {"port": "4"}).port == 5


def test_arguments_of_the_constructor_win_over_overrides_of_attributes(prepared):
    class Fixed(App):
        def __init__(self):
            super().__init__(port=443, name="fixed")

    component = prepared(Fixed, {"port": "4", "name": "overridden"})

    assert component.port == 443
    assert component.name == "overridden"


def test_a_default_that_was_read_before_is_overridden_all_the_same(prepared):
    class Reading(App):
        def __init__(self):
            super().__init__()
            self.seen = self.port

    component = prepared(Reading, {"port": "4"})

    assert (component.seen, component.port) == (80, 4)


def test_what_the_constructor_assigns_is_overridden(prepared):
    class Assigning(App):
        def __init__(self):
            super().__init__()
            self.port = 5

    assert prepared(Assigning, {"port": "4"}).port == 4
    assert prepared(Assigning).port == 5


def test_a_component_that_is_prepared_again_takes_new_overrides(make_root):
    root = make_root(App, {"port": "4"})
    root.prepare()
    component = root.component
    assert component.port == 4

    root.overrides = {"port": "5"}
    component.prepare(root)
    assert component.port == 5


def test_sub_components_are_not_overridden(prepared):
    class Outer(App):
        def configure(self):
            self += App()

    component = prepared(Outer, {"port": "4"})

    assert component.port == 4
    assert component._.port == 80


def test_the_work_directory_can_be_overridden(prepared):
    assert prepared(App, {"workdir": "/srv/app"}).workdir == "/srv/app"


def test_a_property_that_can_be_set_is(prepared):
    assert prepared(App, {"settable": "x"}).settable == "x"


@pytest.mark.parametrize("name", ["method", "configure", "url", "host", "timer", "nope"])
def test_what_is_no_attribute_cannot_be_overridden(prepared, name):
    with pytest.raises(MissingOverrideAttributes) as caught:
        prepared(App, {name: "x"})

    assert caught.value.attributes == [name]


def test_all_missing_attributes_are_named_and_the_others_set(make_root):
    root = make_root(App, {"prot": "1", "port": "4", "nmae": "x"})
    with pytest.raises(MissingOverrideAttributes) as caught:
        root.prepare()

    assert caught.value.attributes == ["prot", "nmae"]
    assert caught.value.affected_hostname == "localhost"
    assert "port" in caught.value.known
    assert root.component.port == 4


def test_an_error_knows_where_the_override_stands(make_root):
    root = make_root(App, {"port": "many"})
    root.environment._override_locations["app", "port"] = Location("environment.cfg", 7)

    with pytest.raises(ConversionError) as caught:
        root.prepare()
    assert caught.value.location == Location("environment.cfg", 7)

    root.overrides = {"nope": "x"}
    root.environment._override_locations["app", "nope"] = Location("environment.cfg", 9)
    with pytest.raises(MissingOverrideAttributes) as caught:
        root.prepare()
    assert "environment.cfg:9" in str(caught.value.failure())


def test_a_secret_is_never_shown_in_an_error(prepared):
    with pytest.raises(ConversionError) as caught:
        prepared(App, {"port": Secret("hunter2")})
    assert "hunter2" not in str(caught.value.failure())

    with pytest.raises(AttributeExpansionError) as caught:
        prepared(App, {"mode": Secret("{{hunter2")})
    assert "{{hunter2" not in str(caught.value.failure())


def test_a_secret_is_plain_text_for_the_component(prepared):
    component = prepared(App, {"name": Secret("hunter2"), "mode": Secret("0600")})

    assert (type(component.name), repr(component.name)) == (str, "'hunter2'")
    assert type(component.mode) is str


class TestFeatures:
    class Featured(Component):
        features = ["all"]

    def test_selected_features_replace_those_of_the_class(self, prepared):
        assert prepared(self.Featured, features=["a", "b"]).features == ["a", "b"]

    def test_without_selection_those_of_the_class_stay(self, prepared):
        assert prepared(self.Featured).features == ["all"]
        assert not hasattr(prepared(Component), "features")

    def test_an_attribute_can_hold_them(self, prepared):
        class Declared(Component):
            features = Attribute("list", [])

            def configure(self):
                self.seen = list(self.features)

        assert prepared(Declared, features=["a"]).seen == ["a"]
        assert prepared(Declared).seen == []
