"""A constant under `with` that the message does not read."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        given = letter.step.get("with") or {}
        reads = letter.reads() if given else frozenset()
        for name in given:
            if f"with.{name}" not in reads:
                message = f"The message does not use `with.{name}`."
                help = f"Write {{{{ with.{name} }}}} where it belongs, or take the value away."
                yield Finding((*letter.path, "with", name), message, help, at_key=True)


_LINE = (
    'steps:\n  - { id: hello, send: email, subject: Hello, with: { days: 30 }, body: "Send it '
    'back within %s days." }\n'
)
RULE = Rule(
    code="J786",
    group="references",
    severity="info",
    meaning="A value under `with` is not used by the message.",
    why="Whoever changes the number here believes that the letter changes with it.",
    example=Example(_LINE % "30"),
    clean=Example(_LINE % "{{ with.days }}"),
    check=check,
)
