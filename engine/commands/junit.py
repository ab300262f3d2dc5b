"""Test results as JUnit XML, which build servers read."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from engine.service.journey_tests import JourneyTests, Tried

#: What XML 1.0 cannot hold at all.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(done: list[JourneyTests]) -> str:
    """One suite per journey, one case per test."""
    root = Element("testsuites")
    for run in done:
        failures = sum(not result.passed for result in run.results)
        suite = SubElement(
            root, "testsuite", name=run.journey, tests=str(len(run.results)), failures=str(failures)
        )
        for result in run.results:
            _add(suite, result)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _add(suite: Element, result: Tried) -> None:
    case = SubElement(suite, "testcase", classname=result.journey, name=_text(result.name))
    if not result.passed:
        words = [_text(difference.words) for difference in result.differences]
        SubElement(case, "failure", message=words[0]).text = "\n".join(words)


def _text(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
