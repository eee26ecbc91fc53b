"""Configuring an environment: rounds to a fixed point, order, and what is wrong in the end."""

import os
from pathlib import Path

import pytest

import batou.c
from batou.component import Component
from batou.errors import (
    ConfigurationError,
    CycleErrorDetected,
    ErrorInComponent,
    NonConvergingWorkingSet,
    UnknownComponentConfigurationError,
    UnsatisfiedResources,
    UnusedResources,
)


@pytest.fixture
def configure(project):
    """Configures hosts, ``{name: components}``, of components defined in *source*."""

    def configure(source, assigned="", **hosts):
        project.component("all", "calls = []\nclass Noting(Component):\n    pass\n" + source)
        hosts = hosts or {"web": assigned}
        lines = "\n".join(f"{host} = {components}" for host, components in hosts.items())
        project.environment(f"[hosts]\n{lines}\n")
        environment = project.load()
        assert environment.exceptions == []
        environment.configure()
        return environment

    return configure


def component(environment, name, host="web"):
    return environment.hosts[host].components[name].component


def order(environment):
    return [f"{root.host.name}: {root.name}" for root in environment._model.order]


def kinds(environment):
    return [type(error) for error in environment.exceptions]


PROVIDER = """
class Provider(Component):
    value = "value"
    def configure(self):
        self.provide("key", self.value)
"""

REQUIRER = """
class Requirer(Component):
    def configure(self):
        batou.c.all.calls.append("requirer")
        self.values = self.require("key")
"""


class TestConverging:
    def test_an_environment_without_roots_is_configured(self, project):
        project.environment("")
        environment = project.load()

        assert environment.configure() == []
        assert environment.configure() is environment.exceptions

    def test_a_single_root_is_configured_once(self, configure):
        environment = configure(
            "class App(Component):\n    def configure(self):\n        calls.append(1)\n", "app"
        )

        assert environment.exceptions == []
        assert batou.c.all.calls == [1]

    @pytest.mark.parametrize("assigned", ["provider, requirer", "requirer, provider"])
    def test_values_are_there_in_the_end_whatever_the_order(self, configure, assigned):
        environment = configure(PROVIDER + REQUIRER, assigned)

        assert environment.exceptions == []
        assert component(environment, "requirer").values == ["value"]
        assert order(environment) == ["web: provider", "web: requirer"]

    def test_values_come_from_all_hosts_in_the_order_of_the_environment(self, configure):
        source = PROVIDER.replace('value = "value"', "value = property(lambda s: s.host.name)")
        environment = configure(
            source + REQUIRER, b="provider", web="requirer, provider", a="provider"
        )

        assert environment.exceptions == []
        assert component(environment, "requirer").values == ["b", "web", "a"]

    def test_values_of_one_host_can_be_required(self, configure):
        source = PROVIDER.replace('value = "value"', "value = property(lambda s: s.host.name)")
        requirer = REQUIRER.replace('"key")', '"key", host=self.host)')
        environment = configure(
            source + requirer, web="requirer, provider", db="provider, requirer"
        )

        assert environment.exceptions == []
        assert component(environment, "requirer", "web").values == ["web"]
        assert component(environment, "requirer", "db").values == ["db"]

    def test_what_fails_at_first_and_is_fine_later_is_not_reported(self, configure):
        source = """
class Early(Component):
    def configure(self):
        calls.append("early")
        self.value = self.require("key")[0]
"""
        environment = configure(source + PROVIDER, "early, provider")

        assert environment.exceptions == []
        assert batou.c.all.calls == ["early", "early"]
        assert component(environment, "early").value == "value"

    def test_one_required_value_is_waited_for(self, configure):
        source = """
class Early(Component):
    def configure(self):
        self.value = self.require_one("key")
"""
        environment = configure(source + PROVIDER, "early, provider")

        assert environment.exceptions == []
        assert component(environment, "early").value == "value"

    CHAIN = "\n".join(
        f"""
class C{number:02}(Component):
    def configure(self):
        calls.append({number})
        self.number = {f"self.require_one('{number - 1}') + 1" if number else 0}
        self.provide("{number}", self.number)
"""
        for number in range(10)
    )

    @pytest.mark.parametrize("step", [1, -1, 3])
    def test_a_chain_is_resolved_from_whatever_end(self, configure, step):
        source = self.CHAIN + "class Z(Component):\n    def configure(self): self.require('9')\n"
        names = [f"c{(number * step) % 10:02}" for number in range(10)]
        environment = configure(source, ", ".join([*names, "z"]))

        assert environment.exceptions == []
        assert component(environment, "c09").number == 9
        assert order(environment)[:10] == [f"web: c{number:02}" for number in range(10)]

    def test_a_chain_in_the_right_order_takes_one_round(self, configure):
        source = self.CHAIN + "class Z(Component):\n    def configure(self): self.require('9')\n"
        names = [f"c{number:02}" for number in range(10)]
        environment = configure(source, ", ".join([*names, "z"]))

        assert batou.c.all.calls == list(range(10))
        assert environment._model.rounds == 1

    def test_instances_are_fresh_in_each_round(self, configure):
        source = """
class Early(Component):
    def configure(self):
        assert not hasattr(self, "value")
        self.value = self.require("key")
        self.values = [*getattr(self, "values", []), 1]
"""
        environment = configure(source + PROVIDER, "early, provider")

        assert environment.exceptions == []
        assert component(environment, "early").values == [1]

    def test_who_requires_is_configured_again_only_when_values_differ(self, configure):
        source = (
            PROVIDER
            + REQUIRER
            + """
class Late(Component):
    def configure(self):
        self.provide("late", 1)
class Changing(Component):
    def configure(self):
        self.require("late")
        self.provide("key", "always the same")
"""
        )
        environment = configure(source, "provider, changing, requirer, late")

        assert environment.exceptions == []
        assert batou.c.all.calls == ["requirer"]

    def test_two_runs_give_the_same_model(self, configure):
        first = configure(PROVIDER + REQUIRER, "requirer, provider")
        second = configure(PROVIDER + REQUIRER, "requirer, provider")

        assert order(first) == order(second)


class TestFlags:
    """component-model §19.3: one flag, one line."""

    def requirer(self, flags="", name="require"):
        return f"""
class Requirer(Component):
    def configure(self):
        batou.c.all.calls.append("requirer")
        self.values = self.{name}("key"{flags})
"""

    @pytest.mark.parametrize(
        "flags, values",
        [
            ("", ["value"]),
            (", strict=False", ["value"]),
            (", host=self.host", ["value"]),
            (", reverse=True", ["value"]),
            (", dirty=True", []),
        ],
    )
    def test_who_requires_first_sees_the_values_in_the_end_unless_dirty(
        self, configure, flags, values
    ):
        environment = configure(PROVIDER + self.requirer(flags), "requirer, provider")

        assert environment.exceptions == []
        assert component(environment, "requirer").values == values

    @pytest.mark.parametrize("name, value", [("require", []), ("require_one", None)])
    def test_without_strict_there_need_be_no_provider(self, configure, name, value):
        environment = configure(self.requirer(", strict=False", name), "requirer")

        assert environment.exceptions == []
        assert component(environment, "requirer").values == value

    @pytest.mark.parametrize("flags", ["", ", reverse=True", ", dirty=True", ", host=self.host"])
    @pytest.mark.parametrize("name", ["require", "require_one"])
    def test_otherwise_there_must_be_one(self, configure, flags, name):
        environment = configure(self.requirer(flags, name), "requirer")

        [error] = environment.exceptions
        assert isinstance(error, UnsatisfiedResources)
        host = "web" if "host" in flags else None
        assert error.unsatisfied_resources == [("key", host, ["web: requirer"])]

    def test_with_reverse_the_provider_comes_later(self, configure):
        environment = configure(PROVIDER + self.requirer(", reverse=True"), "provider, requirer")

        assert order(environment) == ["web: requirer", "web: provider"]

    @pytest.mark.parametrize("flags", ["", ", strict=False", ", dirty=True"])
    def test_otherwise_it_comes_first(self, configure, flags):
        environment = configure(PROVIDER + self.requirer(flags), "requirer, provider")

        assert order(environment) == ["web: provider", "web: requirer"]

    def test_a_host_restricts_the_order(self, configure):
        environment = configure(
            PROVIDER + self.requirer(", host=self.host"), web="requirer, provider", db="provider"
        )

        [requirer] = [r for r in environment.root_components if r.name == "requirer"]
        needs = environment.root_dependencies()[requirer]
        assert [f"{root.host.name}: {root.name}" for root in needs] == ["web: provider"]

    def test_strictness_is_each_requirers_own_matter(self, configure):
        source = (
            PROVIDER
            + """
class Strict(Component):
    def configure(self):
        self.values = self.require("key")
class Loose(Component):
    def configure(self):
        self.values = self.require("key", host=self.host, strict=False)
"""
        )
        environment = configure(source, web="strict, loose", db="provider")

        assert environment.exceptions == []
        assert component(environment, "strict").values == ["value"]
        assert component(environment, "loose").values == []

    def test_dirty_breaks_a_circle_of_configuring(self, configure):
        source = """
class A(Component):
    def configure(self):
        self.provide("a", object())
        self.require("b", dirty=True, reverse=True)
class B(Component):
    def configure(self):
        self.provide("b", object())
        self.require("a")
"""
        environment = configure(source, "a, b")

        assert environment.exceptions == []
        assert order(environment) == ["web: a", "web: b"]


class TestPeers:
    SOURCE = """
class Peer(Component):
    def configure(self):
        calls.append(self.host.name)
        self.port = 80
        self.provide("peer", {})
        self.peers = self.require("peer")
"""

    def test_a_root_may_require_what_it_provides(self, configure):
        environment = configure(self.SOURCE.format("self.host.name"), a="peer", b="peer", c="peer")

        assert environment.exceptions == []
        for host in "abc":
            assert component(environment, "peer", host).peers == ["a", "b", "c"]

    def test_they_have_no_order_among_them(self, configure):
        environment = configure(self.SOURCE.format("self.host.name"), a="peer", b="peer")

        assert all(not needs for needs in environment.root_dependencies().values())

    def test_they_may_provide_themselves(self, configure):
        environment = configure(self.SOURCE.format("self"), a="peer", b="peer", c="peer")

        assert environment.exceptions == []
        for host in "abc":
            peers = component(environment, "peer", host).peers
            assert [peer.host.name for peer in peers] == ["a", "b", "c"]
            assert [peer.port for peer in peers] == [80, 80, 80]


class TestErrors:
    def test_a_circle_is_named_with_hosts_and_keys(self, configure):
        source = """
class A(Component):
    def configure(self):
        self.provide("a", 1)
        self.require("b")
class B(Component):
    def configure(self):
        self.provide("b", 1)
        self.require("a")
"""
        environment = configure(source, web="a", db="b")

        [error] = environment.exceptions
        assert isinstance(error, CycleErrorDetected)
        assert sorted(error.path) == ["db: b", "web: a"]
        assert sorted(error.keys) == ["'a'", "'b'"]

    def test_what_nobody_requires_is_an_error(self, configure):
        environment = configure(PROVIDER, "provider")

        [error] = environment.exceptions
        assert isinstance(error, UnusedResources)
        assert error.unused_resources == [("key", "web: provider", "'value'")]

    def test_unused_resources_are_not_reported_while_components_fail(self, configure):
        source = "class Failing(Component):\n    def configure(self):\n        1/0\n"
        environment = configure(PROVIDER + source, "provider, failing")

        assert UnusedResources not in kinds(environment)

    def test_a_configuration_error_names_the_root_it_comes_from(self, configure):
        source = """
class Failing(Component):
    def configure(self):
        raise batou.ConfigurationError("port is taken")
"""
        environment = configure(source, "failing")

        [error] = environment.exceptions
        assert isinstance(error, ConfigurationError)
        assert error.message == "port is taken"
        assert error.affected_hostname == "web"
        assert "failing" in str(error.failure())

    def test_another_error_of_batou_is_wrapped_with_root_and_host(self, configure):
        source = """
class Failing(Component):
    def configure(self):
        self.expand("{{missing}}")
"""
        environment = configure(source, "failing")

        [error] = environment.exceptions
        assert isinstance(error, ErrorInComponent)
        assert (error.root_name, error.affected_hostname) == ("failing", "web")
        assert "missing" in str(error)

    def test_any_other_exception_is_told_with_the_place_in_the_users_code(self, configure):
        source = """
class Failing(Component):
    def configure(self):
        return self.helper()
    def helper(self):
        return {}["missing"]
"""
        environment = configure(source, "failing")

        [error] = environment.exceptions
        assert isinstance(error, UnknownComponentConfigurationError)
        assert (error.root_name, error.root_host_name) == ("failing", "web")
        assert error.exception_repr == "KeyError: 'missing'"
        assert "components/all/component.py" in str(error.failure())

    def test_several_values_where_one_is_wanted_is_an_error(self, configure):
        source = (
            PROVIDER
            + """
class One(Component):
    def configure(self):
        self.require_one("key")
"""
        )
        environment = configure(source, web="provider, one", db="provider")

        [error] = environment.exceptions
        assert "'key' is wanted once, but provided 2 times" in str(error)

    def test_all_errors_are_collected(self, configure):
        source = """
class Failing(Component):
    def configure(self):
        raise ValueError(self.host.name)
class Wanting(Component):
    def configure(self):
        self.require("key")
"""
        environment = configure(source, a="failing, wanting", b="failing")

        assert kinds(environment).count(UnknownComponentConfigurationError) == 2
        assert kinds(environment).count(UnsatisfiedResources) == 1

    def test_catching_the_exception_of_require_one_does_not_help(self, configure):
        source = """
class Catching(Component):
    def configure(self):
        try:
            self.require_one("key")
        except batou.SilentConfigurationError:
            pass
"""
        assert UnsatisfiedResources in kinds(configure(source, "catching"))

    @pytest.mark.parametrize("key", ["'key'", "f'key-{len(calls)}'"])
    def test_a_model_that_never_settles_is_an_error(self, configure, key):
        source = f"""
class A(Component):
    def configure(self):
        calls.append(1)
        self.require("b")
        self.provide("a", object())
        self.provide({key}, object())
class B(Component):
    def configure(self):
        self.require("a", reverse=True)
        self.provide("b", object())
"""
        environment = configure(source, "a, b")

        [error] = [e for e in environment.exceptions if isinstance(e, NonConvergingWorkingSet)]
        assert error.root_names == "a, b"

    def test_a_requirement_that_comes_and_goes_does_not_leave_traces(self, configure):
        source = """
class Fickle(Component):
    def configure(self):
        if not self.require("switch", strict=False):
            self.require("only at first")
        self.provide("fickle", 1)
class Switch(Component):
    def configure(self):
        self.provide("switch", 1)
class User(Component):
    def configure(self):
        self.require("fickle")
"""
        environment = configure(source, "fickle, switch, user")

        assert environment.exceptions == []


class TestWarnings:
    def test_a_component_that_is_never_added(self, configure):
        source = """
class Part(Component):
    pass
class Inner(Component):
    def configure(self):
        Part()
class App(Component):
    def configure(self):
        self += Inner()
        Part()
"""
        environment = configure(source, "app")

        assert environment.exceptions == []
        [warning] = environment._warnings
        assert warning.root_name == "app"
        assert warning.unused_components == ["Part", "Part"]
        assert warning.breadcrumbs == ["App > Inner", "App"]
        assert warning.init_file_paths == ["components/all/component.py"] * 2
        first, second = warning.init_line_numbers
        text = Path(environment.components["app"].filename).read_text().splitlines()
        assert text[first - 1].strip() == text[second - 1].strip() == "Part()"

    def test_it_is_told_once_however_often_the_root_is_configured(self, configure):
        source = """
class App(Component):
    def configure(self):
        Component()
        self.require("key")
"""
        environment = configure(source + PROVIDER, "app, provider")

        assert len(environment._warnings) == 1

    def test_a_component_that_is_only_looked_at_is_not_warned_about(self, configure):
        source = """
class App(Component):
    def configure(self):
        self |= Component()
"""
        assert configure(source, "app")._warnings == []

    def test_update_without_verify(self, configure):
        source = """
class Forgetful(Component):
    def update(self):
        pass
class Fine(Component):
    def verify(self):
        pass
    def update(self):
        pass
class Derived(Fine):
    def update(self):
        pass
class App(Component):
    def configure(self):
        for kind in (Forgetful, Forgetful, Fine, Derived, Component):
            self += kind()
"""
        environment = configure(source, "app")

        assert environment.exceptions == []
        [warning] = environment._warnings
        assert "Forgetful" in str(warning.components)
        assert len(warning.components) == 1


class TestLogs:
    def test_they_appear_in_the_order_of_deployment_once(self, configure, output):
        source = """
class Provider(Component):
    def configure(self):
        self.log("provider")
        self.provide("key", 1)
class Requirer(Component):
    def configure(self):
        self.log("requirer %s", self.require("key"))
"""
        configure(source, "requirer, provider")

        assert output.backend.output == "provider\nrequirer [1]\n"


class TestEnvironments:
    def test_ignored_components_are_configured(self, configure):
        environment = configure(PROVIDER + REQUIRER, web="!provider, requirer")

        assert environment.exceptions == []
        assert component(environment, "requirer").values == ["value"]
        assert environment.hosts["web"].components["provider"].ignore

    def test_features_reach_the_component(self, configure):
        source = "class App(Component):\n    features = ['a', 'b']\n"
        environment = configure(source, one="app:b", two="app", three="app:a, app:b")

        features = [component(environment, "app", h).features for h in ("one", "two", "three")]
        assert features == [["b"], ["a", "b"], ["a", "b"]]

    def test_dependencies_can_be_asked_for_a_host(self, configure):
        environment = configure(PROVIDER + REQUIRER, web="requirer", db="provider")

        web, db = environment.hosts.values()
        everything = environment.root_dependencies()
        assert everything == {
            web.components["requirer"]: {db.components["provider"]},
            db.components["provider"]: set(),
        }
        assert environment.root_dependencies(host=web) == web.root_dependencies()
        assert list(web.root_dependencies()) == [web.components["requirer"]]

    def test_the_current_directory_stays(self, configure):
        before = os.getcwd()
        configure("class App(Component):\n    def configure(self):\n        1/0\n", "app")

        assert os.getcwd() == before

    def test_a_configured_model_can_be_deployed(self, configure):
        source = """
class App(Component):
    def configure(self):
        self += Component()
    def verify(self):
        raise batou.UpdateNeeded
    def update(self):
        open("x", "w").close()
"""
        environment = configure(source, "app")
        component(environment, "app").deploy()

        assert os.path.exists(f"{environment.workdir_base}/app/x")
        assert isinstance(component(environment, "app"), Component)
