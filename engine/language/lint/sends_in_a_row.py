"""Two marketing messages with no time between them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    sends_without_wait,
)
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Steps with a `when` may exclude each other, so they are left alone."""
    plain = {letter.id for letter in subject.marketing if "when" not in letter.step}
    for letter in subject.marketing:
        for following in sorted(set(sends_without_wait(subject, letter.id)) & plain):
            if letter.id in plain:
                message = f"`{following}` goes out at the same moment as `{letter.id}` before it."
                help = "Put a wait between them, for example `- { id: pause, wait: 2 days }`."
                yield Finding((*subject.path_of[following], "send"), message, help, at_key=True)


RULE = Rule(
    code="J710",
    group="sending",
    severity="warning",
    meaning="Two messages leave at the same moment.",
    why="The contact finds two letters at once in the inbox and reads at most one of them.",
    example=Example(
        """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - { id: tips, send: email, subject: A few tips to begin with, body: Start here. }
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
