"""What came out of a trial, as JUnit XML: a case for each step and host, and those of pytest."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One step on one host: *problem* is empty if it is as wished, *details* say more."""

    step: str
    host: str
    seconds: float = 0.0
    problem: str = ""
    details: str = ""


def document(
    environment: str,
    cases: Sequence[Case],
    reports: Iterable[str] = (),
    clean: Callable[[str], str] = str,
) -> str:
    """The XML for *cases*; *reports* are documents of pytest that are taken over.

    Every text goes through *clean*, which masks secrets.

    >>> print(document("dev", [Case("deploy", "web", 1.5)]).splitlines()[3].strip())
    <testcase classname="dev.web" name="deploy" time="1.500" />
    """
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=f"batou test {environment}",
        tests=str(len(cases)),
        failures=str(sum(bool(case.problem) for case in cases)),
        errors="0",
        skipped="0",
        time=f"{sum(case.seconds for case in cases):.3f}",
    )
    for case in cases:
        where = f"{environment}.{case.host}" if case.host else environment
        element = ET.SubElement(
            suite, "testcase", classname=where, name=case.step, time=f"{case.seconds:.3f}"
        )
        if case.problem:
            failure = ET.SubElement(element, "failure", message=printable(case.problem))
            failure.text = printable(case.details or case.problem)
    for report in reports:
        root.extend(ET.fromstring(report).iter("testsuite"))
    for element in root.iter():
        element.text = clean(element.text) if element.text else None
        element.attrib.update({key: clean(value) for key, value in element.attrib.items()})
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def printable(text: str) -> str:
    """*text* without the characters that XML 1.0 cannot contain."""
    return "".join(c for c in text if c in "\t\n" or ord(c) >= 32)
