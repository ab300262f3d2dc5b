"""The same message twice on one way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    sends_on_ways,
)
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Ways of a branch or a split may share a message; nobody goes two of them."""
    by_id = {letter.id: letter for letter in subject.marketing if "message" in letter.step}
    names = [letter.step["message"] for letter in by_id.values()]
    if len(set(names)) == len(names):
        return
    told = set[str]()
    for sent in sends_on_ways(subject):
        seen: dict[tuple[Any, str], str] = {}
        for id in (id for id, _ in sent if id in by_id):
            letter = by_id[id]
            same = (letter.step["message"], str(letter.step.get("with")) + letter.source.subject)
            if same in seen and id not in told:
                told.add(id)
                message = f"The same message was sent at `{seen[same]}` before, on the way here."
                help = "Name another message, or give this one a `subject` or `with` of its own."
                yield Finding((*letter.path, "message"), message, help)
            seen.setdefault(same, id)


RULE = Rule(
    code="J713",
    group="sending",
    severity="warning",
    meaning="The same message is sent twice on one way through the journey.",
    why="The contact gets the very same letter again. Mostly a step was copied and its message not changed.",
    example=Example(
        """\
steps:
  - { id: hello, send: email, message: hello }
  - { id: pause, wait: 2 days }
  - { id: tips, send: email, message: hello }
""",
        files={"demo/hello.md": "---\nsubject: Hello\npreheader: From all of us.\n---\nThank you.\n"},
    ),
    clean=Example(
        """\
steps:
  - { id: hello, send: email, message: hello }
  - { id: pause, wait: 2 days }
  - { id: tips, send: email, message: hello, subject: Did you see our first letter? }
""",
        files={"demo/hello.md": "---\nsubject: Hello\npreheader: From all of us.\n---\nThank you.\n"},
    ),
    check=check,
)
