"""Words of the language that do not run in this version: refused by name, never read past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.conditions.rules import RULES
from engine.model.fault import Mistake, Path, Report


@dataclass(frozen=True, slots=True)
class Later:
    """A word with the code of its refusal and what to write until it runs."""

    rule: str
    instead: str


#: By first word: a key of a condition, or the root of a path.
LATER: Mapping[str, Later] = {}

#: What may stand beside such a word; no complaint of its own.
COMPANIONS = frozenset({"where", "topic", "within", "since"})

#: Events that the engine itself will tell.
_EVENT_RULE = "J466"

#: Every code of a condition, the refusals included.
ALL_RULES: Mapping[str, str] = {
    **RULES,
    **{later.rule: f"`{word}` does not run in this version yet." for word, later in LATER.items()},
    _EVENT_RULE: "An event of the engine itself that does not happen in this version yet.",
}


def is_later(word: str) -> bool:
    """Whether a key or a path begins with a word that does not run yet."""
    return word.partition(".")[0] in LATER


def refuse(word: str, path: Path, report: Report, *, at_key: bool) -> None:
    """Say which word does not run and what to write instead."""
    later = LATER[word.partition(".")[0]]
    report(Mistake(path, later.rule, f"`{word}` does not run in this version yet.", later.instead, at_key))


def refuse_event(name: str, path: Path, report: Report) -> None:
    """Say that an event of the engine itself does not happen yet, so that nobody waits for it."""
    message = f"`{name}` is an event of the engine itself, and does not happen in this version yet."
    help = "Until then leave it out, or use an event that your shop sends."
    report(Mistake(path, _EVENT_RULE, message, help))
