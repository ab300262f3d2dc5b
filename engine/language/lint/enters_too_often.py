"""Re-entry at once on an event that may come often, without a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.lengths import HOUR, seconds_of
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if not subject.marketing or subject.if_running in ("restart", "update"):
        return
    after = subject.re_entry.get("after", "0 seconds") if isinstance(subject.re_entry, Mapping) else None
    if subject.re_entry != "always" and (after is None or (seconds_of(after) or 0) >= HOUR):
        return
    for _, trigger in subject.triggers:
        if "event" in trigger and "key" not in trigger and not _is_limited(subject.re_entry):
            message = (
                f"Each `{trigger['event']}` lets the same contact enter again as soon as the "
                "last pass is over."
            )
            help = "Add a `key` to the trigger, or a pause: `re_entry: {after: 7 days}`."
            yield Finding(("re_entry",), message, help, at_key=True)
            return


def _is_limited(re_entry: Any) -> bool:
    return isinstance(re_entry, Mapping) and "max" in re_entry


RULE = Rule(
    code="J732",
    group="entry and goal",
    severity="warning",
    meaning="Re-entry at once on an event without a key.",
    why=(
        "An event that comes many times a day starts the journey as often, and the contact "
        "gets the same mail each time."
    ),
    example=Example("re_entry: always\n"),
    clean=Example("re_entry: { after: 7 days }\n"),
    check=check,
)
