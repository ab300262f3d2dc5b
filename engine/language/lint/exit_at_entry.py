"""An exit that holds for everybody who may enter."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.reasoning import (
    implies,
)
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    entry = subject.condition_at(("enter_when",))
    for index, _ in enumerate(subject.exits):
        rule = subject.condition_at(("exit_when", index, "when"))
        if entry is not None and rule is not None and implies(entry.predicate, rule.predicate):
            message = "Nobody enters: whoever meets `enter_when` meets this exit too."
            help = "Turn one of the two conditions round, or take the exit away."
            yield Finding(rule.path, message, help, at_key=True)


RULE = Rule(
    code="J730",
    group="entry and goal",
    severity="warning",
    meaning="An exit holds for everybody who meets `enter_when`.",
    why="If an exit already holds, nobody enters; so this journey stays empty.",
    example=Example(
        """\
enter_when: { contact.orders: { gte: 5 } }
exit_when: [{ when: { contact.orders: { gte: 1 } } }]
"""
    ),
    clean=Example(
        """\
enter_when: { contact.orders: { lt: 5 } }
exit_when: [{ when: { contact.orders: { gte: 5 } } }]
"""
    ),
    check=check,
)
