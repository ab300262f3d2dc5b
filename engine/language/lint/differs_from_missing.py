"""`ne` or `not_in` on an attribute that may be missing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.inside import may_miss, parts_of
from engine.language.lint.subject import Subject
from engine.model.predicate import Compare


def check(subject: Subject) -> Iterator[Finding]:
    for written in subject.conditions:
        for part in parts_of(written.predicate):
            if not isinstance(part, Compare) or part.operator not in ("ne", "not_in"):
                continue
            if may_miss(str(part.subject), subject):
                message = f"`{part.operator}` is false for everybody whose `{part.subject}` is not known."
                help = f"If they are meant too, write `not: {{{part.subject}: …}}`."
                yield Finding(written.path, message, help)


RULE = Rule(
    code="J724",
    group="conditions",
    severity="info",
    meaning="`ne` or `not_in` on an attribute that may be missing.",
    why=(
        "Any comparison with a missing value is false, also that it differs: those people are "
        "left out in silence."
    ),
    example=Example("enter_when: { contact.country: { ne: CH } }\n"),
    clean=Example("enter_when: { contact.country: { in: [DE, AT] } }\n"),
    check=check,
)
