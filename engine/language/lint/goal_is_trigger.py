"""A goal on the very event that starts the journey."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    event = subject.goal.get("event")
    if event is None or "where" in subject.goal or subject.if_running == "restart":
        return
    if any(trigger.get("event") == event and "key" not in trigger for _, trigger in subject.triggers):
        message = f"`{event}` starts this journey and is its goal too; the one that starts it does not count."
        help = "Name what the journey is to bring about, or add a `where` that tells the two apart."
        yield Finding(("goal", "event"), message, help)


RULE = Rule(
    code="J735",
    group="entry and goal",
    severity="warning",
    meaning="The goal is the event that starts the journey.",
    why="Only the next such event counts; whether that is a success of the journey is hard to say.",
    example=Example("goal: { event: Signed Up, within: 7 days }\n"),
    clean=Example("goal: { event: Order Completed, within: 7 days }\n"),
    check=check,
)
