"""A subject with several exclamation or question marks in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import found_in_texts

_MARKS: Final = re.compile(r"[!?]{2,}|!(?=.*!)")


def check(subject: Subject) -> Iterator[Finding]:
    message = "`{}`: more than one mark in a subject looks like spam."
    yield from found_in_texts(subject, _MARKS, ("subject",), message, "One is enough, or none.")


_LINE = 'steps:\n  - { id: hello, send: email, subject: "%s", body: Thank you. }\n'
RULE = Rule(
    code="J772",
    group="content",
    severity="warning",
    meaning="A subject holds several exclamation or question marks.",
    why="Filters count them, and so do people.",
    example=Example(_LINE % "Good to have you!!!"),
    clean=Example(_LINE % "Good to have you!"),
    check=check,
)
