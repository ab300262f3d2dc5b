"""A wait of no length."""

from __future__ import annotations

from collections.abc import Iterator

from engine.conditions.wording import show
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.lengths import seconds_of
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.waits:
        alone = not any(key in step for key in ("until", "days", "between", "until_date"))
        if alone and seconds_of(step.get("wait")) == 0:
            help = "Write how long, for example `wait: 1 day`, or take the step away."
            yield Finding((*path, "wait"), f"`wait: {show(step['wait'])}` waits for nothing.", help)


RULE = Rule(
    code="J708",
    group="time",
    severity="warning",
    meaning="A wait of 0.",
    why="It does nothing. Most often it was put in for a trial and forgotten.",
    example=Example(
        """\
steps:
  - { id: pause, wait: 0 days }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
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
