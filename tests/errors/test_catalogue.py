"""Every error names the culprit, and says what to do."""

import functools

import pytest

from batou import errors
from batou.component import Component
from batou.errors import Location

PLACE = Location("environments/dev/environment.cfg", 7)


def facts(error):
    return dict(error.all_rows())


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
        assert facts(error) == {"Host": "localhost", "Component": "MyComponent > App('web')"}

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
        assert not facts(errors.ConfigurationError("x", App("web")))

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
        assert "cannot expand '{{nope}}' for attribute 'port'" in str(error)
        assert "nope" in error.error
        assert facts(error)["Attribute"] == "port"

    @pytest.mark.parametrize(
        "conversion, name",
        [
            (int, "int"),
            ("literal", "literal"),
            (functools.partial(int, base=2), "int"),
            (functools.partial, "partial"),
        ],
    )
    def test_conversion(self, app, conversion, name):
        error = errors.ConversionError.from_context(
            app, "port", "many", conversion, ValueError("no number")
        )

        assert (error.conversion_name, error.value_repr) == (name, "'many'")
        assert (error.error_str, error.key) == ("no number", "port")
        assert str(error) == (f"cannot convert 'many' to {name} for attribute 'port': no number")

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
        assert "has no attributes 'hots', 'prot', but the environment sets them" in str(error)
        assert facts(error)["Attributes"] == "prot, hots"

    def test_a_missing_attribute_may_be_a_typo(self, app):
        error = errors.MissingOverrideAttributes.about(app, ["prot"], ["port", "name"], ["x:3"])

        assert error.hint() == "did you mean 'port'?"
        assert facts(error)["Where"] == "x:3"
        error = errors.MissingOverrideAttributes.about(app, ["zzz"], ["port"])
        assert error.hint() == "it has 'port'"
        error = errors.MissingOverrideAttributes.about(app, ["zzz"])
        assert error.hint() == "it has no attributes to override"

    def test_an_unexpected_exception_shows_the_users_code(self, root):
        def configure():
            return {}["missing"]

        with pytest.raises(KeyError) as caught:
            configure()
        error = errors.UnknownComponentConfigurationError.from_context(
            root, caught.value, caught.value.__traceback__
        )

        assert (error.root_name, error.root_host_name) == ("mycomponent", "localhost")
        assert error.exception_repr == "KeyError: 'missing'"
        assert 'return {}["missing"]' in error.traceback
        shown = facts(error)
        assert "test_catalogue.py" in shown["Where"]
        assert "in configure" in shown["Where"]
        assert shown["Code"] == 'return {}["missing"]'
        assert shown["Host"] == "localhost"
        assert "batou bug" not in str(shown)

    def test_another_error_in_a_component_keeps_its_words(self, root):
        problem = errors.TemplatingError("UndefinedError: x", "x.cfg", 3, "{{x}}")
        problem.location = PLACE
        error = errors.ErrorInComponent.of(root, problem)

        assert str(error) == str(problem)
        assert facts(error) == {
            "Where": str(PLACE),
            "Template": "x.cfg:3",
            "Line": "{{x}}",
            "Host": "localhost",
            "Component": "mycomponent",
        }
        resolving = errors.ErrorInComponent.of(root, errors.GetAddressInfoError("a:1", "no"))
        assert "[resolver]" in resolving.hint()

    def test_wrong_usage_shows_where(self):
        error = errors.ComponentUsageError.from_context("source is missing")

        assert (str(error), error.message) == ("source is missing", "source is missing")
        assert "test_catalogue.py" in facts(error)["Where"]
        assert "from_context" in error.traceback

    def test_loading(self):
        error = errors.ComponentLoadingError(
            "components/x/component.py", "NameError: y", "trace", facts=[("Code", "y")]
        )

        assert str(error) == "cannot load 'components/x/component.py': NameError: y"
        assert facts(error) == {"Code": "y"}

    def test_a_component_defined_twice(self):
        error = errors.DuplicateComponent("app", "a.py:1", "a.py:9")

        assert str(error) == "component 'app' is defined twice"
        assert error.rows() == [("Occurrence", "a.py:1"), ("Occurrence", "a.py:9")]
        assert "rename one" in error.hint()


class TestModel:
    def test_unused_resources(self):
        error = errors.UnusedResources([("db", "web: app", "'x', 1")])

        assert error.rows() == [("db", "provided by 'web: app' with 'x', 1")]
        assert "strict=False" in error.hint()

    def test_unsatisfied_resources_name_who_requires_them_and_where(self):
        error = errors.UnsatisfiedResources(
            [("db", None, ["web: app", "web: cron"]), ("queue", "web", ["web: app"])]
        )

        assert error.rows() == [
            ("db", "required by web: app, web: cron"),
            ("queue", "on host 'web', required by web: app"),
        ]
        assert "strict=False" in error.hint()

    def test_unsatisfied_resources_may_be_a_typo_or_elsewhere(self):
        typo = errors.UnsatisfiedResources([("databse", None, ["web: app"])], ["database"])
        assert typo.hint() == "did you mean 'database'?"

        elsewhere = errors.UnsatisfiedResources([("db", "web", ["web: app"])], ["db"])
        assert elsewhere.hint() == "'db' is provided on other hosts only"

    def test_a_cycle_names_hosts_and_keys(self):
        error = errors.CycleErrorDetected(["web: a", "db: b"], ["'x'", "'y'"])

        assert error.error_str == "web: a -> db: b -> web: a"
        assert facts(error)["Circle"] == "web: a needs db: b for 'x'\ndb: b needs web: a for 'y'"
        assert "reverse=True" in error.hint()

    def test_no_convergence_names_roots_with_their_hosts(self):
        error = errors.NonConvergingWorkingSet(["web: b", "db: a"])

        assert (error.roots_len, error.root_names) == (2, "a, b")
        assert facts(error)["Unfinished"] == "db: a\nweb: b"
        assert "2 components were" in str(error)
        assert "1 component was" in str(errors.NonConvergingWorkingSet(["web: b"]))

    def test_components_that_are_never_added(self):
        error = errors.UnusedComponentsInitialized(
            "app", "web", ["File", "Part"], ["App > Sub", ""], ["a.py", "b.py"], [3, 9]
        )

        assert facts(error)["Created"] == "File in a.py:3, by App > Sub\nPart in b.py:9"
        assert "self += component" in error.hint()

    def test_update_without_verify(self):
        error = errors.ComponentWithUpdateWithoutVerify(["Part in component 'app'"])

        assert facts(error)["Components"] == "Part in component 'app'"
        assert "UpdateNeeded" in error.hint()


class TestProject:
    def test_missing_environment(self):
        error = errors.MissingEnvironment("pord", ["prod", "dev"])

        assert error.environment_name == "pord"
        assert facts(error)["Expected"] == "environments/pord/environment.cfg"
        assert error.hint() == "did you mean 'prod'? environments here: 'dev', 'prod'"
        assert errors.MissingEnvironment("x").hint() == "environments here: none"

    def test_missing_component(self):
        error = errors.MissingComponent("ngnix", "web", ["nginx"], PLACE)

        assert (error.component_name, error.affected_hostname) == ("ngnix", "web")
        assert str(error) == "host 'web' asks for unknown component 'ngnix'"
        assert facts(error) == {"Where": str(PLACE)}
        assert error.hint() == "did you mean 'nginx'?"
        assert errors.MissingComponent("x", "web", ["nginx"]).hint() == "components here: 'nginx'"

    def test_missing_components_of_lists_with_wrong_commas(self):
        assert "superfluous comma" in errors.MissingComponent("", "web").hint()
        assert "must end with a comma" in errors.MissingComponent("b\nc", "web").hint()

    def test_sections(self):
        error = errors.SuperfluousSection("host", PLACE, ("hosts", "vfs"))

        assert (error.section, str(error)) == ("host", "unknown section [host]")
        assert error.hint() == "did you mean 'hosts'?"
        assert "[hosts], [vfs]" in errors.SuperfluousSection("zz", None, ("hosts", "vfs")).hint()

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
        assert "'ap'" in str(error) or ":ap]" in str(error)
        assert error.hint() == "did you mean 'app'?"

    def test_attributes_set_twice(self):
        error = errors.DuplicateOverride("app", "port", PLACE)
        assert (error.component_name, error.attribute) == ("app", "port")
        assert "environment.cfg and in the secrets" in str(error)
        assert error.hint() == "remove one of them"

        error = errors.DuplicateSecretsComponentAttribute("app", "port")
        assert (error.component_name, error.attribute) == ("app", "port")
        assert error.hint() == "keep either the section [app] or [component:app]"

    def test_hosts_defined_twice(self):
        error = errors.DuplicateHostError("web", PLACE, Location("environment.cfg", 2))

        assert error.affected_hostname == "web"
        assert facts(error) == {"Where": str(PLACE), "First": "environment.cfg:2"}
        assert "[host:web]" in error.hint()

    def test_hosts_mapped_twice(self):
        error = errors.DuplicateHostMapping("web", "a1", "b2")

        assert (error.affected_hostname, error.a, error.b) == ("web", "a1", "b2")
        assert error.rows() == [("Mapping 1", "a1"), ("Mapping 2", "b2")]

    def test_settings(self):
        error = errors.InvalidSetting("environment", "jobs", "many", "a number", PLACE)
        assert str(error) == "[environment] jobs = 'many' cannot be understood"
        assert facts(error) == {"Where": str(PLACE), "Expected": "a number"}

        error = errors.MissingSetting("host:web", "components", "a list", PLACE)
        assert str(error) == "section [host:web] lacks the key 'components'"

        error = errors.UnknownSetting("environment", "plattform", PLACE, ("platform",))
        assert str(error) == "unknown key 'plattform' in section [environment] is ignored"
        assert error.hint() == "did you mean 'platform'?"

    def test_addresses(self):
        error = errors.InvalidIPAddressError("1.2.3", PLACE)

        assert (error.address, str(error)) == ("1.2.3", "'1.2.3' is no IP address")

    def test_files(self):
        error = errors.InvalidFile("x.cfg", "it is empty", PLACE, "write something")

        assert str(error) == "cannot read 'x.cfg': it is empty"
        assert error.hint() == "write something"


class TestTools:
    @pytest.mark.parametrize("kind", [errors.GPGCallError, errors.AgeCallError])
    def test_a_tool_that_failed_shows_command_code_and_message(self, kind):
        error = kind(["gpg", "--decrypt", "x"], 2, "no key ü".encode())

        assert (error.command, error.exitcode) == ("gpg --decrypt x", "2")
        assert error.output.startswith("no key ")
        assert error.output.isascii() is False or "?" in error.output
        assert dict(error.rows()).keys() == {"Command", "Exit code", "Message"}
        assert kind("gpg x", "2", "text").command == "gpg x"

    def test_a_locked_file(self):
        error = errors.FileLockedError("secrets.cfg.age")

        assert error.filename == "secrets.cfg.age"
        assert "is locked by another process" in str(error)

    def test_templates(self):
        error = errors.TemplatingError("UndefinedError: x", "x.cfg", 3, "{{x}}")

        assert (error.exception_str, error.template_identifier) == ("UndefinedError: x", "x.cfg")
        assert facts(error) == {"Template": "x.cfg:3", "Line": "{{x}}"}
        assert facts(errors.TemplatingError("e", "App")) == {"Template": "App"}

    def test_another_revision(self):
        error = errors.RepositoryDifferentError("abc", "def")

        assert facts(error) == {"Local": "abc", "Remote": "def"}


class TestComponentFailed:
    def failure(self, component, problem):
        with pytest.raises(type(problem)) as caught:
            raise problem
        return errors.ComponentFailed.of(component, "update", caught.value)

    def test_it_names_host_component_phase_and_code(self, app):
        error = self.failure(app, ValueError("broken"))

        assert str(error) == "ValueError: broken"
        assert error.affected_hostname == "localhost"
        shown = facts(error)
        assert shown["Host"] == "localhost"
        assert shown["Component"] == "MyComponent > App('web')"
        assert shown["While"] == "update"
        assert shown["Code"] == "raise problem"

    def test_the_facts_of_the_cause_are_kept(self, app):
        error = self.failure(app, errors.CmdExecutionError("false", 127, "", "not found"))

        assert str(error) == "command failed: false"
        assert facts(error)["STDERR"] == "not found"
        assert "not found: install it" in error.hint()

    @pytest.mark.parametrize(
        "number, text", [(28, "free space"), (30, "a file system that can be written to")]
    )
    def test_a_full_or_read_only_disk_is_explained(self, app, number, text):
        error = self.failure(app, OSError(number, "no"))

        assert text in facts(error)["Expected"]


def test_all_errors_of_configuring_can_be_reported_at_once():
    from batou.report import listening
    from batou.report.recording import Recording

    wrapped = errors.ConfigureErrors(
        [errors.CycleErrorDetected(["a"]), errors.ConfigurationError("first")]
    )
    with listening(Recording()) as recording:
        wrapped.report()

    assert [event.headline for event in recording.events] == [
        "first",
        "components depend on each other in a circle",
    ]
    assert str(wrapped) == "2 errors while configuring"
