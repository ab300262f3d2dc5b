"""A journey that only waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject

_NOTHING: Final = frozenset({"wait", "wait_for", "branch", "split", "end", "repeat"})


def check(subject: Subject) -> Iterator[Finding]:
    if subject.flat and all(step["verb"] in _NOTHING for step in subject.flat.values()):
        message = "This journey waits and decides, but does nothing."
        yield Finding(("steps",), message, "Add what should happen, for example a `send`.", at_key=True)


RULE = Rule(
    code="J714",
    group="flow",
    severity="info",
    meaning="A journey does nothing but wait and decide.",
    why="Nobody gets anything from it. Perhaps its messages are still to be written.",
    example=Example("steps:\n  - { id: pause, wait: 2 days }\n  - { id: done, end: done }\n"),
    clean=Example(
        """\
steps:
  - { id: pause, wait: 2 days }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
    ),
    check=check,
)
