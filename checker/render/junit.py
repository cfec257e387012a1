"""Report -> JUnit XML, in the form that CI servers read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from checker.render.safe import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model import Check, Report

NOT_XML = re.compile("[\ufffe\uffff]")
TAGS = {"failed": "failure", "error": "error", "not_run": "skipped"}


def render(reports: Sequence[Report]) -> str:
    """Write one test suite for each lesson, one test case for each check."""
    root = Element("testsuites")
    for report in reports:
        _suite(root, report)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, report: Report) -> None:
    checks = [(result.step, check) for result in report.steps for check in result.checks]
    count = {status: sum(c.status == status for _, c in checks) for status in TAGS}
    suite = SubElement(
        root,
        "testsuite",
        name=report.lesson.name,
        tests=str(len(checks) + (report.trouble is not None)),
        failures=str(count["failed"]),
        errors=str(count["error"] + (report.trouble is not None)),
        skipped=str(count["not_run"]),
        time=f"{report.duration_s:.3f}",
    )
    if report.trouble:
        case = SubElement(suite, "testcase", classname=report.lesson.name, name="starts")
        error = SubElement(case, "error", type=report.trouble.kind)
        error.set("message", _xml(report.trouble.message.partition("\n")[0]))
        error.text = _xml(report.trouble.message)
    for step, check in checks:
        case = SubElement(
            suite, "testcase", classname=f"{step.id} {step.title}", name=_xml(check.label)
        )
        if check.status in TAGS:
            _result(case, check)


def _result(case: Element, check: Check) -> None:
    result = SubElement(case, TAGS[check.status])
    result.set("message", _xml(check.message.partition("\n")[0]))
    lines = [check.message, *(exchange.curl for exchange in check.exchanges[-1:])]
    result.text = _xml("\n".join(lines))


def _xml(text: str) -> str:
    return NOT_XML.sub("?", plain(text))
