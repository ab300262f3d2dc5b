"""A branch or a split all of whose ways are empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        for verb in ("branch", "split"):
            ways = step.get(verb)
            if isinstance(ways, list) and len(ways) > 1 and not any(_steps(way) for way in ways):
                message = f"All ways of this {verb} are empty, so it decides nothing."
                yield Finding((*path, verb), message, "Put steps into a way, or take it away.", at_key=True)


def _steps(way: Mapping[str, Any]) -> Any:
    return way.get("else" if "else" in way else "then")


RULE = Rule(
    code="J704",
    group="flow",
    severity="warning",
    meaning="All ways of a branch or a split are empty.",
    why="It decides nothing, so what its author meant to happen does not happen.",
    example=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - id: kind
    branch:
      - if: { contact.country: CH }
        then: []
      - else: []
"""
    ),
    clean=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - id: kind
    branch:
      - if: { contact.country: CH }
        then: [{ id: swiss, update: { contact.interests: [snow] } }]
      - else: []
"""
    ),
    check=check,
)
