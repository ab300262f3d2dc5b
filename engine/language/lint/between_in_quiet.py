"""A wait whose hours lie all in the quiet hours of the message behind it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.calendar.clock_times import TimeSpan, read_span
from engine.conditions.wording import show
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    sends_without_wait,
)
from engine.language.lint.lengths import span_seconds
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.waits:
        if "between" not in step:
            continue
        for following in sends_without_wait(subject, str(step["id"])):
            quiet = subject.quiet_hours(subject.flat[following]["data"])
            if quiet is not None and _lies_in(read_span(step["between"]), quiet):
                message = (
                    f"`{show(step['between'])}` lies wholly in the quiet hours {quiet.text} of `{following}`."
                )
                help = "The message would always be held. Choose hours outside the quiet ones."
                yield Finding((*path, "between"), message, help)
                break


def _lies_in(inner: TimeSpan, outer: TimeSpan) -> bool:
    """Both ends inside, and not the longer one: then all of it is."""
    starts = outer.holds(inner.start) and (outer.holds(inner.end) or inner.end == outer.end)
    return starts and span_seconds(inner) <= span_seconds(outer)


RULE = Rule(
    code="J751",
    group="time",
    severity="warning",
    meaning="The `between` of a wait lies wholly in the quiet hours of the message behind it.",
    why="The two never open together: the wait lets go only when the message must not leave.",
    example=Example(
        """\
steps:
  - { id: evening, between: 22:00-23:00 }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - { id: evening, between: 18:00-20:00 }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
