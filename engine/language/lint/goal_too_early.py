"""A goal window that is over before the first message leaves."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    time_to_first_send,
)
from engine.language.lint.lengths import seconds_of
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if subject.goal.get("from") != "entered" or not subject.letters:
        return
    window, first = seconds_of(subject.goal.get("within", "7 days")), time_to_first_send(subject)
    if window is not None and window <= first < float("inf"):
        message = "The window of the goal is over before the first message leaves."
        help = "Make `within` longer than the waits above the first message, or count `from: sent`."
        place = ("goal", "within") if "within" in subject.goal else ("goal",)
        yield Finding(place, message, help)


_STEPS = """\
steps:
  - { id: pause, wait: 10 days }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
RULE = Rule(
    code="J737",
    group="entry and goal",
    severity="warning",
    meaning="The goal's window ends before the first message.",
    why="Nothing that the messages bring about can be counted.",
    example=Example("goal: { event: Order Completed, within: 7 days, from: entered }\n" + _STEPS),
    clean=Example("goal: { event: Order Completed, within: 30 days, from: entered }\n" + _STEPS),
    check=check,
)
