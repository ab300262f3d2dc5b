"""A condition that nobody can meet."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.reasoning import (
    never_holds,
)
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for written in subject.conditions:
        if never_holds(written.predicate):
            message = "This condition never holds: its parts exclude each other."
            help = "Use `any: [...]` if one of them is enough, or correct the values."
            yield Finding(written.path, message, help)


RULE = Rule(
    code="J720",
    group="conditions",
    severity="warning",
    meaning="A condition can never hold.",
    why="Whatever it guards never happens: nobody enters, or nobody goes that way.",
    example=Example("enter_when: { contact.orders: { gte: 5, lt: 3 } }\n"),
    clean=Example("enter_when: { contact.orders: { gte: 3, lt: 5 } }\n"),
    check=check,
)
