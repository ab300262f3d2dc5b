"""Text that was to be replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import found_in_texts

_PLACEHOLDER: Final = re.compile(
    r"lorem ipsum|\b(?:TODO|TBD|FIXME|XXX+)\b|\bexample\.(?:com|org|net)\b"
    r"|\[(?:name|first name|link|text|date)\](?!\()"
)


def check(subject: Subject) -> Iterator[Finding]:
    message = "`{}` looks like something that was to be replaced."
    help = "Write what belongs here before the journey goes live."
    yield from found_in_texts(subject, _PLACEHOLDER, ("subject", "preheader", "body"), message, help)


_LINE = "steps:\n  - { id: hello, send: email, subject: Hello, body: %s }\n"
RULE = Rule(
    code="J780",
    group="content",
    severity="warning",
    meaning="A message holds a placeholder.",
    why="Nothing looks as unfinished as a letter that says TODO to ten thousand people.",
    example=Example(_LINE % "TODO write about the new shop."),
    clean=Example(_LINE % "The new shop is open."),
    check=check,
)
