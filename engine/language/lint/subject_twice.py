"""Two messages of a journey with the same subject."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.letters import Letter, Spot
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text


def check(subject: Subject) -> Iterator[Finding]:
    seen: dict[str, Letter] = {}
    for letter in subject.letters:
        words = letter.source.subject.strip().casefold()
        if not words:  # a channel without subjects
            continue
        first = seen.setdefault(words, letter)
        if first is not letter and first.source.body != letter.source.body:
            message = f"`{first.id}` has the same subject."
            help = "Give each message a subject of its own, so that people see that it is a new one."
            yield about_text(letter, Spot("subject", 0, len(letter.source.subject)), message, help)


RULE = Rule(
    code="J774",
    group="content",
    severity="info",
    meaning="Two messages of a journey have the same subject.",
    why="Mail programs show them as one conversation, and the second looks like one that was read already.",
    example=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - { id: pause, wait: 2 days }
  - { id: tips, send: email, subject: Good to have you here, body: Start here. }
"""
    ),
    clean=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - { id: pause, wait: 2 days }
  - { id: tips, send: email, subject: A few tips to begin with, body: Start here. }
"""
    ),
    check=check,
)
