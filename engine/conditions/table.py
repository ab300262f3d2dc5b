"""The table of all kinds of conditions, and the two ways through it: read data, compile a predicate.

To add a kind: one file with a `Kind`, and its line in KINDS; schema, reference and example tests follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.conditions import rules
from engine.conditions.comparison import COMPARISON
from engine.conditions.consent import CONSENT
from engine.conditions.contract import Compiled, Kind, Reading
from engine.conditions.describe import describe
from engine.conditions.did import DID
from engine.conditions.groups import GROUPS
from engine.conditions.in_journey import FINISHED, IN_JOURNEY
from engine.conditions.in_segment import IN_SEGMENT
from engine.conditions.in_stage import STAGE
from engine.conditions.items import ITEMS
from engine.conditions.literals import is_path
from engine.conditions.messaged import MESSAGED
from engine.conditions.names import Names
from engine.conditions.schema import schema_of
from engine.conditions.signs import meant_condition
from engine.conditions.vocabulary import CONTACT_FIELDS, ROOTS
from engine.conditions.wording import show, ticked
from engine.model.fault import Mistake, Path, Report
from engine.model.predicate import All, Condition, Predicate
from engine.model.spelling import did_you_mean
from engine.model.view import View

KINDS: tuple[Kind, ...] = (
    COMPARISON,
    DID,
    ITEMS,
    IN_SEGMENT,
    STAGE,
    CONSENT,
    IN_JOURNEY,
    FINISHED,
    MESSAGED,
    GROUPS,
)

_BY_WORD = {word: kind for kind in KINDS for word in kind.words}
_BY_ROOT = {root: kind for kind in KINDS for root in kind.roots}
_COMPANIONS = {one for kind in KINDS for words in kind.companions.values() for one in words}
#: What stands beside a word.
_BESIDE = _COMPANIONS | {"where", "topic", "within", "since"}
_BY_FORM = {form: kind for kind in KINDS for form in kind.forms}


def read_condition(data: object, path: Path, report: Report, names: Names) -> Predicate | None:
    """The predicate of plain YAML data. Reports every mistake found and then answers None."""
    mistakes: list[Mistake] = []

    def note(mistake: Mistake) -> None:
        report(mistake)
        if mistake.severity == "error":
            mistakes.append(mistake)

    predicate = _read(data, Reading(path, note, names, _read))
    return None if mistakes else predicate


def compile_condition(predicate: Predicate) -> Condition:
    """The predicate with its closures over a View."""
    compiled = _build(predicate)
    next_change = compiled.next_change or _never
    text = describe(predicate)
    return Condition(predicate, compiled.holds, next_change, compiled.events, text, compiled.journeys)


def read_and_compile(data: object, path: Path, report: Report, names: Names) -> Condition | None:
    """Both in one go; None after a complaint."""
    predicate = read_condition(data, path, report, names)
    return None if predicate is None else compile_condition(predicate)


def condition_schema() -> dict[str, Any]:
    """JSON Schema (draft-07) with the definition `condition`, to be merged into the schema of a file."""
    return schema_of(KINDS)


def _build(predicate: Predicate) -> Compiled:
    return _BY_FORM[type(predicate)].compile(predicate, _build)


def _never(_view: View) -> datetime | None:
    return None


# --- one mapping ---------------------------------------------------------------------------------


def _read(data: object, reading: Reading) -> Predicate | None:
    if not isinstance(data, Mapping):
        return _no_mapping(data, reading)
    if not data:
        return reading.wrong(rules.EMPTY, "The condition is empty.", "Write what must hold, or leave it out.")
    for word in data:
        kind = _BY_WORD.get(word)
        if kind is not None and kind.is_alone:
            return kind.read(word, data, reading)
        if word in _OF_ITEMS and isinstance(data[word], str) and "where" in data:
            return _of_items(word, data[word], reading)
    # Beside a word that nobody knows, `where` and the like are no second mistake.
    is_refused = any(_is_unknown(str(word)) for word in data)
    keys = [word for word in data if not (is_refused and word in _BESIDE)]
    return _joined([_read_key(word, data[word], reading) for word in keys])


def _joined(parts: list[Predicate | None]) -> Predicate | None:
    """A bare mapping means AND."""
    whole = tuple(part for part in parts if part is not None)
    if len(whole) < len(parts):
        return None
    return whole[0] if len(whole) == 1 else All(whole)


def _read_key(word: Any, value: Any, reading: Reading) -> Predicate | None:
    inner = reading.at(word)
    root, dot, _ = str(word).partition(".")
    kind = _BY_WORD.get(word) or (_BY_ROOT.get(root) if dot else None)
    if kind is not None:
        return kind.read(str(word), value, inner)
    return _unknown(str(word), value, inner)


# --- complaints ----------------------------------------------------------------------------------


def _no_mapping(data: object, reading: Reading) -> Predicate | None:
    if isinstance(data, list):
        return reading.wrong(
            rules.SHAPE,
            "A condition has keys with values, and is no list.",
            "Put `all:` in front of the list if every line must hold, or `any:` if one is enough.",
        )
    if data is None:
        return reading.wrong(rules.EMPTY, "The condition is empty.", "Write what must hold, or leave it out.")
    return reading.wrong(
        rules.SHAPE,
        f"A condition has keys with values, and `{show(data)}` has none.",
        _instead_of(data, reading.names),
    )


def _instead_of(data: object, names: Names) -> str:
    if isinstance(data, str) and data in (names.segments or ()):
        return f"Write `{{in_segment: {data}}}`."
    meant = meant_condition(data) if isinstance(data, str) else None
    if meant is not None:
        return f"Write `{{{meant}}}`."
    if isinstance(data, str) and is_path(data) and " " not in data:
        return f"Write what it must be: `{{{data}: true}}`, or `{{{data}: {{exists: true}}}}`."
    return "Write what is compared, a colon, and the value: `contact.orders: {gte: 5}`."


#: Words for conditions, and those for the items of a list.
_OF_ITEMS: Mapping[str, str] = {"any": "some", "all": "every", "none": "none_of"}


def _of_items(word: str, path: str, reading: Reading) -> Predicate | None:
    message = f"`{word}` joins conditions, and `{show(path)}` is a list of items."
    help = f"Write `{_OF_ITEMS[word]}: {show(path)}`, with its `where`."
    return reading.at(word).wrong(rules.SHAPE, message, help)


def _is_unknown(word: str) -> bool:
    root, dot, _ = word.partition(".")
    return not (word in _BY_WORD or word in _COMPANIONS or word in ROOTS or (dot and root in ROOTS))


def _unknown(word: str, value: Any, reading: Reading) -> Predicate | None:
    if word in _COMPANIONS:
        return reading.wrong(
            rules.DID_OPTION_ALONE,
            f"`{word}` belongs to a `did`, and there is none beside it.",
            f"Write both together: `{{did: Order Completed, {word}: {show(value)}}}`.",
            at_key=True,
        )
    if word in ROOTS:
        return reading.wrong(
            rules.PATH_SHAPE,
            f"`{word}` alone is no path.",
            f"Write the path as one word: `{ROOTS[word][0]}`.",
            at_key=True,
        )
    return reading.wrong(
        rules.UNKNOWN_WORD,
        f"No condition begins with `{show(word)}`.{_hint(word, reading.names)}",
        f"Write a path such as contact.orders, or one of {ticked(_BY_WORD)}.",
        at_key=True,
    )


#: What other tools call it.
_MEANT: Mapping[str, str] = {
    "and": "all",
    "or": "any",
    "nor": "none",
    "each": "every",
    "segment": "in_segment",
    "journey": "in_journey",
    "consent": "consented",
    "topic": "subscribed",
    "not_did": "did_not",
    "didnt": "did_not",
    "has_not_done": "did_not",
    "has_done": "did",
    "has_did": "did",
    "done": "did",
}


def _hint(word: str, names: Names) -> str:
    """An attribute without `contact.`, a property without `event.`, a root or a word that looks like it."""
    if word in CONTACT_FIELDS or word in (names.attributes or ()):
        return f" Did you mean `contact.{word}`?"
    if "event" in names.roots and word in (names.properties_of(names.event) or ()):
        return f" Did you mean `event.{word}`?"
    if "trigger" in names.roots and any(word in (names.brought_by(one) or ()) for one in names.triggers):
        return f" Did you mean `trigger.{word}`?"
    if word.lower() in _MEANT:
        return f" Did you mean `{_MEANT[word.lower()]}`?"
    if "item" in names.roots and word.isidentifier():
        return f" Did you mean `item.{word}`?"
    _, dot, rest = word.partition(".")
    return did_you_mean(word, (*_BY_WORD, *_COMPANIONS, *(f"{one}{dot}{rest}" for one in ROOTS)))
