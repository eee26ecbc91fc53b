"""What a trial says: verdicts, attempts, JUnit."""

import xml.etree.ElementTree as ET

from batou.report.events import Failure, Heading, Line, Outcome, RootOutcome
from batou.report.masking import Masker
from batou.testing.fleet import Attempt
from batou.testing.trial.deployment import Change, Deployed, Watch, Work
from batou.testing.trial.junit import Case, document
from batou.testing.trial.outside import closed_doors, reached_for
from batou.testing.trial.stage import StagedHost
from batou.testing.trial.verdict import not_idempotent, sentence, works_elsewhere

WEB = StagedHost("web", "c1", "10.0.0.2", "ubuntu", "ubuntu")
NIX = StagedHost("nix", "c2", "10.0.0.3", "nixos", "nixos")


def test_the_same_component_on_two_hosts_is_one_failure():
    changes = [Change(host, "app", "App > Stamp", "older") for host in ("web2", "web1")]

    [failure] = not_idempotent(changes)

    assert "component 'app' is not idempotent" in failure.headline
    assert dict(failure.rows) == {
        "Hosts": "web1, web2",
        "Component": "App > Stamp",
        "Reason": "older",
    }


def test_what_was_shown_of_the_change_is_in_the_failure():
    [failure] = not_idempotent([Change("web", "app", "App", "", ("-1", "+2"))])

    assert dict(failure.rows)["Changed"] == "-1\n+2"


def test_a_component_that_fails_on_one_platform_only_is_told_so():
    works = (Work("web", "app", 0, 1, "updated"), Work("nix", "app", 0, 1, "failed"))

    [failure] = works_elsewhere(Deployed(1, 1.0, works=works), [WEB, NIX])

    assert failure.headline == "component 'app' works on ubuntu and not on nixos"
    assert "@platform('nixos', App)" in failure.hint


def test_a_component_that_fails_everywhere_is_not_blamed_on_a_platform():
    works = (Work("web", "app", 0, 1, "failed"), Work("nix", "app", 0, 1, "failed"))

    assert works_elsewhere(Deployed(1, 1.0, works=works), [WEB, NIX]) == []


def test_the_verdict_names_what_stands_in():
    host = StagedHost("web", "c1", "", "gentoo", "debian")

    assert sentence("dev", [host], []) == "environment 'dev' works on web (gentoo on debian)"


def test_an_attempt_is_of_the_component_that_was_at_work():
    works = [Work("web", "one", 0, 10, "updated"), Work("web", "two", 10, 20, "updated")]
    attempts = [Attempt("web", "example.org", 15), Attempt("db", "example.org", 15)]

    assert reached_for(attempts, works) == [
        "web: component 'two' reached for example.org",
        "db: something reached for example.org",
    ]


def test_who_failed_and_reached_out_is_told_that_there_is_no_way():
    works = [Work("web", "one", 0, 10, "failed"), Work("db", "one", 0, 10, "updated")]
    attempts = [Attempt("web", "example.org", 5), Attempt("db", "example.org", 5)]

    [failure] = closed_doors(attempts, works)

    assert "component 'one' reached for example.org, and there is no way out" in failure.headline
    assert failure.rows == (("Host", "web"),)


def test_a_watch_takes_down_what_changed_and_why():
    watch = Watch(Masker(["hunter2"]), clock=lambda: 7.0)

    watch.receive(Heading("web", "app", "App > File"))
    watch.receive(Line("+password hunter2", host="web"))
    watch.receive(Line("of another host", host="db"))
    watch.receive(Outcome("web", "app", "App > File", "updated", "differs"))
    watch.receive(RootOutcome("web", "app", "updated", seconds=2.0))
    watch.receive(RootOutcome("web", "other", "updated"))
    watch.receive(Failure("wrong"))
    watch.receive(Failure("strange", level="warning"))

    assert watch.changes == [
        Change("web", "app", "App > File", "differs", ("+password ***",)),
        Change("web", "other", "other"),
    ]
    assert watch.works[0] == Work("web", "app", 5.0, 7.0, "updated")
    assert [failure.headline for failure in watch.failures] == ["wrong"]


def test_junit_has_a_case_for_each_step_and_host():
    cases = [Case("deploy", "web", 1.0), Case("deploy again", "web", 0.5, "it changed", "+2\x1b")]

    text = document("dev", cases, ['<testsuites><testsuite name="pytest" /></testsuites>'])

    own, pytests = ET.fromstring(text.partition("\n")[2])
    assert [case.get("name") for case in own] == ["deploy", "deploy again"]
    assert (own.get("tests"), own.get("failures")) == ("2", "1")
    assert own[1][0].get("message") == "it changed"
    assert own[1][0].text == "+2"
    assert pytests.get("name") == "pytest"


def test_junit_masks_what_is_secret_even_if_xml_writes_it_otherwise():
    masker = Masker(["a<b&c"])

    text = document("dev", [Case("deploy", "web", 0, "got a<b&c")], (), masker.mask)

    assert "a&lt;b&amp;c" not in text
    assert "got ***" in text
