"""A message that prints a constant which its step does not give."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        given = letter.step.get("with") or {}
        for one in letter.printed():
            name = one.path.partition(".")[2]
            if one.path.startswith("with.") and name not in given and not one.is_safe:
                message = f"The step `{letter.id}` gives this message no `with.{name}`, so it cannot be sent."
                help = f"Add `with: {{ {name}: … }}` to the step."
                yield about_text(letter, one.spot, message, help)


_LINE = (
    'steps:\n  - { id: hello, send: email, subject: Hello, %sbody: "Send it back within {{ '
    'with.days }} days." }\n'
)
RULE = Rule(
    code="J787",
    group="references",
    severity="warning",
    meaning="A message prints a `with` value that its step does not give.",
    why="The value is missing for everybody, so nobody gets the message.",
    example=Example(_LINE % ""),
    clean=Example(_LINE % "with: { days: 30 }, "),
    check=check,
)
