"""A link without a target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import found_in_texts

_EMPTY: Final = re.compile(r"\]\(\s*#?\s*\)|href\s*=\s*[\"']\s*#?\s*[\"']", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    message, help = "This link leads nowhere.", "Write its address, beginning with `https://`."
    yield from found_in_texts(subject, _EMPTY, ("body",), message, help)


_LINE = 'steps:\n  - { id: hello, send: email, subject: Hello, body: "[The shop](%s)" }\n'
RULE = Rule(
    code="J782",
    group="content",
    severity="warning",
    meaning="A link has no target.",
    why="Who wants to buy clicks on it, and nothing happens.",
    example=Example(_LINE % "#"),
    clean=Example(_LINE % "https://shop.example/new"),
    check=check,
)
