"""A way of a split that nobody or everybody goes."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        ways = step.get("split")
        for index, way in enumerate(ways if isinstance(ways, list) else ()):
            here = (*path, "split", index, "weight")
            if way.get("weight") == 0:
                yield Finding(
                    here, f"Nobody goes the way `{way['name']}`.", "Take it away, or give it a share."
                )
            elif way.get("weight") == 100:
                message = f"Everybody goes the way `{way['name']}`, so the split decides nothing."
                yield Finding(here, message, "Write its steps without the split, or share the people out.")


RULE = Rule(
    code="J706",
    group="flow",
    severity="warning",
    meaning="A way of a split has weight 0 or 100.",
    why="A comparison in which one side gets nobody compares nothing.",
    example=Example(
        """\
steps:
  - id: subject
    split:
      - name: old
        weight: 100
        then:
          - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
      - { name: new, weight: 0, then: [{ id: none, end: none }] }
"""
    ),
    clean=Example(
        """\
steps:
  - id: subject
    split:
      - name: old
        weight: 50
        then:
          - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
      - { name: new, weight: 50, then: [{ id: none, end: none }] }
"""
    ),
    check=check,
)
