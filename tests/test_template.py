"""Templates: what Jinja is set to, and what goes wrong in them."""

import os
import stat

import pytest

from batou.errors import ConfigurationError, TemplatingError, UpdateNeeded
from batou.template import Jinja2Engine, TemplateEngine, engine, is_plain


@pytest.fixture
def jinja():
    return Jinja2Engine()


def test_the_engine_is_found_by_name_in_any_case():
    assert isinstance(TemplateEngine.get("jinja2"), Jinja2Engine)
    assert isinstance(TemplateEngine.get("Jinja2"), Jinja2Engine)
    with pytest.raises(NotImplementedError, match="there is no template engine 'mako'"):
        TemplateEngine.get("mako")


def test_an_engine_has_its_own_jinja_environment(jinja):
    assert jinja.env is not Jinja2Engine().env
    assert engine() is engine()


@pytest.mark.parametrize(
    "template, text",
    [
        ("plain", "plain"),
        ("{{a}}", "1"),
        ("{{a}}\n", "1\n"),
        ("\n\n{{a}}\n\n", "\n\n1\n\n"),
        ("{% for x in list %}{{x}},{% endfor %}", "1,2,"),
        ("@@ for x in list\n- {{x}}\n@@ endfor\n", "- 1\n- 2\n"),
        ("{%- if a %} yes {%- endif %}", " yes"),
        ("{# comment #}x", "x"),
        ("{{mapping.key}} {{mapping['key']}}", "v v"),
        ("{{mapping.items()|sort|first|first}}", "key"),
        ("<&{{'<'}}", "<&<"),
        ("{{missing|default('d')}}", "d"),
        ("{{mapping.missing is defined}}", "False"),
        ("a@b.example.com", "a@b.example.com"),
        ("$PATH ${HOME} { } %", "$PATH ${HOME} { } %"),
        ("a\r\nb", "a\nb"),
    ],
)
def test_text_is_expanded(jinja, template, text):
    args = {"a": 1, "list": [1, 2], "mapping": {"key": "v"}}

    assert jinja.expand(template, args) == text


@pytest.mark.parametrize("text", ["", "x", "a\nb\n", "100 %", "}}", "@ x", "\u2028"])
def test_plain_text_is_what_jinja_would_return(jinja, text):
    assert is_plain(text)
    assert jinja.env.from_string(text).render() == text


@pytest.mark.parametrize(
    "template, problem, line, source",
    [
        ("{{missing}}", "'missing' is undefined", 1, "{{missing}}"),
        ("{{hots}}", "'hots' is undefined, did you mean 'host'?", 1, "{{hots}}"),
        ("a\n  {{x.missing}}\n", "dict has no attribute 'missing'", 2, "{{x.missing}}"),
        ("a\nb\n{{1 +}}", "TemplateSyntaxError: ", 3, "{{1 +}}"),
        ("a\n{% for %}", "TemplateSyntaxError: ", 2, "{% for %}"),
        ("a\n\n{{x.gone()}}", "dict has no attribute 'gone'", 3, "{{x.gone()}}"),
        ("{{1/0}}", "ZeroDivisionError: division by zero", 1, "{{1/0}}"),
        ("a\n{{x['k']()}}", "TypeError: ", 2, "{{x['k']()}}"),
        ("{% include 'gone' %}", "there is no template 'gone'", 1, "{% include 'gone' %}"),
    ],
)
def test_what_goes_wrong_is_named_with_its_line(jinja, template, problem, line, source):
    with pytest.raises(TemplatingError) as caught:
        jinja.expand(template, {"x": {"k": None}}, identifier="App > File('x')")

    error = caught.value
    assert error.exception_str.startswith(problem)
    assert error.place == f"App > File('x'):{line}"
    assert error.rows() == [("Template", source)]


@pytest.mark.parametrize("problem", [UpdateNeeded("why"), ConfigurationError("why")])
def test_errors_that_speak_for_themselves_pass(jinja, problem):
    def fail():
        raise problem

    with pytest.raises(type(problem)) as caught:
        jinja.expand("{{fail()}}", {"fail": fail})

    assert caught.value is problem


def test_bytes_are_no_template(jinja):
    with pytest.raises(TemplatingError, match="a template is text, got bytes"):
        jinja.expand(b"{{x}}", {}, "App")


def test_a_large_template_is_remarked_upon_and_rendered(jinja, output):
    text = jinja.expand("{{a}}" + "x" * 200_000, {"a": 1}, "App")

    assert len(text) == 200_001
    assert output.backend.output == "WARNING: template 'App' is larger than 100 KiB\n"


def test_large_plain_text_is_not_worth_a_remark(jinja, output):
    jinja.expand("x" * 200_000, {})

    assert output.backend.output == ""


def test_a_file_is_rendered_with_one_more_newline(jinja, tmp_path):
    path = tmp_path / "x.cfg"
    path.write_text("{{a}} ü\n", encoding="utf-8")

    assert jinja.template(str(path), {"a": 1}) == "1 ü\n\n"


def test_in_a_file_only_what_jinja_finds_wrong_is_wrapped(jinja, tmp_path):
    path = tmp_path / "x.cfg"
    path.write_text("{{1/0}}")
    with pytest.raises(ZeroDivisionError):
        jinja.template(str(path), {})

    path.write_text("{{missing}}")
    with pytest.raises(TemplatingError) as caught:
        jinja.template(str(path), {})
    assert caught.value.template_identifier == str(path)

    with pytest.raises(FileNotFoundError):
        jinja.template(str(tmp_path / "gone"), {})


def test_templates_include_import_and_extend_files_of_the_current_directory(
    jinja, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "part").write_text("part {{a}}")
    (tmp_path / "macros").write_text("{% macro twice(x) %}{{x}}{{x}}{% endmacro %}")
    (tmp_path / "base").write_text("<{% block inner %}{% endblock %}>")

    assert jinja.expand("{% include 'part' %}", {"a": 1}) == "part 1"
    assert jinja.expand("{% from 'macros' import twice %}{{twice(a)}}", {"a": 1}) == "11"
    extending = "{% extends 'base' %}{% block inner %}{{a}}{% endblock %}"
    assert jinja.expand(extending, {"a": 1}) == "<1>"


def test_an_included_file_is_read_anew_each_time(jinja, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in ("one", "two"):
        (tmp_path / "part").write_text(text)
        assert jinja.expand("{% include 'part' %}", {}) == text


def test_an_error_in_an_included_file_names_that_file(jinja, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "part").write_text("\n{% for %}")

    with pytest.raises(TemplatingError) as caught:
        jinja.expand("{% include 'part' %}", {}, "App")

    assert caught.value.rows() == [("Where", "part:2"), ("Code", "{% for %}")]


class TestKeptOnDisk:
    def test_what_was_compiled_is_used_by_the_next_run(self, tmp_path):
        first, second = Jinja2Engine(), Jinja2Engine()
        for each in (first, second):
            each.keep_compiled_in(str(tmp_path / "templates"))

        assert first.expand("{{a}}", {"a": 1}) == "1"
        second.env.compile = None  # not needed any more
        assert second.expand("{{a}}", {"a": 2}) == "2"

    def test_errors_of_kept_templates_have_their_line(self, tmp_path):
        for _ in range(2):
            jinja = Jinja2Engine()
            jinja.keep_compiled_in(str(tmp_path / "templates"))
            with pytest.raises(TemplatingError) as caught:
                jinja.expand("\n{{missing}}", {}, "App")
            assert (caught.value.line, caught.value.source) == (2, "{{missing}}")

    def test_a_directory_that_others_may_write_to_is_not_used(self, tmp_path):
        tmp_path.chmod(0o777)
        jinja = Jinja2Engine()
        jinja.keep_compiled_in(str(tmp_path))

        jinja.expand("{{a}}", {"a": 1})

        assert os.listdir(tmp_path) == []

    def test_a_template_with_a_secret_is_not_kept(self, tmp_path):
        jinja = Jinja2Engine()
        jinja.keep_compiled_in(str(tmp_path / "templates"))
        jinja.keep_none_that(lambda source: "hunter2" in source)

        assert jinja.expand("{{ a }} hunter2", {"a": 1}) == "1 hunter2"
        assert jinja.expand("{{ a }} here", {"a": 1}) == "1 here"
        assert len(list((tmp_path / "templates").iterdir())) == 1

    def test_a_broken_file_is_compiled_again(self, tmp_path):
        directory = tmp_path / "templates"
        for _ in range(2):
            jinja = Jinja2Engine()
            jinja.keep_compiled_in(str(directory))
            assert jinja.expand("{{a}}", {"a": 1}) == "1"
            [kept] = directory.iterdir()
            kept.write_bytes(b"broken")

    def test_the_directory_is_closed_to_others(self, tmp_path):
        jinja = Jinja2Engine()
        jinja.keep_compiled_in(str(tmp_path / "templates"))

        assert stat.S_IMODE((tmp_path / "templates").stat().st_mode) == 0o700
