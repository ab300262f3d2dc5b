"""A subject that telephones cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.letters import Spot
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text

_MOST: Final = 70
_LIQUID: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        written = _LIQUID.sub("", letter.source.subject)
        if len(written) > _MOST:
            message = f"This subject has {len(written)} characters; most inboxes show about 40 to {_MOST}."
            spot = Spot("subject", 0, len(letter.source.subject))
            yield about_text(letter, spot, message, "Say the main thing first and shorten the rest.")


_LINE = "steps:\n  - { id: hello, send: email, subject: %s, body: Thank you. }\n"
RULE = Rule(
    code="J770",
    group="content",
    severity="warning",
    meaning="A subject is longer than 70 characters.",
    why="Inboxes cut it off, on a telephone after about 40, and with it perhaps what it was about.",
    example=Example(
        _LINE % "Good to have you here and thank you very much indeed for signing up to our letters"
    ),
    clean=Example(_LINE % "Good to have you here"),
    check=check,
)
