"""Every error carries its facts as attributes, names the culprit, and says what to do.

How an error is worded and laid out is not pinned here, what it tells is.
"""

import functools

import pytest

from batou import errors
from batou.component import Component
from batou.errors import Location

PLACE = Location("environments/dev/environment.cfg", 7)


def told(error):
    """All that people are told."""
    failure = error.failure()
    rows = [f"{key}: {value}" for key, value in failure.rows]
    return "\n".join([failure.headline, *rows, failure.hint])


def tells(error, *words):
    text = told(error)
    return [word for word in words if word not in text] == []


class App(Component):
    namevar = "name"


@pytest.fixture
def app(root):
    root.component += App("web")
    return root.component._


class TestConfigurationError:
    def test_with_a_component_it_names_host_and_component(self, app):
        error = errors.ConfigurationError("port is taken", app)

        assert str(error) == error.message == "port is taken"
        assert error.has_component
        assert error.component_root_name == "mycomponent"
        assert error.affected_hostname == "localhost"
        assert tells(error, "port is taken", "localhost", "MyComponent > App('web')")

    def test_without_a_component_it_knows_neither(self, output):
        error = errors.ConfigurationError.from_context("port is taken")

        assert not error.has_component
        assert error.component_root_name is None
        assert error.affected_hostname is None
        error.report()
        assert output.backend.output == "\nERROR: port is taken\n"

    def test_from_context_takes_the_component_too(self, app):
        error = errors.ConfigurationError.from_context("port is taken", component=app)
        assert error.affected_hostname == "localhost"

    def test_a_component_without_a_tree_is_no_problem(self):
        assert errors.ConfigurationError("x", App("web")).affected_hostname is None

    def test_a_subclass_need_not_call_its_constructor(self):
        class Own(errors.ConfigurationError):
            def __init__(self, what):
                self.what = what

        assert str(Own("x")) == "Own"
        assert Own("x").rows() == []


class TestComponents:
    def test_expansion(self, app):
        error = errors.AttributeExpansionError.from_context(
            app, "port", "{{nope}}", errors.TemplatingError("UndefinedError: nope", "App")
        )

        assert error.affected_hostname == "localhost"
        assert error.component_breadcrumbs == "MyComponent > App('web')"
        assert (error.key, error.value_repr) == ("port", "'{{nope}}'")
        assert "nope" in error.error
        assert tells(error, "'port'", "'{{nope}}'", "UndefinedError", "MyComponent > App('web')")

    @pytest.mark.parametrize(
        "conversion, name",
        [(int, "int"), ("literal", "literal"), (functools.partial(int, base=2), "int")],
    )
    def test_conversion(self, app, conversion, name):
        error = errors.ConversionError.from_context(
            app, "port", "many", conversion, ValueError("no number")
        )

        assert (error.conversion_name, error.value_repr) == (name, "'many'")
        assert (error.error_str, error.key) == ("no number", "port")
        assert tells(error, "'many'", name, "'port'", "no number", "MyComponent > App('web')")

    def test_a_conversion_without_a_name_is_shown(self, app):
        class Convert:
            def __call__(self, value):
                return value

            def __repr__(self):
                return "<Convert>"

        error = errors.ConversionError.from_context(app, "x", "y", Convert(), "z")
        assert error.conversion_name == "<Convert>"

    def test_missing_attributes_are_all_named(self, app):
        error = errors.MissingOverrideAttributes.from_context(app, ["prot", "hots"])

        assert error.attributes == ["prot", "hots"]
        assert tells(error, "'hots'", "'prot'", "App('web')", "localhost")

    def test_a_missing_attribute_may_be_a_typo(self, app):
        error = errors.MissingOverrideAttributes.about(app, ["prot"], ["port", "name"], ["x:3"])
        assert tells(error, "did you mean 'port'?", "x:3")

        error = errors.MissingOverrideAttributes.about(app, ["zzz"], ["port"])
        assert tells(error, "it has 'port'")

        error = errors.MissingOverrideAttributes.about(app, ["zzz"])
        assert tells(error, "no attributes to override")

    def test_an_unexpected_exception_is_told_with_root_and_host(self, root):
        with pytest.raises(KeyError) as caught:
            {}["missing"]
        error = errors.UnknownComponentConfigurationError.from_context(
            root, caught.value, caught.value.__traceback__
        )

        assert (error.root_name, error.root_host_name) == ("mycomponent", "localhost")
        assert error.exception_repr == "KeyError: 'missing'"
        assert isinstance(error.traceback, str)
        assert tells(error, "KeyError: 'missing'", "mycomponent", "localhost")
        assert "batou bug" not in told(error)

    def test_another_error_in_a_component_keeps_its_words(self, root):
        problem = errors.TemplatingError("'x' is undefined", "/x.cfg", 3, "{{x}}")
        error = errors.ErrorInComponent.of(root, problem)

        assert tells(error, str(problem), "/x.cfg:3", "{{x}}", "localhost", "mycomponent")
        resolving = errors.ErrorInComponent.of(root, errors.GetAddressInfoError("a:1", "no"))
        assert tells(resolving, "'a:1'", "[resolver]", "localhost")

    def test_wrong_usage(self):
        error = errors.ComponentUsageError.from_context("source is missing")

        assert str(error) == error.message == "source is missing"
        assert isinstance(error.traceback, str)

    def test_loading(self):
        error = errors.ComponentLoadingError(
            "components/x/component.py", "NameError: y", "trace", facts=[("Code", "y + 1")]
        )

        assert (error.exception_str, error.traceback) == ("NameError: y", "trace")
        assert tells(error, "components/x/component.py", "NameError: y", "y + 1")

    def test_a_component_defined_twice(self):
        error = errors.DuplicateComponent("app", "a.py:1", "a.py:9")

        assert (error.a_name, error.a_filename, error.b_filename) == ("app", "a.py:1", "a.py:9")
        assert tells(error, "'app'", "a.py:1", "a.py:9", "rename")


class TestModel:
    def test_unused_resources(self):
        error = errors.UnusedResources([("db", "web: app", "'x', 1")])

        assert error.unused_resources == [("db", "web: app", "'x', 1")]
        assert tells(error, "db", "web: app", "'x', 1", "strict=False")

    def test_unsatisfied_resources_name_who_requires_them_and_where(self):
        missing = [("db", None, ["web: app", "web: cron"]), ("queue", "web", ["web: app"])]
        error = errors.UnsatisfiedResources(missing)

        assert error.unsatisfied_resources == missing
        assert tells(error, "db", "web: app, web: cron", "queue", "on host 'web'", "strict=False")

    def test_unsatisfied_resources_may_be_a_typo_or_elsewhere(self):
        typo = errors.UnsatisfiedResources([("databse", None, ["web: app"])], ["database"])
        assert tells(typo, "did you mean 'database'?")

        elsewhere = errors.UnsatisfiedResources([("db", "web", ["web: app"])], ["db"])
        assert tells(elsewhere, "'db' is provided on other hosts only")

    def test_a_cycle_names_hosts_and_keys(self):
        error = errors.CycleErrorDetected(["web: a", "db: b"], ["'x'", "'y'"])

        assert error.error_str == "web: a -> db: b -> web: a"
        assert tells(error, "web: a needs db: b for 'x'", "db: b needs web: a for 'y'", "reverse")

    def test_no_convergence_names_roots_with_their_hosts(self):
        error = errors.NonConvergingWorkingSet(["web: b", "db: a"])

        assert (error.roots_len, error.root_names) == (2, "a, b")
        assert tells(error, "2 components", "db: a", "web: b")
        assert tells(errors.NonConvergingWorkingSet(["web: b"]), "1 component ")

    def test_components_that_are_never_added(self):
        error = errors.UnusedComponentsInitialized(
            "app", "web", ["File", "Part"], ["App > Sub", ""], ["a.py", "b.py"], [3, 9]
        )

        assert (error.root_name, error.init_file_paths) == ("app", ["a.py", "b.py"])
        assert (error.breadcrumbs, error.init_line_numbers) == (["App > Sub", ""], [3, 9])
        assert tells(error, "'app'", "File", "a.py:3", "App > Sub", "Part", "b.py:9", "self +=")

    def test_update_without_verify(self):
        error = errors.ComponentWithUpdateWithoutVerify(["Part in component 'app'"])

        assert error.components == ["Part in component 'app'"]
        assert tells(error, "Part in component 'app'", "UpdateNeeded", "verify")


class TestProject:
    def test_missing_environment(self):
        error = errors.MissingEnvironment("pord", ["prod", "dev"])

        assert error.environment_name == "pord"
        assert tells(error, "environments/pord/environment.cfg", "'prod'?", "'dev', 'prod'")

    def test_missing_component(self):
        error = errors.MissingComponent("ngnix", "web", ["nginx"], PLACE)

        assert (error.component_name, error.affected_hostname) == ("ngnix", "web")
        assert tells(error, "'web'", "'ngnix'", str(PLACE), "did you mean 'nginx'?")
        assert tells(errors.MissingComponent("x", "web", ["nginx"]), "'nginx'")

    def test_missing_components_of_lists_with_wrong_commas(self):
        assert tells(errors.MissingComponent("", "web"), "superfluous comma")
        assert tells(errors.MissingComponent("b\nc", "web"), "must end with a comma")

    def test_sections(self):
        error = errors.SuperfluousSection("host", PLACE, ("hosts", "vfs"))

        assert error.section == "host"
        assert tells(error, "[host]", str(PLACE), "did you mean [hosts]?")
        known = ("hosts", "vfs")
        assert tells(errors.SuperfluousSection("zz", None, known), "[hosts], [vfs]")

    @pytest.mark.parametrize(
        "error, attribute",
        [
            (errors.SuperfluousComponentSection("ap", PLACE, ["app"]), "component_name"),
            (errors.SuperfluousSecretsSection("ap", PLACE, ["app"]), "component_name"),
            (errors.UnknownHostSecretsSection("ap", PLACE, ["app"]), "hostname"),
        ],
    )
    def test_sections_for_what_does_not_exist(self, error, attribute):
        assert getattr(error, attribute) == "ap"
        assert tells(error, "ap", str(PLACE), "did you mean 'app'?")

    def test_attributes_set_twice(self):
        error = errors.DuplicateOverride("app", "port", PLACE)
        assert (error.component_name, error.attribute) == ("app", "port")
        assert tells(error, "'app'", "'port'", "environment.cfg", "secrets", "remove one")

        error = errors.DuplicateSecretsComponentAttribute("app", "port")
        assert (error.component_name, error.attribute) == ("app", "port")
        assert tells(error, "'port'", "[app]", "[component:app]")

    def test_hosts_defined_twice(self):
        error = errors.DuplicateHostError("web", PLACE, Location("environment.cfg", 2))

        assert error.affected_hostname == "web"
        assert tells(error, "'web'", str(PLACE), "environment.cfg:2", "[host:web]")

    def test_hosts_mapped_twice(self):
        error = errors.DuplicateHostMapping("web", "a1", "b2")

        assert (error.affected_hostname, error.a, error.b) == ("web", "a1", "b2")
        assert tells(error, "'web'", "a1", "b2")

    def test_settings(self):
        error = errors.InvalidSetting("environment", "jobs", "many", "a number", PLACE)
        assert tells(error, "[environment]", "jobs", "'many'", "a number", str(PLACE))

        error = errors.MissingSetting("host:web", "components", "a list", PLACE)
        assert tells(error, "[host:web]", "'components'", "a list", str(PLACE))

        error = errors.UnknownSetting("environment", "plattform", PLACE, ("platform",))
        assert tells(error, "'plattform'", "[environment]", "did you mean 'platform'?")

    def test_addresses(self):
        error = errors.InvalidIPAddressError("1.2.3", PLACE)

        assert error.address == "1.2.3"
        assert tells(error, "'1.2.3'", str(PLACE))

    def test_files(self):
        error = errors.InvalidFile("x.cfg", "it is empty", PLACE, "write something")

        assert tells(error, "'x.cfg'", "it is empty", str(PLACE), "write something")


class TestTools:
    @pytest.mark.parametrize("kind", [errors.GPGCallError, errors.AgeCallError])
    def test_a_tool_that_failed_shows_command_code_and_message(self, kind):
        error = kind(["gpg", "--decrypt", "x"], 2, "no key ü".encode())

        assert (error.command, error.exitcode) == ("gpg --decrypt x", "2")
        assert error.output.startswith("no key ")
        assert "ü" not in error.output
        assert tells(error, "gpg --decrypt x", "2", "no key")
        assert kind("gpg x", "2", "text").command == "gpg x"

    def test_a_locked_file(self):
        error = errors.FileLockedError("secrets.cfg.age")

        assert error.filename == "secrets.cfg.age"
        assert tells(error, "'secrets.cfg.age'", "locked")

    def test_templates(self):
        error = errors.TemplatingError("'x' is undefined", "/x.cfg", 3, "{{x}}")

        assert (error.exception_str, error.template_identifier) == ("'x' is undefined", "/x.cfg")
        assert error.rows() == [("Where", "/x.cfg:3"), ("Code", "{{x}}")]
        assert tells(error, "cannot render template '/x.cfg': 'x' is undefined")

        error = errors.TemplatingError("'x' is undefined", "App", 3, "{{x}}")
        assert (error.place, error.rows()) == ("App:3", [("Template", "{{x}}")])
        assert tells(errors.TemplatingError("e", "App"), "App", "e")

    def test_another_revision(self):
        error = errors.RepositoryDifferentError("abc", "def")

        assert (error.local, error.remote) == ("abc", "def")
        assert tells(error, "abc", "def", "branch")


class TestComponentFailed:
    def failure(self, component, problem):
        with pytest.raises(type(problem)) as caught:
            raise problem
        return errors.ComponentFailed.of(component, "update", caught.value)

    def test_it_names_host_component_phase_and_cause(self, app):
        error = self.failure(app, ValueError("broken"))

        assert error.affected_hostname == "localhost"
        assert tells(error, "ValueError: broken", "localhost", "MyComponent > App('web')", "update")

    def test_the_facts_of_the_cause_are_kept(self, app):
        error = self.failure(app, errors.CmdExecutionError("false", 127, "", "not here"))

        assert tells(error, "command failed: false", "not here", "127", "install it")


def test_all_errors_of_configuring_can_be_reported_at_once():
    from batou.report import listening
    from batou.report.recording import Recording

    wrapped = errors.ConfigureErrors(
        [errors.CycleErrorDetected(["a"]), errors.ConfigurationError("first")]
    )
    with listening(Recording()) as recording:
        wrapped.report()

    assert [event.error for event in recording.events] == [
        "ConfigurationError",
        "CycleErrorDetected",
    ]
