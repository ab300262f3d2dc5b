"""A wait_for that goes on in the same way whatever happens, with nothing behind it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        if "wait_for" not in step or step.get("then") or step.get("else"):
            continue
        if subject.flat[str(step["id"])]["next"] is None:
            message = (
                "Whatever happens here, nothing follows: `then` and `else` are empty, and no "
                "step comes after."
            )
            help = "Write what happens in `then` or `else`, or take this step away."
            yield Finding((*path, "wait_for"), message, help, at_key=True)


RULE = Rule(
    code="J705",
    group="flow",
    severity="warning",
    meaning="A wait_for with empty ways and nothing behind it.",
    why="People stand there until the time is up, and then leave without anything having been decided.",
    example=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - { id: looks, wait_for: Cart Viewed, up_to: 2 days }
"""
    ),
    clean=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - id: looks
    wait_for: Cart Viewed
    up_to: 2 days
    then: [{ id: looked, end: looked }]
"""
    ),
    check=check,
)
