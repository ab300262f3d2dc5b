"""A wait_for on an event that ends the enrollment first."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Goals and exits are looked at before any wait_for."""
    for path, step in subject.steps:
        if step.get("then") and str(step.get("wait_for")) in subject.leaving_events:
            event = step["wait_for"]
            message = f"`then` is never reached: `{event}` is a goal or an exit, and ends the journey first."
            help = "Take the way away, or let the journey go on: `exit: false` in the goal."
            yield Finding((*path, "wait_for"), message, help)


_STEPS = """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - id: orders
    wait_for: Order Completed
    up_to: 2 days
    then: [{ id: bought, end: bought }]
"""
RULE = Rule(
    code="J740",
    group="entry and goal",
    severity="warning",
    meaning="A wait_for on an event that is a goal or an exit.",
    why="Goals and exits come before a wait_for, so nobody is left who could go the `then`.",
    example=Example(_STEPS),
    clean=Example("goal: { event: Order Completed, within: 7 days, exit: false }\n" + _STEPS),
    check=check,
)
