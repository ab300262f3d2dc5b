"""A journey without a name for people."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if not subject.data.get("name"):
        help = f"Add for example `name: {subject.journey.id.replace('-', ' ').capitalize()}`."
        yield Finding(("journey",), "This journey has no name for people.", help)


RULE = Rule(
    code="J716",
    group="people",
    severity="info",
    meaning="A journey has no `name`.",
    why="Lists and reports show the name; without one they show the id of the folder.",
    example=Example(without=("name",)),
    clean=Example("name: Welcome\n"),
    check=check,
)
