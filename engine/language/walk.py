"""The way through the steps of a file, nested ones and broken ones too, and what each of them remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.conditions.vocabulary import Remembered
from engine.model.fault import Path
from engine.steps.table import STEPS

Steps = Iterator[tuple[Path, Mapping[str, Any]]]


def walk_steps(steps: Any, path: Path) -> Steps:
    """Every step with its path, nested ones after the one that holds them, in order of the file."""
    for here, step in steps_in(steps, path):
        if isinstance(step, Mapping):
            yield here, step
            for inner, nested in nested_in(step):
                yield from walk_steps(nested, (*here, *inner))


def steps_in(steps: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """What stands in one list of steps."""
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        yield (*path, index), step


def nested_in(step: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What stands where a step holds other steps, and the way to it."""
    for kind in STEPS.values():
        if kind.word in step:
            for _, inner in kind.nested(step):
                yield inner, at(step, inner)


def at(data: Any, path: Path) -> Any:
    """What stands at a path, or None."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def remembered_by(steps: Any) -> dict[str, Remembered]:
    """What each step remembers, by its id."""
    return {str(step["id"]): _remembered(step) for _, step in walk_steps(steps, ("steps",)) if "id" in step}


def _remembered(step: Mapping[str, Any]) -> Remembered:
    kind = next((kind for word, kind in STEPS.items() if word in step), None)
    return {} if kind is None else kind.remembers(step)


def are_alternatives(one: Path, other: Path) -> bool:
    """Whether nobody comes to both steps in one turn: they stand in different ways of the same step."""
    for index, (here, there) in enumerate(zip(one, other, strict=False)):
        if here != there:
            return one[index - 1] not in ("steps", "then", "else")
    return False
