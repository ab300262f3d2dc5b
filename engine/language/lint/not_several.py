"""A `not` over several keys, which means "not all of them"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.inside import nots_in
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for written in subject.conditions:
        for path, inner in nots_in(written.data, written.path):
            if isinstance(inner, Mapping) and len(inner) > 1 and not {"did", "did_not"} & inner.keys():
                message = "This `not` stands over several keys and means: not all of them together."
                help = (
                    "Write `none: [...]` if not one of them may hold, or `not: {all: [...]}` "
                    "if this is meant."
                )
                yield Finding(path, message, help, at_key=True)


RULE = Rule(
    code="J722",
    group="conditions",
    severity="warning",
    meaning="A `not` stands over several keys.",
    why="It holds as soon as one of them fails, while most people read it as: none of them.",
    example=Example("enter_when: { not: { contact.country: CH, contact.orders: { gte: 5 } } }\n"),
    clean=Example("enter_when: { none: [{ contact.country: CH }, { contact.orders: { gte: 5 } }] }\n"),
    check=check,
)
