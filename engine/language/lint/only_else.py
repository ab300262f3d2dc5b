"""A branch with nothing but its `else`."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        ways = step.get("branch", ())
        if len(ways) == 1 and "else" in ways[0]:
            message = "This branch has only an `else`, so everybody goes the same way."
            help = "Write its steps without the branch, or add a way: `- if: …`."
            yield Finding((*path, "branch"), message, help, at_key=True)


RULE = Rule(
    code="J703",
    group="flow",
    severity="warning",
    meaning="A branch has only an `else`.",
    why="It decides nothing. Most often a way was deleted and the branch forgotten.",
    example=Example(
        """\
steps:
  - id: kind
    branch:
      - else:
          - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    clean=Example(
        """\
steps:
  - id: kind
    branch:
      - if: { contact.country: CH }
        then: []
      - else:
          - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
