"""A `not` over an attribute that may be missing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.inside import may_miss, parts_of
from engine.language.lint.subject import Subject
from engine.model.predicate import Compare, Not, Predicate


def check(subject: Subject) -> Iterator[Finding]:
    for written in subject.conditions:
        for part in parts_of(written.predicate):
            match part:
                case Not(Compare(subject=reference, operator=operator)) if operator not in (
                    "exists",
                    "ne",
                    "not_in",
                ):
                    if may_miss(str(reference), subject) and not _is_asked(str(reference), written.predicate):
                        message = f"This `not` also holds for everybody whose `{reference}` is not known."
                        help = f"If they are not meant, add `{reference}: {{exists: true}}` beside it."
                        yield Finding(written.path, message, help)


def _is_asked(path: str, predicate: Predicate) -> bool:
    return any(
        isinstance(part, Compare) and str(part.subject) == path and part.operator == "exists"
        for part in parts_of(predicate)
    )


RULE = Rule(
    code="J723",
    group="conditions",
    severity="info",
    meaning="A `not` over an attribute that may be missing.",
    why=(
        "A comparison with a missing value is false, so its `not` is true: everybody of whom "
        "nothing is known is in."
    ),
    example=Example("enter_when: { not: { contact.country: CH } }\n"),
    clean=Example("enter_when: { contact.country: { exists: true }, not: { contact.country: CH } }\n"),
    check=check,
)
