"""A wait with nothing behind it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.waits:
        if subject.flat[str(step["id"])]["next"] is None:
            message = "Nothing comes after this wait."
            help = "Write what it waits for as the next step, or take it away."
            yield Finding((*path, "id"), message, help)


RULE = Rule(
    code="J712",
    group="flow",
    severity="info",
    meaning="A wait is the last thing that happens.",
    why="People stay in the journey without anything to come. Sometimes a step below it was lost.",
    example=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - { id: pause, wait: 2 days }
"""
    ),
    clean=Example(
        """\
steps:
  - { id: pause, wait: 2 days }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
