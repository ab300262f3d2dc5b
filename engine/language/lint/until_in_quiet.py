"""A wait until a time of day in the quiet hours of the message behind it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.calendar.clock_times import read_time_of_day
from engine.conditions.wording import show
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    sends_without_wait,
)
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.waits:
        if "until" not in step:
            continue
        for following in sends_without_wait(subject, str(step["id"])):
            quiet = subject.quiet_hours(subject.flat[following]["data"])
            if quiet is not None and quiet.holds(read_time_of_day(step["until"])):
                message = f"`{show(step['until'])}` lies in the quiet hours {quiet.text} of `{following}`."
                help = "The message would be held until they end. Choose another time or other quiet hours."
                yield Finding((*path, "until"), message, help)
                break


RULE = Rule(
    code="J750",
    group="time",
    severity="warning",
    meaning="A wait ends inside the quiet hours of the message behind it.",
    why="The message never leaves at the time that is written, but always when the quiet hours end.",
    example=Example(
        """\
steps:
  - { id: evening, wait: 1 day, until: 22:00 }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - { id: evening, wait: 1 day, until: 19:00 }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
