"""An `unsubscribe` of somebody who was sent nothing before."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    sends_before,
)
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        if step.get("unsubscribe") == "all" and not sends_before(subject, str(step.get("id"))):
            message = "People are taken off all lists here without having been asked in this journey."
            help = "Send a question first, and unsubscribe who does not answer; or name one topic."
            yield Finding((*path, "unsubscribe"), message, help)


RULE = Rule(
    code="J764",
    group="sending",
    severity="warning",
    meaning="`unsubscribe: all` stands before any message of the journey.",
    why="A no cannot be taken back by us: who is unsubscribed by mistake is lost until they sign up again.",
    example=Example(
        """\
steps:
  - { id: let-go, unsubscribe: all }
"""
    ),
    clean=Example(
        """\
steps:
  - { id: hello, send: email, subject: Shall we go on writing?, body: Answer us., on_skip: exit }
  - { id: pause, wait: 14 days }
  - { id: let-go, unsubscribe: all }
"""
    ),
    check=check,
)
