"""Where the values of a component come from."""

import json
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from batou.component import Component
from batou.deploy.explain import Explained, as_text, aside, explain, load
from batou.deploy.explain.attributes import safe_repr
from batou.deploy.explain.source import attribute_place, class_place, file_of, shown
from batou.deploy.explain.text import shortened
from batou.deploy.explain.watching import watching_assignments
from batou.deploy.load import Aborted
from batou.report.events import Failure, Line
from batou.report.masking import Masker


def line_of(path: Path, text: str) -> int:
    """The number of the one line that has *text*."""
    (number,) = [n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line]
    return number


class Asked:
    """What came out of explaining the component ``app`` on host ``web``."""

    def __init__(self, explanation, errors) -> None:
        self.explanation = explanation
        self.errors = errors

    def __getitem__(self, name: str) -> Explained:
        return next(a for a in self.explanation.attributes if a.name == name)

    def steps(self, name: str) -> list[str]:
        """The steps that led to an attribute, as people see them."""
        return [str(step) for step in self[name].steps]

    def fact(self, name: str):
        """The fact of that name."""
        return next(fact for fact in self.explanation.facts if fact.name == name)

    @property
    def text(self) -> str:
        """The explanation for a terminal."""
        return as_text(self.explanation)


@pytest.fixture
def ask(project, monkeypatch):
    """Explains a component of the project."""

    def ask(
        attribute: str | None = None,
        *,
        host: str = "web",
        component: str = "app",
        with_secrets: bool = False,
        platform: str | None = None,
    ) -> Asked:
        monkeypatch.chdir(project.path)
        masker = Masker()
        with aside(masker):
            environment = load("local", masker, with_secrets, platform)
            found = explain(environment, host, component, attribute, masker, with_secrets)
        return Asked(*found)

    return ask


# Attributes


def test_an_override_is_told_with_the_default_that_it_replaces(project, ask):
    source = project.component("app", "class App(Component):\n    port = Attribute(int, 8080)\n")
    config = project.environment("web = app", rest="[component:app]\nport = 9000")

    asked = ask()

    place = f"environments/local/environment.cfg:{line_of(config, 'port =')}"
    assert asked["port"].value == "9000"
    assert asked["port"].plain == 9000
    assert asked["port"].type == "int"
    assert asked.steps("port") == [
        f"default 8080 (components/app/component.py:{line_of(source, 'port =')})",
        f"override '9000' ({place}, [component:app])",
    ]
    assert asked.errors == []


def test_a_default_of_a_base_class_is_told_with_the_place_of_the_base(project, ask):
    project.component(
        "app",
        """
        class Base(Component):
            own = 1
            both = "base"

        class App(Base):
            both: int
            if True:
                both: str = "app"
        """,
    )
    project.environment("web = app")

    asked = ask()

    assert asked.steps("own") == ["default 1 (components/app/component.py:6)"]
    assert asked.steps("both") == [
        "default 'base' (components/app/component.py:7)",
        "default 'app' (components/app/component.py:12)",
    ]


def test_a_default_of_the_library_is_told_relative_to_where_python_finds_it(project, ask):
    project.component("app", "class App(File):\n    namevar = ''\n    path = 'x'\n    content = ''")
    project.environment("web = app")

    asked = ask()

    assert asked["ensure"].origin.place.path == "batou/lib/file/composite.py"


def test_text_of_the_environment_is_converted_and_expanded(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            names = Attribute("list", ConfigString("a, {{host.name}}"))
            address = Attribute(str, ConfigString("{{component.names[1]}}:80"))
        """,
    )
    project.environment("web = app")

    asked = ask()

    assert asked["names"].plain == ["a", "web"]
    assert asked["names"].steps[0].value == "'a, {{host.name}}'"
    assert asked["address"].value == "'web:80'"
    assert len(asked["address"].steps) == 1


def test_what_configure_sets_is_told_with_its_line_and_only_if_it_was_reached(project, ask):
    source = project.component(
        "app",
        """
        class App(Component):
            port = Attribute(int, 1)
            mode = "a"
            untouched = "u"
            def configure(self):
                self.port += 1
                if self.mode == "b":
                    self.mode = "not reached"
                    self.untouched = "not reached"
                else:
                    self.set_mode()
            def set_mode(self):
                for mode in "xyz":
                    setattr(self, "mode", mode)
        """,
    )
    project.environment("web = app", rest="[component:app]\nport = 5")

    asked = ask()

    place = f"components/app/component.py:{line_of(source, 'self.port += 1')}"
    assert asked["port"].value == "6"
    assert asked.steps("port")[-1] == f"set in configure() 6 ({place})"
    place = f"components/app/component.py:{line_of(source, 'setattr')}"
    assert asked.steps("mode")[1:] == [f"set in set_mode() 'z' ({place})"]
    assert len(asked.steps("untouched")) == 1


def test_what_another_component_sets_names_it(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            mode = "own"

        @platform("debian", App)
        class Companion(Component):
            def configure(self):
                self.parent.mode = "debian's"
        """,
    )
    project.environment("web = app")

    asked = ask(platform="debian")

    assert asked["mode"].value == '"debian\'s"'
    assert asked["mode"].origin.how == "set in Companion.configure()"


def test_a_list_that_is_changed_in_place_is_noticed(project, ask):
    source = project.component(
        "app",
        """
        class App(Component):
            names = Attribute("list", [])
            other = Attribute("list", [])
            table = None
            def configure(self):
                self.names.append("a")
                self.table = {}
                self.table["x"] = 1
                others(self)

        def others(component):
            component.other.append("b")
        """,
    )
    project.environment("web = app")

    asked = ask()

    place = f"components/app/component.py:{line_of(source, 'self.names.append')}"
    assert asked.steps("names")[1:] == [f"changed in place ({place})"]
    assert asked["table"].plain == {"x": 1}
    assert [step.kind for step in asked["table"].steps] == ["default", "configure", "changed"]
    assert asked.steps("other")[1:] == ["changed in place"]


def test_features_come_from_the_assignment(project, ask):
    project.component("app", "class App(Component):\n    features = ()\n")
    config = project.environment("web = app:a, app:b")

    asked = ask()

    place = f"environments/local/environment.cfg:{line_of(config, 'web =')}"
    assert asked.steps("features")[1:] == [f"features of the assignment ['a', 'b'] ({place})"]
    assert str(asked.fact("features").place) == place


def test_arguments_of_the_constructor_are_told_in_the_order_of_precedence(project, ask):
    source = project.component(
        "app",
        """
        class App(Component):
            declared = Attribute(str, "default")
            plain = "default"
            def __init__(self):
                super().__init__(
                    declared="argument",
                    plain="argument",
                )
        """,
    )
    project.environment("web = app", rest="[component:app]\ndeclared = over\nplain = over")

    asked = ask()

    place = f"components/app/component.py:{line_of(source, 'declared=')}"
    assert asked["declared"].value == "'argument'"
    assert [step.kind for step in asked["declared"].steps] == ["default", "override", "constructor"]
    assert asked.steps("declared")[-1] == f"set in __init__() 'argument' ({place})"
    assert asked["plain"].value == "'over'"
    assert [step.kind for step in asked["plain"].steps] == ["default", "constructor", "override"]


def test_what_only_configure_knows_is_told_apart_from_what_can_be_overridden(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            port = 1
            _hidden = 1
            def configure(self):
                self.url = f"http://localhost:{self.port}"
                self._secret = 1
            def method(self): pass
            @property
            def computed(self): return self.port + 1
        """,
    )
    project.environment("web = app")

    asked = ask()

    assert [(a.name, a.is_overridable) for a in asked.explanation.attributes] == [
        ("port", True),
        ("url", False),
    ]
    text = asked.text
    assert text.index("attributes\n  port = 1") < text.index("cannot override\n  url = 'http")


def test_a_property_is_computed_only_if_it_is_asked_for(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            @property
            def computed(self): return 1 + 1
        """,
    )
    project.environment("web = app")

    asked = ask("computed")

    assert asked["computed"].plain == 2
    assert asked.steps("computed") == ["computed by a property (components/app/component.py:7)"]


def test_one_attribute_comes_without_the_facts(project, ask):
    project.component("app", "class App(Component):\n    a = 1\n    b = 2\n")
    project.environment("web = app")

    asked = ask("b")

    assert asked.explanation.facts == ()
    assert [attribute.name for attribute in asked.explanation.attributes] == ["b"]


def test_workdir_is_explained_if_it_is_asked_for(project, ask):
    project.component(
        "app", "class App(Component):\n    def configure(self): self.workdir = '/srv'"
    )
    project.environment("web = app")

    asked = ask("workdir")

    assert asked["workdir"].value == "'/srv'"
    assert asked["workdir"].origin.kind == "configure"


def test_the_value_of_the_last_round_counts(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            seen = None
            def configure(self):
                self.seen = self.require("late")

        class Later(Component):
            def configure(self):
                self.provide("late", "value")
        """,
    )
    project.environment("web = app, later")

    asked = ask()

    assert asked["seen"].plain == ["value"]
    assert [step.kind for step in asked["seen"].steps] == ["default", "configure"]


# What is wrong


def test_a_value_that_does_not_fit_is_told_beside_the_error(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            port = Attribute(int, 1)
            mode = "a"
            last = Attribute(int, 1)
        """,
    )
    project.environment("web = app", rest="[component:app]\nport = many\nmode = b\nlast = 7")

    asked = ask()

    assert len(asked.errors) == 1
    assert asked["port"].value == "<no value: what the environment says does not fit>"
    assert [step.kind for step in asked["port"].steps] == ["default", "override"]
    assert asked["mode"].value == "'b'"
    assert asked["last"].plain == 7
    assert [step.kind for step in asked["last"].steps] == ["default", "override"]


def test_a_component_that_cannot_be_configured_is_explained_as_far_as_it_got(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            port = Attribute(int, 1)
            needed = Attribute(str)
            def configure(self):
                self.port = 2
                1 / 0
        """,
    )
    project.environment("web = app")

    asked = ask()

    assert [type(error).__name__ for error in asked.errors] == [
        "UnknownComponentConfigurationError"
    ]
    assert asked["port"].value == "2"
    assert asked["needed"].value == "<no value>"
    assert asked.steps("needed") == ["no default (components/app/component.py:7)"]


def test_a_component_that_cannot_even_be_made_is_explained_by_what_is_written(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            port = Attribute(int, 1)
            def __init__(self): 1 / 0
        """,
    )
    project.environment("web = app", rest="[component:app]\nport = 2")

    asked = ask()

    assert len(asked.errors) == 1
    assert "could not be configured" in asked["port"].value
    assert [step.kind for step in asked["port"].steps] == ["default", "override"]
    assert asked.fact("workdir").value == "work/app"


def test_a_value_that_cannot_be_computed_says_why(project, ask):
    project.component(
        "app", "class App(Component):\n    bad = Attribute(int, ConfigString('{{nothing}}'))\n"
    )
    project.environment("web = app")

    asked = ask()

    assert asked["bad"].value.startswith("<no value: AttributeExpansionError: ")
    assert asked["bad"].plain is None


def test_errors_elsewhere_do_not_hide_the_explanation(project, ask):
    project.component("app", "class App(Component):\n    port = 1\n")
    project.environment("web = app, unknown")

    asked = ask()

    assert [type(error).__name__ for error in asked.errors] == ["MissingComponent"]
    assert asked["port"].value == "1"


@pytest.mark.parametrize(
    "kw, summary, hint",
    [
        (
            {"host": "wbe"},
            "there is no host 'wbe' in environment 'local'",
            "did you mean 'web'?",
        ),
        (
            {"component": "zzz"},
            "there is no component 'zzz' on host 'web'",
            "there are: 'app', 'other'",
        ),
        (
            {"attribute": "prot"},
            "there is no attribute 'prot' in component 'app'",
            "did you mean 'port'?",
        ),
        (
            {"attribute": "configure"},
            "there is no attribute 'configure' in component 'app'",
            "there are: 'port'",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_told_with_the_nearest_ones(project, ask, kw, summary, hint):
    project.component("app", "class App(Component):\n    port = 1\nclass Other(Component): pass\n")
    project.environment("web = app, other")

    asked = ask(**kw)

    (error,) = asked.errors
    assert asked.explanation is None
    assert (error.summary(), error.hint()) == (summary, hint)


def test_a_component_whose_file_is_broken_is_not_called_unknown(project, ask):
    project.component("app", "class App(Component:\n")
    project.environment("web = app")

    asked = ask()

    assert [type(error).__name__ for error in asked.errors] == ["ComponentLoadingError"]


def test_an_environment_that_does_not_exist_aborts(project, monkeypatch):
    project.environment("web = app")
    monkeypatch.chdir(project.path)

    with aside(Masker()), pytest.raises(Aborted) as caught:
        load("loacl", Masker())

    assert "did you mean 'local'?" in caught.value.errors[0].hint()


# Host


def test_facts_of_the_host_have_their_places(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            def configure(self):
                self.workdir = self.workdir + "/below"

        @platform("nixos", App)
        class AppNixOS(Component): pass
        """,
    )
    config = project.environment(
        "",
        rest="[host:web]\ncomponents =\n  !app\nplatform = nixos\ndata-alias = www\ndata-a = b",
    )

    asked = ask()

    path = "environments/local/environment.cfg"
    assert [(f.name, f.value, str(f.place)) for f in asked.explanation.facts] == [
        ("class", "App", "components/app/component.py:5"),
        ("platform", "nixos", f"{path}:{line_of(config, 'platform')}"),
        ("companion", "AppNixOS", "components/app/component.py:10"),
        ("workdir", "work/app/below", "components/app/component.py:7"),
        (
            "ignored",
            "yes: the component is not deployed",
            f"{path}:{line_of(config, 'components =')}",
        ),
        ("data-a", "'b'", f"{path}:{line_of(config, 'data-a =')}"),
        ("data-alias", "'www'", f"{path}:{line_of(config, 'data-alias')}"),
    ]


@pytest.mark.parametrize(
    "setting, asked_for, value, where",
    [
        ("platform = nixos", None, "nixos", "environments/local/environment.cfg:3"),
        ("host_domain = example.com", None, "example.com", "environments/local/environment.cfg:3"),
        ("platform = nixos", "debian", "debian", "as asked for with --platform"),
        ("jobs = 1", None, "none", ""),
    ],
)
def test_the_platform_says_who_chose_it(project, ask, setting, asked_for, value, where):
    project.component("app", "class App(Component): pass\n")
    config = project.environment("web = app")
    config.write_text(config.read_text().replace("[hosts]", f"{setting}\n[hosts]"))

    fact = ask(platform=asked_for).fact("platform")

    assert fact.value == value
    assert where in (str(fact.place or ""), fact.note)


def test_companions_of_other_platforms_are_named(project, ask):
    project.component(
        "app",
        """
        class App(Component): pass

        @platform("nixos", App)
        class AppNixOS(Component): pass
        """,
    )
    project.environment("web = app")

    fact = ask(platform="debian").fact("companion")

    assert fact.value == "none; there are some for 'nixos'"


# Secrets

SECRET, DATA = "correct-horse", "battery-staple"


@pytest.fixture
def secrets(project, monkeypatch):
    """Secrets of the project, and somebody who can read them."""
    identity = pyrage.x25519.Identity.generate()
    recipient = identity.to_public()
    key = project.write("key.txt", str(identity) + "\n")
    monkeypatch.setenv("BATOU_AGE_IDENTITIES", str(key))
    text = (
        f"[batou]\nsecret_provider = age\nmembers = {recipient}\n"
        f"[component:app]\npassword = {SECRET}\npins = 12345, 67890\n"
        f"[host:web]\ndata-token = {DATA}\n"
    )
    file = project.path / "environments" / "local" / "secrets.cfg.age"
    file.write_bytes(pyrage.encrypt(text.encode(), [recipient]))
    return file


@pytest.fixture
def secret_project(project):
    """A component that passes its secrets on."""
    project.component(
        "app",
        """
        class App(Component):
            password = Attribute(str, "none")
            pins = Attribute("list", ConfigString(""))
            url = Attribute(str, ConfigString("psql://app:{{component.password}}@db"))
            copies = ()
            def configure(self):
                self.copies = [{self.password: self.password}, self.host.data.get("token")]
                self.own = self.password
                self.pins = self.pins + ["more"]
        """,
    )
    project.environment("web = app")
    return project


def test_no_secret_is_ever_shown(secret_project, secrets, ask):
    asked = ask(with_secrets=True)

    printed = asked.text + json.dumps(asked.explanation.to_json())
    for secret in (SECRET, DATA, "12345", "67890"):
        assert secret not in printed
    assert asked.errors == []
    assert asked["password"].is_secret
    assert asked["password"].value == asked["password"].plain == "<secret>"
    assert asked.steps("password") == [
        "default 'none' (components/app/component.py:6)",
        "secret <secret> (environments/local/secrets.cfg.age:5)",
    ]
    assert asked["pins"].value == "<secret>"
    assert asked["pins"].steps[-1].value == "<secret>"
    assert asked["url"].value == "'psql://app:***@db'"
    assert asked.fact("data-token").value == "<secret>"
    assert str(asked.fact("data-token").place) == "environments/local/secrets.cfg.age:8"


def test_without_asking_secrets_stay_closed_and_the_explanation_says_so(
    secret_project, secrets, ask
):
    asked = ask()

    assert asked["password"].value == "'none'"
    assert asked.text.endswith(
        "\nenvironments/local/secrets.cfg.age was not read; "
        "with --secrets the values that it overrides count, too\n"
    )


def test_secrets_that_cannot_be_read_are_an_error_beside_the_explanation(
    secret_project, secrets, ask
):
    secrets.write_bytes(b"garbage")

    asked = ask(with_secrets=True)

    assert len(asked.errors) == 1
    assert "secrets.cfg.age" in str(asked.errors[0])
    assert asked["password"].value == "'none'"


# Looking without disturbing


def test_a_class_is_as_before_when_watching_ends():
    class Own(Component):
        def __setattr__(self, name, value):
            super().__setattr__(name, str(value))

    before = Own.__setattr__
    with watching_assignments(Own) as seen, watching_assignments(Component):
        component = Own()
        component.x = 1

    assert component.x == "1"
    assert [(a.name, a.value, a.kind) for a in seen.to(component)] == [("x", 1, "configure")]
    assert Own.__setattr__ is before
    assert "__setattr__" not in vars(Component)


def test_instances_of_a_subclass_are_not_watched():
    class Base(Component):
        pass

    class Special(Base):
        pass

    with watching_assignments(Base) as seen:
        component = Special()
        component.x = 1

    assert seen.to(component) == []


def test_what_components_say_does_not_reach_stdout(capsys):
    from batou.report import say

    with aside(Masker(["hunter2"])):
        print("printed")
        say(Line("said"))
        say(Failure("wrong with hunter2"))

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "printed\n\nERROR: wrong with ***\n"


def test_with_debug_everything_is_said_aside(capsys):
    from batou.report import say

    with aside(Masker(), debug=True):
        say(Line("said"))

    assert capsys.readouterr().err == "said\n"


# Places


def test_a_component_is_found_although_a_module_of_its_name_exists(project, ask):
    assert "json" in sys.modules
    project.component("json", "class Json(Component):\n    indent = 2\n")
    project.environment("web = json")

    asked = ask(component="json")

    assert asked.steps("indent") == ["default 2 (components/json/component.py:5)"]


def test_the_file_of_a_class_whose_module_is_gone_is_that_of_its_methods(tmp_path):
    path = tmp_path / "gone.py"
    path.write_text("class Gone:\n    x = 1\n    def method(self): pass\n")
    names: dict = {"__name__": "gone"}
    exec(compile(path.read_text(), str(path), "exec"), names)

    assert file_of(names["Gone"]) == str(path)
    assert str(attribute_place(names["Gone"], "x", str(tmp_path))) == "gone.py:2"


def test_of_two_classes_of_a_name_the_right_one_is_found(tmp_path):
    path = tmp_path / "two.py"
    path.write_text(
        "def make():\n"
        "    class Two:\n"
        "        x = 1\n"
        "        def method(self): pass\n"
        "    return Two\n"
        "class Two:\n"
        "    x = 2\n"
        "    def method(self): pass\n"
    )
    names: dict = {"__name__": "two"}
    exec(compile(path.read_text(), str(path), "exec"), names)

    inner, outer = names["make"](), names["Two"]
    assert str(class_place(inner, str(tmp_path))) == "two.py:2"
    assert str(attribute_place(outer, "x", str(tmp_path))) == "two.py:7"


def test_a_class_without_source_has_no_place():
    kind = type("Made", (), {"x": 1})

    assert class_place(kind, "/") is None
    assert attribute_place(kind, "x", "/") is None


def test_paths_are_relative_to_the_project_or_to_where_python_finds_them(tmp_path, monkeypatch):
    project, site = tmp_path / "project", tmp_path / "project" / ".env" / "site-packages"
    monkeypatch.syspath_prepend(str(site))

    assert shown(str(project / "components" / "x.py"), str(project)) == "components/x.py"
    assert shown(str(site / "ext" / "x.py"), str(project)) == "ext/x.py"
    assert shown("/nowhere/x.py", str(project)) == "/nowhere/x.py"


# For people


def test_long_values_lose_their_middle():
    assert shortened("x" * 300) == "x" * 64 + " … " + "x" * 33


def test_a_repr_that_raises_or_has_several_lines_does_not_disturb():
    class Bad:
        def __repr__(self) -> str:
            raise RuntimeError

    class Long:
        def __repr__(self) -> str:
            return "a\nb"

    assert safe_repr(Bad()) == "<Bad, whose repr raises RuntimeError>"
    assert safe_repr(Long()) == "a b"


def test_json_has_values_as_they_are(project, ask):
    project.component(
        "app",
        """
        class App(Component):
            number = 1
            nothing = None
            several = Attribute("literal", {"a": [1, (2, "x")]})
            odd = Attribute("literal", {1: 2})
        """,
    )
    project.environment("web = app")

    found = json.loads(json.dumps(ask().explanation.to_json()))

    values = {entry["name"]: entry["value"] for entry in found["attributes"]}
    assert values == {
        "number": 1,
        "nothing": None,
        "several": {"a": [1, [2, "x"]]},
        "odd": "{1: 2}",
    }
    assert found["attributes"][0]["steps"] == [
        {
            "kind": "default",
            "how": "default",
            "value": "1",
            "file": "components/app/component.py",
            "line": 6,
        }
    ]


def test_nothing_is_written_by_explaining(project, ask):
    project.component("app", "class App(Component):\n    def configure(self): self += File('x')\n")
    project.environment("web = app")

    before = subprocess.run(["find", "."], cwd=project.path, capture_output=True, check=True).stdout
    ask()
    after = subprocess.run(["find", "."], cwd=project.path, capture_output=True, check=True).stdout

    kept = [line for line in after.splitlines() if not line.startswith(b"./.batou")]
    assert sorted(kept) == sorted(before.splitlines())
