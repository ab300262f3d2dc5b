"""A journey on a segment that goes on for people who have left the segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, trigger in subject.triggers:
        segment = trigger.get("segment")
        if not isinstance(segment, Mapping) or "enters" not in segment or len(subject.flat) < 2:
            continue
        if subject.marketing and not any("when" in rule for rule in subject.exits):
            message = (
                f"Who falls out of `{segment['enters']}` while inside still gets the rest of this journey."
            )
            help = "Add an exit on the opposite condition: `exit_when: [{when: …}]`."
            yield Finding((*path, "segment"), message, help, at_key=True)


_FILES = {"segments.yaml": "regulars: { when: { contact.orders: { gte: 5 } } }\n"}
_HEAD = "trigger: { segment: { enters: regulars } }\n"
_STEPS = """\
steps:
  - { id: pause, wait: 2 days }
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
"""
RULE = Rule(
    code="J739",
    group="entry and goal",
    severity="info",
    meaning="A journey on a segment has no exit by condition.",
    why="The segment is looked at on entry only. Who leaves it during a wait still gets the messages.",
    example=Example(_HEAD + _STEPS, files=_FILES),
    clean=Example(_HEAD + "exit_when: [{ when: { contact.orders: { lt: 5 } } }]\n" + _STEPS, files=_FILES),
    check=check,
)
