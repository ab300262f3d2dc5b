"""A link that is not encrypted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import found_in_texts

_HTTP: Final = re.compile(r"(?<=[(\"'<\s])http://(?!localhost|127\.|192\.168\.|10\.)[^\s)\"'>]+")


def check(subject: Subject) -> Iterator[Finding]:
    message = "`{}` is not encrypted."
    yield from found_in_texts(subject, _HTTP, ("body",), message, "Write `https://…`.")


_LINE = 'steps:\n  - { id: hello, send: email, subject: Hello, body: "[The shop](%s)" }\n'
RULE = Rule(
    code="J778",
    group="content",
    severity="warning",
    meaning="A link begins with `http://`.",
    why="Browsers warn before they open it, and mail programs mark the mail.",
    example=Example(_LINE % "http://shop.example/new"),
    clean=Example(_LINE % "https://shop.example/new"),
    check=check,
)
