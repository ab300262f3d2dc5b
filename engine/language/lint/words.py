"""Findings about the texts of messages: a pattern, and what is said about each place where it is found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.language.lint.contract import Finding
from engine.language.lint.letters import Letter, Spot
from engine.language.lint.subject import Subject


def about_text(letter: Letter, spot: Spot, message: str, help: str) -> Finding:
    """A finding at some characters of a message."""
    file, path, line, column = letter.place(spot)
    return Finding(path, message, help, file=file, line=line, column=column, length=spot.length)


def found_in_texts(
    subject: Subject, pattern: re.Pattern[str], keys: tuple[str, ...], message: str, help: str
) -> Iterator[Finding]:
    """The same words wherever the pattern is found; `{}` in the message is what was found."""
    for letter in subject.letters:
        for match, spot in letter.found(pattern):
            if spot.key in keys:
                yield about_text(letter, spot, message.replace("{}", match[0].strip()), help)
