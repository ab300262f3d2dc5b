"""A subject in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.letters import Spot
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text

_LIQUID: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        words = re.findall(r"[^\W\d_]{2,}", _LIQUID.sub("", letter.source.subject))
        if len(words) > 1 and all(word.isupper() for word in words):
            spot = Spot("subject", 0, len(letter.source.subject))
            yield about_text(letter, spot, "This subject is all capitals.", "Write it as you would speak.")


_LINE = "steps:\n  - { id: hello, send: email, subject: %s, body: Thank you. }\n"
RULE = Rule(
    code="J771",
    group="content",
    severity="warning",
    meaning="A subject is written in capitals.",
    why="It reads as shouting, to people and to spam filters.",
    example=Example(_LINE % "GOOD TO HAVE YOU"),
    clean=Example(_LINE % "Good to have you"),
    check=check,
)
