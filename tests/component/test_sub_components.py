"""Adding components to components."""

import pytest

from batou.component import Component


class Part(Component):
    namevar = "name"

    def configure(self):
        self.count = getattr(self, "count", 0) + 1


def test_adding_appends_and_remembers_the_last(root):
    first, second = Part("a"), Part("b")
    root.component += first
    root.component += second

    assert root.component.sub_components == [first, second]
    assert root.component._ is second


def test_adding_none_changes_nothing(root):
    part = Part("a")
    root.component += part
    root.component += None

    assert root.component.sub_components == [part]
    assert root.component._ is part


def test_preparing_without_adding(root):
    part = Part("a")
    root.component |= part

    assert root.component.sub_components == []
    assert root.component._ is part
    assert part.parent is root.component
    assert part.count == 1


def test_a_prepared_component_is_not_configured_again(root):
    part = Part("a")
    root.component |= part
    root.component |= part
    root.component += part

    assert part.count == 1
    assert root.component.sub_components == [part]


def test_preparing_none_forgets_the_last(root):
    root.component |= Part("a")
    root.component |= None

    assert root.component._ is None


def test_both_return_the_component(root):
    component = root.component

    assert component + Part("a") is component
    assert (component | Part("a")) is component


@pytest.mark.parametrize("thing", ["text", object(), Part, []])
def test_only_components_can_be_added(root, thing):
    with pytest.raises(AttributeError, match="only components can be added"):
        root.component += thing
    with pytest.raises(AttributeError, match="only components can be added"):
        root.component |= thing
    assert root.component.sub_components == []


def test_components_cannot_be_subtracted(root):
    with pytest.raises(TypeError):
        root.component -= Part("a")


def test_any_prepared_component_takes_sub_components(root):
    outer, inner = Part("outer"), Part("inner")
    root.component += outer
    outer += inner

    assert outer.sub_components == [inner]
    assert inner.parent is outer
    assert inner.root is root


def test_adding_a_prepared_component_moves_it(root):
    outer, part = Part("outer"), Part("part")
    root.component += outer
    outer.workdir = "/elsewhere"
    root.component |= part
    outer += part

    assert part.parent is outer
    assert part._breadcrumbs == "MyComponent > Part('outer') > Part('part')"
    assert part.workdir == root.workdir


def test_a_component_added_twice_is_deployed_twice(root, calls):
    class Counting(Component):
        def verify(self):
            calls.append("verify")

    part = Counting()
    root.component += part
    root.component += part
    root.component.deploy()

    assert calls == ["verify", "verify"]


def test_all_components_below_come_before_their_own_sub_components(root):
    a, a1, a2, b = (Part(name) for name in ("a", "a1", "a2", "b"))
    root.component += a
    root.component += b
    a += a1
    a += a2

    assert list(root.component.recursive_sub_components) == [a, a1, a2, b]
    assert list(b.recursive_sub_components) == []


class TestBreadcrumbs:
    def test_they_name_class_and_namevar(self, root):
        root.component += Part("a")
        part = root.component._

        assert part._breadcrumb == "Part('a')"
        assert part._breadcrumbs == "MyComponent > Part('a')"
        assert repr(part) == "<Part (localhost) \"MyComponent > Part('a')\">"

    @pytest.mark.parametrize("namevar", ["", 0])
    def test_an_empty_namevar_is_left_out(self, namevar):
        assert Part(namevar)._breadcrumb == "Part"

    def test_a_namevar_that_is_no_text_is_shown_as_text(self, tmp_path):
        assert Part(5)._breadcrumb == "Part('5')"
        assert Part(tmp_path)._breadcrumb == f"Part('{tmp_path}')"

    def test_a_class_may_choose_what_is_shown(self):
        class Own(Part):
            @property
            def namevar_for_breadcrumb(self):
                return f"<{super().namevar_for_breadcrumb}>"

        assert Own("a")._breadcrumb == "Own('<a>')"
        assert Part("a").namevar_for_breadcrumb == "a"
        assert Component().namevar_for_breadcrumb is None
