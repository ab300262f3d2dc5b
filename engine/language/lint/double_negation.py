"""`not` over `not`, `none` or `did_not`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.inside import nots_in
from engine.language.lint.subject import Subject

_NEGATIVE: Final = ("not", "none", "did_not")


def check(subject: Subject) -> Iterator[Finding]:
    for written in subject.conditions:
        for path, inner in nots_in(written.data, written.path):
            if isinstance(inner, Mapping) and len(inner) <= 2 and any(word in inner for word in _NEGATIVE):
                word = next(word for word in _NEGATIVE if word in inner)
                message = f"`not` over `{word}` turns it round twice."
                positive = {"not": "the condition itself", "none": "`any: [...]`", "did_not": "`did: …`"}[
                    word
                ]
                yield Finding(path, message, f"Write {positive}.", at_key=True)


RULE = Rule(
    code="J725",
    group="conditions",
    severity="info",
    meaning="A `not` over another `not`, `none` or `did_not`.",
    why="Two turns make none, and readers get lost on the way.",
    example=Example("enter_when: { not: { did_not: Order Completed, within: 30 days } }\n"),
    clean=Example("enter_when: { did: Order Completed, within: 30 days }\n"),
    check=check,
)
