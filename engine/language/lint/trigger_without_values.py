"""A message prints trigger.* in a journey that some people enter without that value."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text

#: How each kind is called in a sentence.
_A = {
    "segment": "a segment",
    "stage": "a stage",
    "date": "a date",
    "schedule": "a schedule",
    "journey": "the end of another journey",
}


def check(subject: Subject) -> Iterator[Finding]:
    """What no trigger brings is a fault of its own; here some do and others do not."""
    for letter in subject.letters if subject.silent else ():
        for one in letter.printed():
            root, _, name = one.path.partition(".")
            without = [word for word, fields in subject.silent if name not in (fields or {})]
            if root == "trigger" and not one.is_safe and without and len(without) < len(subject.triggers):
                message = f"`{one.path}` is never there for those who enter by {_A[without[0]]}."
                condition = f"{{% if {one.path} %}} and {{% endif %}}"
                help = f"Print something of `contact`, or put it between {condition}."
                yield about_text(letter, one.spot, message, help)


_BODY = """\
exit_when: [{ when: { contact.orders: 0 } }]
steps:
  - { id: hello, send: email, subject: Hello, body: "%s" }
"""
_BOTH = """\
trigger:
  - { event: Order Completed, key: event.order_id }
  - { segment: { enters: regulars } }
"""
_SEGMENT = {"segments.yaml": "regulars: { when: { contact.orders: { gte: 5 } } }\n"}
RULE = Rule(
    code="J776",
    group="content",
    severity="warning",
    meaning="A message prints `trigger.…`, which some people enter without.",
    why="The value cannot be there, so the message fails for every one of them.",
    example=Example(_BOTH + _BODY % "Thank you for {{ trigger.total }}.", files=_SEGMENT),
    clean=Example(_BOTH + _BODY % "Thank you.", files=_SEGMENT),
    check=check,
)
