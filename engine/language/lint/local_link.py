"""A link that works only on the machine of its author."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import found_in_texts

_LOCAL: Final = re.compile(
    r"(?<=[(\"'<\s])(?:https?://(?:localhost|127\.\d|192\.168\.|10\.\d|0\.0\.0\.0|\[::1\])|file://)[^\s)\"'>]*"
)


def check(subject: Subject) -> Iterator[Finding]:
    message = "`{}` leads nowhere outside of your own network."
    yield from found_in_texts(subject, _LOCAL, ("body",), message, "Write the address of the shop itself.")


_LINE = 'steps:\n  - { id: hello, send: email, subject: Hello, body: "[The shop](%s)" }\n'
RULE = Rule(
    code="J779",
    group="content",
    severity="warning",
    meaning="A link leads to the author's own machine or network.",
    why="It works where it was written and nowhere else.",
    example=Example(_LINE % "http://localhost:8000/new"),
    clean=Example(_LINE % "https://shop.example/new"),
    check=check,
)
