"""Preparing: becoming part of a tree, being configured, and in which order."""

import os

import pytest

from batou import UpdateNeeded
from batou.component import Attribute, Component, RootComponent, platform


def test_a_component_knows_where_it_stands(root):
    root.component += Component()
    component = root.component._

    assert component.parent is root.component
    assert component.root is root
    assert isinstance(root, RootComponent)
    assert component.host is root.host
    assert component.environment is root.environment
    assert component.defdir == root.defdir
    assert component.workdir == root.workdir
    assert component.sub_components == []
    assert component._prepared


def test_a_root_component_is_prepared_with_its_root_as_parent(prepared):
    component = prepared(Component)

    assert component.parent is component.root
    assert component.workdir == component.environment.workdir_base + "/component"


def test_configure_runs_in_the_definition_directory(root, tmp_path):
    class Where(Component):
        def configure(self):
            self.cwd = os.getcwd()

    os.chdir(root.workdir)
    root.component += Where()

    assert root.component._.cwd == root.defdir
    assert os.getcwd() == root.workdir


def test_the_directory_is_restored_when_configure_fails(root):
    class Failing(Component):
        def configure(self):
            os.chdir("/")
            raise KeyError

    os.chdir(root.workdir)
    with pytest.raises(KeyError):
        root.component += Failing()

    assert os.getcwd() == root.workdir


def test_sub_components_find_the_definition_directory_even_after_a_chdir(root):
    class Inner(Component):
        def configure(self):
            self.cwd = os.getcwd()

    class Outer(Component):
        def configure(self):
            os.chdir("/")
            self += Inner()
            self.cwd = os.getcwd()

    root.component += Outer()

    assert root.component._._.cwd == root.defdir
    assert root.component._.cwd == "/"


def test_components_are_configured_as_they_are_added(root, calls):
    class Named(Component):
        namevar = "name"
        parts = ()

        def configure(self):
            calls.append(f"{self.name} begins")
            for part in self.parts:
                self += part
            calls.append(f"{self.name} ends")

    root.component += Named("Root", parts=[Named("A", parts=[Named("A1")]), Named("B")])

    assert calls == [
        "Root begins",
        "A begins",
        "A1 begins",
        "A1 ends",
        "A ends",
        "B begins",
        "B ends",
        "Root ends",
    ]


def test_what_configure_computes_can_be_used_at_once(root):
    class Upper(Component):
        namevar = "text"

        def configure(self):
            self.upper = self.text.upper()

    class User(Component):
        def configure(self):
            self += Upper("hello")
            self.result = self._.upper

    root.component += User()

    assert root.component._.result == "HELLO"


def test_a_workdir_changed_in_configure_is_inherited(root):
    class Elsewhere(Component):
        def configure(self):
            self.workdir = os.path.join(self.workdir, "sub")
            self += Component()

    root.component += Elsewhere()

    assert root.component._._.workdir == root.workdir + "/sub"
    assert root.component.workdir == root.workdir


def test_a_parent_may_be_reassigned(root):
    class Moving(Component):
        def configure(self):
            self.parent.note = "seen"
            self.parent += Component()

    root.component += Moving()

    assert root.component.note == "seen"
    assert len(root.component.sub_components) == 2


def test_a_component_of_a_class_is_configured_once(root, calls):
    class Shared(Component):
        namevar = "name"

        def configure(self):
            calls.append(self.name)

    class User(Component):
        shared = Shared("shared")

        def configure(self):
            self += self.shared

    root.component += User()
    root.component += User()

    assert calls == ["shared"]


class TestCompanions:
    @pytest.fixture
    def service(self):
        class Service(Component):
            checksum = ""

            def configure(self):
                self += Component()
                self.configured = True

        return Service

    def test_a_companion_is_the_last_sub_component_where_the_platform_is_right(
        self, service, make_root
    ):
        @platform("nixos", service)
        class NixService(Component):
            def configure(self):
                self.seen = self.parent.configured

        root = make_root(service, platform="nixos")
        root.prepare()

        component = root.component
        assert [type(c) for c in component.sub_components] == [Component, NixService]
        assert component._platform_component is component.sub_components[-1]
        assert component._ is component._platform_component
        assert component._platform_component.seen

    @pytest.mark.parametrize("name", [None, "debian"])
    def test_elsewhere_there_is_none(self, service, make_root, name):
        platform("nixos", service)(Component)

        root = make_root(service, platform=name)
        root.prepare()

        assert [type(c) for c in root.component.sub_components] == [Component]
        assert root.component._platform_component is None

    def test_it_belongs_to_exactly_that_class(self, service, make_root):
        platform("nixos", service)(Component)

        class Derived(service):
            pass

        root = make_root(Derived, platform="nixos")
        root.prepare()

        assert root.component._platform_component is None

    def test_a_subclass_may_have_its_own(self, service, make_root):
        class Derived(service):
            pass

        class One(Component):
            pass

        class Two(Component):
            pass

        platform("nixos", service)(One)
        platform("nixos", Derived)(Two)
        roots = [make_root(kind, platform="nixos") for kind in (service, Derived)]
        for root in roots:
            root.prepare()

        companions = [type(root.component._platform_component) for root in roots]
        assert companions == [One, Two]

    def test_there_is_one_for_each_platform_the_last_one_registered(self, service, make_root):
        class One(Component):
            pass

        class Two(Component):
            pass

        service._add_platform("nixos", One)
        service._add_platform("debian", One)
        service._add_platform("nixos", Two)

        root = make_root(service, platform="nixos")
        root.prepare()
        assert type(root.component._platform_component) is Two

    def test_the_decorator_returns_the_class(self, service):
        class Companion(Component):
            pass

        assert platform("nixos", service)(Companion) is Companion

    def test_a_library_class_in_the_middle_of_a_tree_has_one_too(self, service, make_root):
        @platform("nixos", service)
        class Companion(Component):
            pass

        class App(Component):
            def configure(self):
                self += service()

        root = make_root(App, platform="nixos")
        root.prepare()

        assert root.component._._platform_component.parent is root.component._


def test_preparing_runs_no_properties_and_evaluates_no_defaults(root, calls):
    def conversion(value):
        calls.append(value)
        return value

    from batou.component import ConfigString

    class Curious(Component):
        attribute = Attribute(conversion, ConfigString("evaluated"))

        @property
        def expensive(self):
            calls.append("property")

    root.component += Curious()

    assert calls == []
    assert root.component._.attribute == "evaluated"
    assert calls == ["evaluated"]


def test_own_attributes_may_be_called_like_those_of_components(make_root):
    class Colliding(Component):
        host = Attribute(default="db.example.com")
        environment = Attribute(default="production")
        timer = "daily"
        log = Attribute(default="/var/log/x")

        def verify(self):
            raise UpdateNeeded

    root = make_root(Colliding, {"host": "other"}, platform="nixos")
    platform("nixos", Colliding)(Component)
    root.prepare()
    root.component.deploy()

    assert root.component.host == "other"
    assert root.component.environment == "production"
    assert root.component.timer == "daily"
    assert root.component.map("x") == root.workdir + "/x"
    assert root.component.map("/x") == "/x"
    assert repr(root.component) == '<Colliding (localhost) "Colliding">'
