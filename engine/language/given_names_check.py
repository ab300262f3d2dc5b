"""The names that steps give to what they found: one that is given again hides what was found before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.language.reading import Reading
from engine.language.walk import are_alternatives
from engine.model.fault import Mistake, Path
from engine.steps.rules import NAME_TWICE
from engine.steps.table import STEPS


def check_given_names(reading: Reading, steps: Sequence[tuple[Path, Mapping[str, Any]]]) -> None:
    """Between two steps of one name a message must be able to show what the first one found."""
    unseen: list[tuple[Path, str]] = []
    for path, step in steps:
        if "send" in step:
            unseen.clear()
        for at, name in _given(path, step):
            hidden = [one for one, other in unseen if other == name and not are_alternatives(one, at)]
            if hidden:
                reading.report(_hides(reading, name, at, hidden[-1]))
            unseen.append((at, name))


def _given(path: Path, step: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """Where a step gives a name, and the name; a step with several verbs has a fault of its own."""
    named = [(verb, step[verb]) for verb, kind in STEPS.items() if kind.names_something and verb in step]
    return [
        ((*path, verb, "as"), plain["as"])
        for verb, plain in named
        if isinstance(plain, Mapping) and isinstance(plain.get("as"), str)
    ]


def _hides(reading: Reading, name: str, path: Path, first: Path) -> Mistake:
    line = reading.document.value_at(first).line
    message = f"This hides the `{name}` of line {line}, which no message could show yet."
    help = f"Give each a name of its own, such as `as: {name}_2`, so that messages can say which they mean."
    return Mistake(path, NAME_TWICE, message, help)
