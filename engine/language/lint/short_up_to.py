"""A wait_for that gives people less than a minute."""

from __future__ import annotations

from collections.abc import Iterator

from engine.conditions.wording import show
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.lengths import MINUTE, seconds_of
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        seconds = seconds_of(step.get("up_to")) if "wait_for" in step else None
        if seconds is not None and seconds < MINUTE:
            message = f"Within {show(step['up_to'])} hardly anything can happen."
            yield Finding((*path, "up_to"), message, "Write for example `up_to: 2 days`.")


RULE = Rule(
    code="J707",
    group="time",
    severity="warning",
    meaning="The `up_to` of a wait_for is shorter than a minute.",
    why="Mail needs longer than that to be read, and events to arrive; nearly everybody goes the `else`.",
    example=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - id: looks
    wait_for: Cart Viewed
    up_to: 30 seconds
    then: [{ id: looked, end: looked }]
"""
    ),
    clean=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - id: looks
    wait_for: Cart Viewed
    up_to: 2 days
    then: [{ id: looked, end: looked }]
"""
    ),
    check=check,
)
