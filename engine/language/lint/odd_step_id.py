"""A step id that says nothing: step1, node-3, untitled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject

_GENERATED: Final = re.compile(
    r"(?:step|node|action|email|mail|wait|delay|branch|split|send|untitled|new|copy|block)[-_]?\d+|\d+"
    r"|untitled|.*[-_]copy(?:[-_]?\d+)?|[0-9a-f]{8,}(?:-[0-9a-f]{4,})*"
)


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        id = str(step.get("id"))
        if _GENERATED.fullmatch(id):
            message = f"The id `{id}` does not say what the step is for."
            help = "Name it by its purpose, such as `first-reminder`: reports and tests show this name."
            yield Finding((*path, "id"), message, help)


RULE = Rule(
    code="J715",
    group="people",
    severity="info",
    meaning="The id of a step looks generated.",
    why=(
        "Ids stand in tests, traces and reports for years, and people stand at them; a number "
        "tells nobody anything."
    ),
    example=Example(
        """\
steps:
  - { id: step1, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
