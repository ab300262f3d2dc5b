"""Two ways of a branch by ranges of one number that overlap in part."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.reasoning import (
    range_of,
)
from engine.language.lint.subject import Subject
from engine.model.predicate import Compare, Predicate


def check(subject: Subject) -> Iterator[Finding]:
    """One range inside another is a usual way to write a ladder; overlapping in part hardly is."""
    for path, step in subject.steps:
        ways = step.get("branch", ())
        places = [(*path, "branch", index, "if") for index, way in enumerate(ways) if "if" in way]
        conditions = [one for place in places if (one := subject.condition_at(place)) is not None]
        for first, second in combinations(conditions, 2):
            if _overlap(first.predicate, second.predicate):
                message = "This range and one of a way above overlap; who is in both goes the way above."
                yield Finding(second.path, message, "Let one range begin where the other ends.", at_key=True)


def _overlap(first: Predicate, second: Predicate) -> bool:
    if not isinstance(first, Compare) or not isinstance(second, Compare) or first.subject != second.subject:
        return False
    if (first.operator, second.operator) != ("between", "between"):
        return False
    one, other = range_of(first), range_of(second)
    if one is None or other is None or one.high == other.low or one.low == other.high:
        return False
    return one.meets(other) and not one.lies_in(other) and not other.lies_in(one)


RULE = Rule(
    code="J702",
    group="flow",
    severity="info",
    meaning="The ranges of two ways of a branch overlap in part.",
    why="Who is in both ranges goes the upper way, which may surprise the author of the lower one.",
    example=Example(
        """\
steps:
  - id: size
    branch:
      - if: { contact.orders: { between: [1, 5] } }
        then: [{ id: some, end: some }]
      - if: { contact.orders: { between: [4, 9] } }
        then: [{ id: many, end: many }]
      - else: []
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - id: size
    branch:
      - if: { contact.orders: { between: [1, 4] } }
        then: [{ id: some, end: some }]
      - if: { contact.orders: { between: [5, 9] } }
        then: [{ id: many, end: many }]
      - else: []
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
