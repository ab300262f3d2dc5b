"""A link that says "click here"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import found_in_texts

_VAGUE: Final = re.compile(
    r"\[(?:click here|here|hier|hier klicken|link)\]\([^)]*\)|>\s*(?:click here|hier klicken)\s*</a>",
    re.IGNORECASE,
)


def check(subject: Subject) -> Iterator[Finding]:
    message = "The words of this link do not say where it leads."
    help = "Name the target, such as `[Open your cart](…)`."
    yield from found_in_texts(subject, _VAGUE, ("body",), message, help)


_LINE = 'steps:\n  - { id: hello, send: email, subject: Hello, body: "[%s](https://shop.example/new)" }\n'
RULE = Rule(
    code="J784",
    group="content",
    severity="info",
    meaning="A link says `click here`.",
    why="Who skims a letter reads its links, and who hears it read aloud hears only them.",
    example=Example(_LINE % "Click here"),
    clean=Example(_LINE % "See what is new"),
    check=check,
)
