"""A step that asks for an event after which nobody is inside any more."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.reasoning import (
    conjuncts,
)
from engine.language.lint.subject import Subject
from engine.model.predicate import Did


def check(subject: Subject) -> Iterator[Finding]:
    for written in subject.conditions:
        if written.path[:1] != ("steps",):
            continue
        for part in conjuncts(written.predicate):
            if isinstance(part, Did) and _is_gone(part, subject):
                message = (
                    f"This never holds: `{part.event}` is a goal or an exit, so nobody inside "
                    "has done it since."
                )
                help = "Take it away, or let the journey go on: `exit: false` in the goal."
                yield Finding(written.path, message, help)


def _is_gone(did: Did, subject: Subject) -> bool:
    is_positive = all(operator in ("gte", "gt", "eq") and number > 0 for operator, number in did.count)
    outside = did.event in subject.leaving_events and did.event not in subject.events
    return outside and did.since_start and is_positive


_STEPS = """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - { id: pause, wait: 2 days }
  - id: thanks
    send: email
    subject: Thank you for your order
    body: It is on its way.
    when: { did: Order Completed, since: journey_start }
"""
RULE = Rule(
    code="J741",
    group="entry and goal",
    severity="warning",
    meaning="A step asks whether something happened that would have ended the journey.",
    why="Whoever did it has left, so the step never runs.",
    example=Example(_STEPS),
    clean=Example("goal: { event: Order Completed, within: 7 days, exit: false }\n" + _STEPS),
    check=check,
)
