"""Attributes: declared values that an environment may override."""

import functools
import typing

import pytest

from batou.component import NO_DEFAULT, Attribute, Component, ConfigString
from batou.errors import AttributeExpansionError, ConversionError, SilentConfigurationError
from batou.utils import Address


@pytest.fixture
def attached(root):
    """Adds an instance of a class to the root; returns it."""

    def attach(kind, *args, **kw):
        root.component += kind(*args, **kw)
        return root.component._

    return attach


def converted(attached, attribute, text):
    """What *text* from an environment becomes."""
    kind = type("Converting", (Component,), {"attribute": attribute})
    component = attached(kind)
    return kind.attribute.from_config_string(component, text)


class TestConverting:
    @pytest.mark.parametrize(
        "conversion, text, value",
        [
            (str, "text", "text"),
            (int, "5", 5),
            (float, "1.5", 1.5),
            ("literal", "True", True),
            ("literal", "[1, 'a']", [1, "a"]),
            ("literal", "None", None),
            ("list", "", []),
            ("list", "1,2", ["1", "2"]),
            ("list", "3", ["3"]),
            ("list", "  3, 3,", ["3", "3"]),
            ("list", "a\n  b, c", ["a\n  b", "c"]),
            (list, "a, b", ["a", "b"]),
            (list[str], "a, b", ["a", "b"]),
            (bool, "True", True),
            (bool, "no", False),
            (bool, "0", False),
            (bool, "", False),
            (bool, "On", True),
            (typing.Optional[str], "text", "text"),  # noqa: UP045
            (typing.Optional[int], "5", 5),  # noqa: UP045
            (int | None, "5", 5),
            (functools.partial(int, base=2), "101", 5),
            (lambda text: text[::-1], "abc", "cba"),
        ],
    )
    def test_text_becomes_a_value(self, attached, conversion, text, value):
        assert converted(attached, Attribute(conversion), text) == value

    def test_an_address_is_made(self, attached):
        address = converted(attached, Attribute(Address), "{{host.fqdn}}:8080")

        assert str(address) == "localhost:8080"

    def test_without_a_conversion_text_stays_text(self, attached):
        assert converted(attached, Attribute(), "5") == "5"

    def test_templates_are_expanded_before_anything_else(self, attached):
        template = "{% for x in [1, 2] %}{{x}}, {% endfor %}"

        assert converted(attached, Attribute("list"), template) == ["1", "2"]
        assert converted(attached, Attribute("literal"), "[{{1 + 1}}]") == [2]
        assert converted(attached, Attribute(int), "{{component.host.name|length}}") == 9

    def test_expanding_can_be_switched_off(self, attached):
        assert converted(attached, Attribute(expand=False), "{{x}}") == "{{x}}"

    def test_paths_are_mapped_after_expanding(self, attached, root):
        mapped = converted(attached, Attribute(map=True), "var/{{host.name}}.pid")

        assert mapped == f"{root.workdir}/var/localhost.pid"

    def test_a_subclass_may_know_more_conversions(self, attached):
        class Own(Attribute):
            def convert_upper(self, value):
                return value.upper()

        assert converted(attached, Own("upper"), "abc") == "ABC"

    def test_an_unknown_conversion_is_an_error_that_lists_the_known_ones(self):
        with pytest.raises(AttributeError, match="no conversion 'json', only 'list', 'literal'"):
            Attribute("json")
        with pytest.raises(AttributeError, match="5 cannot convert anything"):
            Attribute(5)

    @pytest.mark.parametrize(
        "conversion, text, words",
        [
            (int, "many", "'many'"),
            ("literal", "os.system('x')", "literal"),
            (bool, "maybe", "write True or False"),
            (Address, "localhost", "needs a port"),
            (functools.partial(int, base=2), "3", "int"),
        ],
    )
    def test_what_cannot_be_converted_is_an_error(self, attached, conversion, text, words):
        with pytest.raises(ConversionError) as caught:
            converted(attached, Attribute(conversion), text)

        assert caught.value.key == "attribute"
        assert words in str(caught.value)
        assert caught.value.component_breadcrumbs == "MyComponent > Converting"

    def test_an_assertion_in_a_conversion_is_a_failed_conversion(self, attached):
        def port(value):
            assert 0 < int(value) < 65536, "ports are below 65536"
            return int(value)

        with pytest.raises(ConversionError, match="ports are below 65536"):
            converted(attached, Attribute(port), "100000")

    def test_a_resource_that_is_missing_passes(self, attached):
        def conversion(value):
            raise SilentConfigurationError

        with pytest.raises(SilentConfigurationError):
            converted(attached, Attribute(conversion), "x")

    def test_a_template_that_cannot_be_expanded_is_an_error(self, attached):
        with pytest.raises(AttributeExpansionError) as caught:
            converted(attached, Attribute(), "{{missing}}")

        assert caught.value.key == "attribute"
        assert "missing" in str(caught.value)


class TestDefaults:
    def test_native_defaults_are_used_as_they_are(self, attached):
        class Defaults(Component):
            number = Attribute(int, 25)
            text = Attribute("literal", "True")
            nothing = Attribute(str, None)
            flag = Attribute("literal", default=False)

        component = attached(Defaults)

        assert component.number == 25
        assert component.text == "True"
        assert component.nothing is None
        assert component.flag is False

    def test_a_config_string_is_treated_like_text_of_an_environment(self, attached):
        class Defaults(Component):
            address = Attribute(Address, ConfigString("{{host.fqdn}}:80"))
            listed = Attribute("list", default=ConfigString("a, b"))
            path = Attribute(default=ConfigString("x.pid"), map=True)

        component = attached(Defaults)

        assert str(component.address) == "localhost:80"
        assert component.address is component.address
        assert component.listed == ["a", "b"]
        assert component.path == component.map("x.pid")

    def test_a_config_string_that_cannot_be_converted_names_the_attribute_of_the_subclass(
        self, attached
    ):
        class Base(Component):
            port = Attribute(int, ConfigString("many"))

        class Derived(Base):
            pass

        with pytest.raises(ConversionError) as caught:
            attached(Derived).port
        assert caught.value.key == "port"

    @pytest.mark.parametrize("default", [[], {}, set(), [[1]], {"a": []}])
    def test_mutable_defaults_are_not_shared(self, attached, default):
        class Mutable(Component):
            value = Attribute(default=default)

        first, second = attached(Mutable), attached(Mutable)

        assert first.value == second.value == default
        assert first.value is not second.value
        assert first.value is first.value
        assert first.value is not default

    def test_without_a_default_there_is_no_value(self, attached):
        class Needy(Component):
            port = Attribute(int)

        with pytest.raises(AttributeError) as caught:
            attached(Needy).port
        assert "'port'" in str(caught.value)
        assert "Needy" in str(caught.value)
        assert not hasattr(attached(Needy), "port")

    def test_the_class_gives_the_attribute_itself(self):
        class Defaults(Component):
            number = Attribute(int, 25, expand=False, map=True)

        attribute = Defaults.number
        assert isinstance(attribute, Attribute)
        assert (attribute.conversion, attribute.default) == (int, 25)
        assert (attribute.expand, attribute.map) == (False, True)
        assert attribute.names == {Defaults: "number"}
        assert Attribute().default is NO_DEFAULT


class TestAssigning:
    def test_what_is_assigned_is_not_converted(self, attached):
        class Assigned(Component):
            number = Attribute(int, 25)

            def configure(self):
                self.number = "5"

        assert attached(Assigned).number == "5"

    def test_text_from_elsewhere_can_be_converted(self, attached):
        class Assigned(Component):
            number = Attribute(int)

            def configure(self):
                self.number = type(self).number.from_config_string(self, "{{5}}")

        assert attached(Assigned).number == 5

    def test_each_instance_has_its_own_value(self, attached):
        class Assigned(Component):
            value = Attribute(default=0)

        first, second = attached(Assigned), attached(Assigned)
        first.value = 1

        assert (first.value, second.value) == (1, 0)

    def test_values_are_inherited_with_the_attribute(self, attached):
        class Base(Component):
            value = Attribute(int, 1)

        class Derived(Base):
            value = Attribute(int, 2)

        class Plain(Base):
            value = 3

        assert [attached(kind).value for kind in (Base, Derived, Plain)] == [1, 2, 3]

    def test_one_attribute_may_have_several_names(self, attached):
        shared = Attribute(int, 1)

        class One(Component):
            a = shared

        class Two(Component):
            b = shared

        class Both(One):
            c = One.a

        assert attached(One, a=5).a == 5
        assert attached(Two, b=6).b == 6
        assert attached(Both, c=7).c == 7

    def test_an_attribute_put_into_the_class_later_works(self, attached):
        class Late(Component):
            pass

        Late.value = Attribute(int, 1)

        assert attached(Late).value == 1
        assert attached(Late, value=2).value == 2

    def test_an_attribute_of_no_class_has_no_name(self):
        assert Attribute().name_in(Component) == "<unknown>"
