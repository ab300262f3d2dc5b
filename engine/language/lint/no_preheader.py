"""A message file without a preheader."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.mails:
        if letter.source.file and not letter.source.preheader and letter.source.layout != "none":
            message = "This message has no preheader, the line that inboxes show behind the subject."
            help = "Add `preheader: …` below the subject; otherwise inboxes show the first words of the text."
            yield Finding(("subject",), message, help, at_key=True, file=letter.source.file)


_STEPS = "steps:\n  - { id: hello, send: email, message: hello }\n"
RULE = Rule(
    code="J773",
    group="content",
    severity="info",
    meaning="A message has no preheader.",
    why=(
        "Inboxes then show the first words of the text, such as a greeting, where a reason to "
        "open could stand."
    ),
    example=Example(_STEPS, files={"demo/hello.md": "---\nsubject: Hello\n---\nThank you.\n"}),
    clean=Example(
        _STEPS, files={"demo/hello.md": "---\nsubject: Hello\npreheader: From all of us.\n---\nThank you.\n"}
    ),
    check=check,
)
