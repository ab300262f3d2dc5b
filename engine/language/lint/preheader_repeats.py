"""A preheader that says the same as the subject."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.letters import Spot
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        preheader = (letter.source.preheader or "").strip(" .!").casefold()
        if preheader and preheader == letter.source.subject.strip(" .!").casefold():
            spot = Spot("preheader", 0, len(preheader))
            help = "Use the line for what the subject leaves open."
            yield about_text(letter, spot, "The preheader repeats the subject.", help)


_STEPS = "steps:\n  - { id: hello, send: email, message: hello }\n"
RULE = Rule(
    code="J781",
    group="content",
    severity="info",
    meaning="The preheader repeats the subject.",
    why="The inbox shows the same words twice, and nothing of what is inside.",
    example=Example(
        _STEPS, files={"demo/hello.md": "---\nsubject: Hello\npreheader: Hello!\n---\nThank you.\n"}
    ),
    clean=Example(
        _STEPS, files={"demo/hello.md": "---\nsubject: Hello\npreheader: From all of us.\n---\nThank you.\n"}
    ),
    check=check,
)
