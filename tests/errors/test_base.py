"""What every error can do."""

import pytest

import batou
import batou.report
from batou.errors import (
    ConfigurationError,
    DeploymentError,
    FarError,
    Location,
    ReportingException,
    closest,
    listing,
)
from batou.errors.merge import merged
from batou.report.output import EventBackend


class Broken(ReportingException):
    """As deployments write them."""

    def __init__(self, what):
        self.what = what

    def __str__(self):
        return f"{self.what} is broken"

    def report(self):
        batou.output.error(f"{self.what} is broken")
        batou.output.tabular("What", self.what)


def test_an_error_reports_its_sentence_its_facts_and_its_hint(output):
    class Missing(ReportingException):
        def summary(self):
            return "file 'x' is missing"

        def rows(self):
            return [("Directory", "/srv")]

        def hint(self):
            return "make it"

    error = Missing()
    error.location = Location("environment.cfg", 12)
    error.report()

    assert output.backend.output.splitlines() == [
        "",
        "ERROR: file 'x' is missing",
        "          Where: environment.cfg:12",
        "      Directory: /srv",
        "           Hint: make it",
    ]
    assert str(error) == "file 'x' is missing"


def test_an_error_with_nothing_but_a_message_reports_that(output):
    ReportingException("it broke").report()
    DeploymentError().report()

    assert "ERROR: it broke" in output.backend.output
    assert "ERROR: the deployment cannot go on, see above" in output.backend.output


def test_an_error_knows_neither_place_nor_host_unless_told():
    error = ReportingException("x")

    assert error.location is None
    assert error.affected_hostname is None
    with pytest.raises(AttributeError, match="'ReportingException' has no attribute 'nope'"):
        error.nope


def test_what_a_deployments_own_report_prints_is_part_of_the_failure(monkeypatch):
    monkeypatch.setattr(batou.report.output, "backend", EventBackend(batou.report.say))

    failure = Broken("disk").failure()

    assert failure.error == "Broken"
    assert failure.rows == (("Report", "ERROR: disk is broken\n           What: disk"),)


def test_a_report_that_fails_does_not_hide_the_error():
    class Worse(ReportingException):
        def report(self):
            raise TypeError("no strings")

    failure = Worse("it broke").failure()

    assert failure.headline == "it broke"
    assert failure.rows == (("Report", "report() of Worse failed: TypeError('no strings')"),)


class TestOrder:
    def test_errors_without_an_own_order_come_first(self):
        assert ReportingException("x").sort_key[0] == -99

    def test_deployments_give_their_errors_a_key(self):
        class Late(ReportingException):
            sort_key = (500, "late")

        class Early(ReportingException):
            def __init__(self, number):
                self.sort_key = (-500, number)

        errors = [Late("z"), ConfigurationError("b"), ConfigurationError("a"), Early(1)]

        headlines = [failure.headline for failure in merged(errors)]
        assert headlines == ["1", "a", "b", "z"]


class TestMerging:
    def error(self, host, message="it broke"):
        error = ConfigurationError(message)
        error.affected_hostname = host
        return error

    def test_the_same_error_from_many_hosts_is_one_that_names_them(self):
        failures = merged([self.error("b"), self.error("a"), self.error("c", "other")])

        assert [(f.headline, dict(f.rows)) for f in failures] == [
            ("it broke", {"Hosts": "a, b"}),
            ("other", {"Host": "c"}),
        ]

    def test_errors_are_the_same_if_all_but_the_host_is_equal(self):
        assert self.error("a").should_merge(self.error("b"))
        assert not self.error("a").should_merge(self.error("a", "other"))
        assert not self.error("a").should_merge(DeploymentError("it broke"))

    def test_notes_that_batou_makes_on_an_error_do_not_matter(self):
        noted = self.error("a")
        noted._batou_failed = ("component", "verify")

        assert noted.should_merge(self.error("b"))

    def test_a_merged_error_knows_all_hosts(self):
        first, second = self.error("a"), self.error("b")

        assert ConfigurationError.merge([first, second]) == (first, {"a", "b"})
        assert ConfigurationError.merge([self.error(None)])[1] is None

    def test_classes_with_required_arguments_merge_too(self):
        failures = merged([Broken("disk"), Broken("disk"), Broken("net")])

        assert [failure.headline for failure in failures] == ["disk is broken", "net is broken"]

    def test_what_cannot_report_itself_is_left_to_others(self):
        assert merged([ValueError("x")]) == []


def test_an_error_of_a_host_keeps_its_words(output):
    error = FarError("Strange", "it broke", [("Host", "web1")], "repair it", "web1")

    failure = error.failure()

    assert (failure.headline, failure.error, failure.hint) == ("it broke", "Strange", "repair it")
    assert failure.rows == (("Host", "web1"),)
    assert error.hint() == "repair it"


def test_a_location_names_file_and_line():
    assert str(Location("environment.cfg", 3)) == "environment.cfg:3"
    assert str(Location("environment.cfg")) == "environment.cfg"


def test_names_are_guessed_and_listed():
    assert closest("Ngnix", ["nginx", "app"]) == "did you mean 'nginx'?"
    assert closest("zzz", ["nginx", "app"]) is None
    assert listing(["b", "a", "b"]) == "'a', 'b'"
    assert listing([], "nothing") == "nothing"
