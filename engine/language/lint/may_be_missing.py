"""A value that may be missing is printed without a `default`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.letters import Letter
from engine.language.lint.reasoning import (
    conjuncts,
)
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text
from engine.model.fault import Path
from engine.model.predicate import Compare, Predicate

#: Fields that a contact who gets this mail has for certain.
_ALWAYS: Final = frozenset({"contact.id", "contact.email", "contact.created_at"})


def check(subject: Subject) -> Iterator[Finding]:
    """What is asked for by the trigger, by `enter_when` or by the step's `when` is there."""
    for letter in subject.letters:
        printed = [one for one in letter.printed() if not one.is_safe and not one.path.startswith("with.")]
        certain = _certain(subject, letter) if printed else frozenset()
        for one in printed:
            if one.path not in certain and _is_declared(one.path, subject):
                message = f"`{one.path}` may be missing, and then this message is not sent."
                help = (
                    f'Write {{{{ {one.path} | default: "…" }}}}, or put it between '
                    f"{{% if {one.path} %}} and {{% endif %}}."
                )
                yield about_text(letter, one.spot, message, help)


def _is_declared(path: str, subject: Subject) -> bool:
    """What the catalog does not know is a fault of its own; a trigger without values another rule."""
    root, _, name = path.partition(".")
    if root == "contact":
        return name in (subject.catalog.attributes or {}) or name in ("phone", "timezone", "locale", "stage")
    if root == "product":
        return False  # a shop that tells of its products tells their names and prices
    known = subject.catalog.events or {}
    return not subject.silent and any(name in (known.get(event) or {}) for event in subject.events)


def _certain(subject: Subject, letter: Letter) -> frozenset[str]:
    found = _ALWAYS | {f"contact.{name}" for name in subject.catalog.required}
    if subject.events and len(subject.events) == len(subject.triggers):
        of_each = [_of_trigger(path, trigger, subject) for path, trigger in subject.triggers]
        found |= frozenset.intersection(*of_each)
    for place in (("enter_when",), (*letter.path, "when")):
        written = subject.condition_at(place)
        found |= _asked(written.predicate) if written is not None else frozenset()
    return found


def _of_trigger(path: Path, trigger: Mapping[str, Any], subject: Subject) -> frozenset[str]:
    """Properties that the event must have: required, its key, or asked for by `where`."""
    declared = (subject.catalog.plain.get("events") or {}).get(trigger["event"]) or {}
    names = {name for name, one in declared.items() if isinstance(one, Mapping) and one.get("required")}
    if str(trigger.get("key", "")).startswith("event."):
        names.add(str(trigger["key"]).removeprefix("event."))
    where = subject.condition_at((*path, "where"))
    for asked in _asked(where.predicate) if where is not None else ():
        names.add(asked.removeprefix("event."))
    return frozenset(f"trigger.{name}" for name in names)


def _asked(predicate: Predicate) -> frozenset[str]:
    """What must be there for the condition to hold: every comparison with a missing value is false."""
    return frozenset(
        ".".join(part.subject.path[:2])
        for part in conjuncts(predicate)
        if isinstance(part, Compare) and (part.operator, part.operand) != ("exists", False)
    )


_LINE = 'steps:\n  - { id: hello, send: email, subject: Hello, body: "Hello %s, good to have you." }\n'
RULE = Rule(
    code="J775",
    group="content",
    severity="warning",
    meaning="A message prints a value that may be missing.",
    why=(
        "A message is never sent half-empty: contacts without this value get nothing, and it "
        "stands among the failures."
    ),
    example=Example(_LINE % "{{ contact.first_name }}"),
    clean=Example(_LINE % "{{ contact.first_name | default: 'there' }}"),
    check=check,
)
