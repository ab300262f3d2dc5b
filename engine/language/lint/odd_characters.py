"""Characters that came along with a paste and that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text

_ODD: Final = re.compile("[\\u200b\\u2060\\ufeff\\uff01\\uff0c\\uff1a\\uff1b\\uff1f\\uff08\\uff09]")
_EAST_ASIAN: Final = re.compile("[\\u3040-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7af]")


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        if any(_EAST_ASIAN.search(text) for _, text in letter.texts()):
            continue
        for match, spot in letter.found(_ODD):
            name = "full-width" if match[0] >= "\uff01" and match[0] != "\ufeff" else "invisible"
            message = f"There is a character here that is {name} (U+{ord(match[0]):04X})."
            yield about_text(letter, spot, message, "It came along with a paste. Delete it and type it anew.")


_LINE = "steps:\n  - { id: hello, send: email, subject: Good to have you%s, body: Thank you. }\n"
RULE = Rule(
    code="J777",
    group="content",
    severity="warning",
    meaning="A text holds invisible characters, or full-width punctuation.",
    why="It came from another program. Some inboxes show boxes for it, and spam filters know the trick.",
    example=Example(_LINE % "\uff01"),
    clean=Example(_LINE % "!"),
    check=check,
)
