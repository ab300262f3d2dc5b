"""A time of day that does not exist on one day of the year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.calendar.clock_times import read_time_of_day
from engine.conditions.wording import show
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.model.fault import Path


def check(subject: Subject) -> Iterator[Finding]:
    for path, times in _places(subject):
        for key in ("until", "at"):
            if key in times and read_time_of_day(times[key]).hour == 2:
                message = f"`{show(times[key])}` does not exist on the day on which the clocks go forward."
                help = "It happens an hour later then. Any time outside 02:00 to 03:00 is the same every day."
                yield Finding((*path, key), message, help)


def _places(subject: Subject) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Waits, and the dates and schedules by which people enter."""
    for path, trigger in subject.triggers:
        for kind in ("date", "schedule"):
            if isinstance(trigger.get(kind), Mapping):
                yield (*path, kind), trigger[kind]
    yield from subject.waits


RULE = Rule(
    code="J752",
    group="time",
    severity="info",
    meaning="A fixed time between 02:00 and 03:00.",
    why="Where clocks change, this hour is missing once a year and comes twice on another day.",
    example=Example(
        """\
defaults: { topic: news }
steps:
  - { id: night, wait: 1 day, until: 02:30 }
  - { id: hello, send: email, quiet_hours: 12:00-13:00, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
defaults: { topic: news }
steps:
  - { id: night, wait: 1 day, until: 03:30 }
  - { id: hello, send: email, quiet_hours: 12:00-13:00, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
