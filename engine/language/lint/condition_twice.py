"""The same condition twice in one list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject
from engine.model.fault import Path


def check(subject: Subject) -> Iterator[Finding]:
    for written in subject.conditions:
        for path, word, conditions in _lists(written.data, written.path):
            for index, one in enumerate(conditions):
                if one in conditions[:index]:
                    message = f"The same condition stands twice in this `{word}`."
                    yield Finding((*path, word, index), message, "Correct one of the two, or take it away.")


def _lists(data: Any, path: Path) -> Iterator[tuple[Path, str, list[Any]]]:
    if not isinstance(data, Mapping):
        return
    for word, value in data.items():
        if word in ("all", "any", "none") and isinstance(value, list):
            yield path, word, value
            for index, one in enumerate(value):
                yield from _lists(one, (*path, word, index))
        elif word == "not":
            yield from _lists(value, (*path, word))


RULE = Rule(
    code="J726",
    group="conditions",
    severity="warning",
    meaning="A list of conditions holds the same one twice.",
    why="A line was copied and not changed, so a condition that was meant is missing.",
    example=Example("enter_when: { any: [{ contact.orders: 1 }, { contact.orders: 1 }] }\n"),
    clean=Example("enter_when: { any: [{ contact.orders: 1 }, { contact.orders: 2 }] }\n"),
    check=check,
)
