"""A condition that everybody meets."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.reasoning import (
    always_holds,
)
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for written in subject.conditions:
        if always_holds(written.predicate):
            message = "This condition always holds, so it decides nothing."
            yield Finding(written.path, message, "Correct it, or take it away.")


RULE = Rule(
    code="J721",
    group="conditions",
    severity="warning",
    meaning="A condition always holds.",
    why="It looks like a safeguard and keeps nobody out.",
    example=Example("enter_when: { did: Order Completed, within: 30 days, count: { gte: 0 } }\n"),
    clean=Example("enter_when: { did: Order Completed, within: 30 days, count: { gte: 1 } }\n"),
    check=check,
)
