"""An event trigger without key, and no word about entering again."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if "re_entry" in subject.data:
        return
    for path, trigger in subject.triggers:
        if "event" in trigger and "key" not in trigger:
            message = (
                "Nobody enters twice: without `re_entry` each contact goes through this "
                "journey once for ever."
            )
            help = "If that is meant, say so: `re_entry: never`; otherwise `re_entry: {after: 30 days}`."
            yield Finding((*path, "event"), message, help, at_key=True)
            return


RULE = Rule(
    code="J733",
    group="entry and goal",
    severity="info",
    meaning="A journey on an event says nothing about entering again.",
    why="The default is once for ever, which suits a welcome, and surprises elsewhere a year later.",
    example=Example(without=("re_entry",)),
    clean=Example("re_entry: never\n"),
    check=check,
)
