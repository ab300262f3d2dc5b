"""A journey about a cart that an order does not end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject

_CART: Final = re.compile(r"\b(cart|checkout|basket)\b", re.IGNORECASE)
_ORDER: Final = re.compile(r"\b(order|purchase|checkout completed)", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    if not subject.marketing or not any(_CART.search(event) for event in subject.events):
        return
    ends = [str(rule["event"]) for rule in subject.exits if "event" in rule]
    if subject.goal.get("exit", True):
        ends.append(str(subject.goal.get("event", "")))
    has_condition = any("when" in rule for rule in subject.exits) or "when" in subject.goal
    if not has_condition and not any(_ORDER.search(event) for event in ends):
        path, _ = subject.triggers[0]
        message = (
            "An order does not end this journey, so people are reminded of a cart that they have bought."
        )
        help = "Add `exit_when: [{event: Order Completed}]`, or a goal on the order."
        yield Finding((*path, "event"), message, help)


RULE = Rule(
    code="J731",
    group="entry and goal",
    severity="warning",
    meaning="A journey about a cart has neither an exit nor a goal on the order.",
    why="Who has bought is asked to buy the same cart again, which is the mail people complain about most.",
    example=Example(
        """\
trigger: { event: Cart Updated, key: event.cart_id }
goal: { event: Cart Viewed, within: 3 days }
"""
    ),
    clean=Example(
        """\
trigger: { event: Cart Updated, key: event.cart_id }
goal: { event: Order Completed, within: 3 days }
"""
    ),
    check=check,
)
