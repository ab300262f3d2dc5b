"""A message file that no step sends."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Shop
from engine.language.messages import ENDINGS
from engine.language.workspace import ROOT


def check_shop(shop: Shop) -> Iterator[Finding]:
    """Only in a folder of its own: files directly under journeys/ may belong to any journey there."""
    subjects = {subject.journey.file.rpartition("/")[0]: subject for subject in shop.subjects}
    for file in shop.files:
        folder, _, tail = file.rpartition("/")
        subject = subjects.get(folder)
        name = tail.rpartition(".")[0] if tail.endswith(ENDINGS) else tail
        if subject is None or folder == ROOT or name == tail:
            continue
        if name not in {str(step.get("message")) for _, step in subject.steps}:
            message = f"No step of `{subject.journey.id}` sends this message."
            help = f"Add a step with `message: {name}`, or delete the file."
            yield Finding((), message, help, file=file, line=1)


RULE = Rule(
    code="J790",
    group="references",
    severity="warning",
    meaning="A message beside a journey is sent by no step.",
    why="It is read, translated and approved, and nobody ever gets it. Mostly a step names another one.",
    example=Example(
        files={"demo/hello.md": "---\nsubject: Hello\npreheader: From all of us.\n---\nThank you.\n"}
    ),
    clean=Example(
        "steps:\n  - { id: hello, send: email, message: hello }\n",
        files={"demo/hello.md": "---\nsubject: Hello\npreheader: From all of us.\n---\nThank you.\n"},
    ),
    check_shop=check_shop,
)
