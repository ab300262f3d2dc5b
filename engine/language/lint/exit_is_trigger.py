"""An exit on the very event that starts the journey."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if subject.if_running in ("restart", "parallel"):
        return
    for index, rule in enumerate(subject.exits):
        event = rule.get("event")
        if "where" not in rule and event is not None and event in subject.events:
            message = f"The next `{event}` throws people out of the journey that it starts."
            help = "Add a `where` that tells the two apart, or write `if_running: restart` if it begins anew."
            yield Finding(("exit_when", index, "event"), message, help)


RULE = Rule(
    code="J736",
    group="entry and goal",
    severity="warning",
    meaning="An exit on the event that starts the journey.",
    why="Who does it twice, such as changing a cart twice, leaves at once and hears nothing.",
    example=Example(
        """\
trigger: { event: Cart Updated, key: event.cart_id }
exit_when: [{ event: Cart Updated }]
"""
    ),
    clean=Example(
        """\
trigger: { event: Cart Updated, key: event.cart_id }
exit_when: [{ event: Cart Updated, where: { event.items_count: 0 } }]
"""
    ),
    check=check,
)
