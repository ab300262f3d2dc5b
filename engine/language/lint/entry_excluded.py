"""A trigger's `where` and `enter_when` that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.reasoning import (
    conjuncts,
    excludes,
)
from engine.language.lint.subject import Subject
from engine.model.predicate import All, Compare, Predicate, Reference


def check(subject: Subject) -> Iterator[Finding]:
    """What the trigger's event must hold is known as trigger.* to `enter_when`."""
    entry = subject.condition_at(("enter_when",))
    if entry is None or len(subject.triggers) != 1:
        return
    path, _ = subject.triggers[0]
    where = subject.condition_at((*path, "where"))
    if where is not None and excludes(_as_trigger(where.predicate), entry.predicate):
        message = "Nobody enters: the `where` of the trigger and `enter_when` exclude each other."
        yield Finding(("enter_when",), message, "Correct one of the two conditions.")


def _as_trigger(predicate: Predicate) -> Predicate:
    """The event under test is what `trigger.*` will be."""
    parts = [
        Compare(Reference(("trigger", *part.subject.path[1:])), part.operator, part.operand)
        if isinstance(part, Compare) and part.subject.path[0] == "event"
        else part
        for part in conjuncts(predicate)
    ]
    return All(tuple(parts))


RULE = Rule(
    code="J728",
    group="entry and goal",
    severity="warning",
    meaning="The trigger's `where` and `enter_when` exclude each other.",
    why="Nobody can ever enter, and a journey that nobody enters complains about nothing.",
    example=Example(
        """\
trigger: { event: Cart Updated, where: { event.total: { gte: 100 } }, key: event.cart_id }
enter_when: { trigger.total: { lt: 50 } }
exit_when: [{ event: Order Completed }]
"""
    ),
    clean=Example(
        """\
trigger: { event: Cart Updated, where: { event.total: { gte: 50 } }, key: event.cart_id }
enter_when: { trigger.total: { lt: 100 } }
exit_when: [{ event: Order Completed }]
"""
    ),
    check=check,
)
