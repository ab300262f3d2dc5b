"""An image without the words that stand for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import found_in_texts

_SILENT: Final = re.compile(r"!\[\s*\]\(|<img\b(?![^>]*\balt\s*=)[^>]*>", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    message = "This image has no words for those who do not see it."
    help = 'Write `![what it shows](…)`, or `alt=""` if it is only decoration.'
    yield from found_in_texts(subject, _SILENT, ("body",), message, help)


_LINE = 'steps:\n  - { id: hello, send: email, subject: Hello, body: "%s Good to have you." }\n'
RULE = Rule(
    code="J783",
    group="content",
    severity="info",
    meaning="An image has no alternative text.",
    why="Many programs show images only on request, and some people hear their mail read aloud.",
    example=Example(_LINE % "![](https://shop.example/new.png)"),
    clean=Example(_LINE % "![Our new shop](https://shop.example/new.png)"),
    check=check,
)
