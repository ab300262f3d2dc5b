"""A journey that sends and has no goal."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if subject.marketing and not subject.goal:
        message = "This journey has no goal, so nobody can tell whether it is of use."
        help = "Add for example `goal: {event: Order Completed, within: 7 days, revenue: event.total}`."
        yield Finding(("journey",), message, help)


RULE = Rule(
    code="J734",
    group="entry and goal",
    severity="info",
    meaning="A journey that sends marketing has no goal.",
    why="Without a goal nothing is counted, and who has done what was wanted still gets the rest.",
    example=Example(without=("goal",)),
    clean=Example("goal: { event: Order Completed, within: 7 days }\n"),
    check=check,
)
