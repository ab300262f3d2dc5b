"""A subject that pretends to be an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import found_in_texts

_PRETENDS: Final = re.compile(r"\A\s*(?:re|aw|fw|fwd|wg)\s*:", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    message = "`{}` pretends that this is an answer."
    yield from found_in_texts(subject, _PRETENDS, ("subject",), message, "Take it away.")


_LINE = 'steps:\n  - { id: hello, send: email, subject: "%s", body: Thank you. }\n'
RULE = Rule(
    code="J785",
    group="content",
    severity="warning",
    meaning="A subject begins with `Re:` or `Fwd:`.",
    why="A misleading subject is against the law in some countries, and against everybody's patience.",
    example=Example(_LINE % "Re: your order"),
    clean=Example(_LINE % "About your order"),
    check=check,
)
