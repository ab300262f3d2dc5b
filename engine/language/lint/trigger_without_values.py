"""A message prints trigger.* in a journey that people also enter without an event."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text

#: Triggers that come without an event, and the only value that they bring.
_SILENT = {"segment": "segment", "date": "date", "schedule": "firing"}


def check(subject: Subject) -> Iterator[Finding]:
    words = [word for word in _SILENT if any(word in trigger for _, trigger in subject.triggers)]
    if not words:
        return
    known = {f"trigger.{_SILENT[word]}" for word in words}
    for letter in subject.letters:
        for one in letter.printed():
            if one.path.startswith("trigger.") and not one.is_safe and {one.path} != known:
                message = (
                    f"`{one.path}` is never there for those who enter by a {words[0]}: "
                    "no event comes with them."
                )
                help = (
                    f"Print something of `contact`, or put it between {{% if {one.path} %}} and "
                    f"{{% endif %}}."
                )
                yield about_text(letter, one.spot, message, help)


_BODY = """\
exit_when: [{ when: { contact.orders: 0 } }]
steps:
  - { id: hello, send: email, subject: Hello, body: "%s" }
"""
_SEGMENT = {"segments.yaml": "regulars: { when: { contact.orders: { gte: 5 } } }\n"}
RULE = Rule(
    code="J776",
    group="content",
    severity="warning",
    meaning="A message prints `trigger.…` although people enter without an event.",
    why="The value cannot be there, so the message fails for every one of them.",
    example=Example(
        "trigger: { segment: { enters: regulars } }\n" + _BODY % "Thank you for {{ trigger.total }}.",
        files=_SEGMENT,
    ),
    clean=Example("trigger: { segment: { enters: regulars } }\n" + _BODY % "Thank you.", files=_SEGMENT),
    check=check,
)
