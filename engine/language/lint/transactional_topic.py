"""A transactional message with a topic of marketing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        topic = (subject.catalog.topics or {}).get(str(letter.step.get("topic") or letter.source.topic))
        if letter.step.get("transactional") is True and topic is not None and topic.consent != "none":
            message = f"`transactional: true` passes over the consent that the topic `{topic.id}` asks for."
            help = "Take `transactional: true` away if it is marketing, or the topic if it is none."
            yield Finding((*letter.path, "transactional"), message, help, at_key=True)


RULE = Rule(
    code="J763",
    group="sending",
    severity="warning",
    meaning="A transactional message names a topic that people may unsubscribe from.",
    why="It goes out to everybody, also to those who said no to this topic.",
    example=Example(
        "steps:\n  - { id: hello, send: email, transactional: true, topic: news, subject: "
        "Hello, body: Thank you. }\n"
    ),
    clean=Example("steps:\n  - { id: hello, send: email, topic: news, subject: Hello, body: Thank you. }\n"),
    check=check,
)
