"""A wait of whole days that is written in hours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject

_HOURS: Final = re.compile(r"\s*(\d+)\s*(?:h|hr|hrs|hours)\s*")


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.waits:
        hours = _HOURS.fullmatch(str(step.get("wait", "")))
        if hours and int(hours[1]) >= 48 and int(hours[1]) % 24 == 0 and "until" not in step:
            days = int(hours[1]) // 24
            message = (
                f"{hours[1]} hours are counted exactly, so around the change of the clocks it "
                "ends an hour off."
            )
            yield Finding((*path, "wait"), message, f"Write `wait: {days} days` to keep the time of day.")


RULE = Rule(
    code="J757",
    group="time",
    severity="info",
    meaning="A wait of whole days is written in hours.",
    why="Hours are exact, days keep the time on the clock. Twice a year the two differ by an hour.",
    example=Example(
        """\
steps:
  - { id: pause, wait: 48 hours }
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
