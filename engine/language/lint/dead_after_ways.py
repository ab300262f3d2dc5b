"""A step behind a branch, a split or a wait_for of which every way ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    always_ends,
)
from engine.language.lint.subject import Subject
from engine.model.fault import Path


def check(subject: Subject) -> Iterator[Finding]:
    """`end` alone before a step is a fault of its own (J125)."""
    for path, step in subject.steps:
        before = _before(path, subject)
        if before is not None and "end" not in before and always_ends([before]):
            message = f"Nobody gets to `{step.get('id')}`: every way of `{before.get('id')}` before it ends."
            help = "Take the step away, or let one of those ways go on without an `end`."
            yield Finding((*path, "id"), message, help)


def _before(path: Path, subject: Subject) -> Mapping[str, Any] | None:
    """The step directly above in the same list."""
    index = path[-1]
    if not isinstance(index, int) or index == 0:
        return None
    above = (*path[:-1], index - 1)
    return next((step for other, step in subject.steps if other == above), None)


RULE = Rule(
    code="J700",
    group="flow",
    severity="warning",
    meaning="A step can never run, because every way before it ends.",
    why="The step looks as if it did something, and nobody ever reaches it.",
    example=Example(
        """\
steps:
  - id: kind
    branch:
      - if: { contact.country: CH }
        then: [{ id: swiss, end: swiss }]
      - else: [{ id: other, end: other }]
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - id: kind
    branch:
      - if: { contact.country: CH }
        then: [{ id: swiss, end: swiss }]
      - else: []
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
