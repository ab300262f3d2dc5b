"""A wait longer than a year."""

from __future__ import annotations

from collections.abc import Iterator

from engine.conditions.wording import show
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.lengths import DAY, seconds_of
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        for key in ("wait", "up_to"):
            seconds = seconds_of(step.get(key))
            if seconds is not None and seconds > 366 * DAY:
                message = f"`{key}: {show(step[key])}` is longer than a year."
                help = "Check the unit; for something that comes once a year, let people enter anew."
                yield Finding((*path, key), message, help)


RULE = Rule(
    code="J709",
    group="time",
    severity="warning",
    meaning="A wait longer than a year.",
    why="Mostly the unit is wrong. People who really stand for years meet a journey that nobody remembers.",
    example=Example(
        """\
steps:
  - { id: pause, wait: 24 months }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - { id: pause, wait: 24 hours, until: 10:00 }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
