"""Marketing that may arrive in the middle of the night."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.marketing:
        if subject.quiet_hours(letter.step) is None:
            message = "This message keeps no quiet hours, so it may arrive in the middle of the night."
            help = "Add `quiet_hours: 21:00-08:00` here, or under `defaults` for all messages."
            yield Finding((*letter.path, "send"), message, help, at_key=True)


RULE = Rule(
    code="J754",
    group="sending",
    severity="info",
    meaning="A marketing message keeps no quiet hours.",
    why="A telephone that rings at three in the morning for an advertisement is remembered.",
    example=Example("defaults: { topic: news }\n"),
    clean=Example("defaults: { topic: news, quiet_hours: 21:00-08:00 }\n"),
    check=check,
)
