"""Looking into conditions: what stands inside them, and which attributes may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.lint.subject import Subject
from engine.model.fault import Path
from engine.model.predicate import All, AnyOf, Not, Predicate


def nots_in(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every `not` in a condition as written, with what stands below it."""
    pairs = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        if key == "not":
            yield (*path, key), value
        yield from nots_in(value, (*path, key))


def parts_of(predicate: Predicate) -> Iterator[Predicate]:
    """The predicate and everything inside it, without the `where` of history."""
    yield predicate
    match predicate:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from parts_of(part)
        case Not(part):
            yield from parts_of(part)


def may_miss(path: str, subject: Subject) -> bool:
    """Whether an attribute of the contact is declared, and not as required."""
    root, _, name = path.partition(".")
    return (
        root == "contact"
        and name in (subject.catalog.attributes or {})
        and name not in subject.catalog.required
    )
