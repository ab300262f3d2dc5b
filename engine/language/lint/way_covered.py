"""A way of a branch that an earlier one leaves nobody for."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.reasoning import (
    implies,
)
from engine.language.lint.subject import Subject
from engine.model.predicate import Predicate


def check(subject: Subject) -> Iterator[Finding]:
    """The first way that matches wins, so what is narrower has to stand above."""
    for path, step in subject.steps:
        earlier: list[Predicate] = []
        for index, way in enumerate(step.get("branch", ())):
            here = (*path, "branch", index, "if")
            written = subject.condition_at(here) if "if" in way else None
            if written is None:
                continue
            if any(implies(written.predicate, one) for one in earlier):
                message = "Nobody goes this way: whoever fits here has gone one of the ways above."
                help = "Put the narrower condition above the wider one, or take this way away."
                yield Finding(here, message, help, at_key=True)
            earlier.append(written.predicate)


RULE = Rule(
    code="J701",
    group="flow",
    severity="warning",
    meaning="A way of a branch is covered by one above it.",
    why="The first way that holds wins. Whoever fits the later way has already gone the earlier one.",
    example=Example(
        """\
steps:
  - id: size
    branch:
      - if: { contact.orders: { gte: 1 } }
        then: [{ id: buyer, end: buyer }]
      - if: { contact.orders: { gte: 5 } }
        then: [{ id: regular, end: regular }]
      - else: []
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - id: size
    branch:
      - if: { contact.orders: { gte: 5 } }
        then: [{ id: regular, end: regular }]
      - if: { contact.orders: { gte: 1 } }
        then: [{ id: buyer, end: buyer }]
      - else: []
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
