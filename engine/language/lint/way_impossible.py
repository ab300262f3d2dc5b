"""A way of a branch that a `when` of its own step rules out."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.reasoning import (
    excludes,
)
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        outer = subject.condition_at((*path, "when")) if "when" in step else None
        if outer is None:
            continue
        for index, way in enumerate(step.get("branch", ())):
            here = (*path, "branch", index, "if")
            inner = subject.condition_at(here) if "if" in way else None
            if inner is not None and excludes(outer.predicate, inner.predicate):
                message = "Nobody goes this way: the `when` of this step lets only others in."
                yield Finding(here, message, "Correct one of the two conditions.", at_key=True)


RULE = Rule(
    code="J727",
    group="flow",
    severity="warning",
    meaning="A way of a branch contradicts the `when` of the same step.",
    why="The `when` is looked at first, and whoever passes it cannot go this way.",
    example=Example(
        """\
steps:
  - id: kind
    when: { contact.country: CH }
    branch:
      - if: { contact.country: DE }
        then: [{ id: german, end: german }]
      - else: []
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - id: kind
    when: { contact.country: { in: [CH, DE] } }
    branch:
      - if: { contact.country: DE }
        then: [{ id: german, end: german }]
      - else: []
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
