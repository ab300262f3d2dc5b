"""Says a predicate in one line for people, such as "contact.orders is at least 5 or did not Cart Viewed"."""

from __future__ import annotations

from typing import assert_never

from engine.conditions.operators import OPERATORS
from engine.conditions.wording import show
from engine.model.predicate import (
    All,
    AnyOf,
    Compare,
    Consented,
    Did,
    Finished,
    InJourney,
    InSegment,
    Items,
    Messaged,
    Not,
    Predicate,
    Subscribed,
)

_COUNTS = {
    "eq": "exactly",
    "ne": "not exactly",
    "gt": "more than",
    "gte": "at least",
    "lt": "fewer than",
    "lte": "at most",
}


_ITEMS = {"some": "some of", "every": "every one of", "none_of": "none of"}


def describe(predicate: Predicate) -> str:
    """One line, never empty."""
    match predicate:
        case Compare():
            return _compare(predicate)
        case Did():
            return f"did {_did(predicate)}"
        case Items(word, items, where):
            return f"{_ITEMS[word]} {items}: {_part(where)}"
        case InSegment(segment):
            return f"in segment {segment}"
        case Subscribed(topic):
            return f"subscribed to {topic}"
        case Consented(channel):
            return f"consented to {channel}"
        case InJourney(journey):
            return f"in journey {journey}"
        case Finished():
            return _finished(predicate)
        case Messaged():
            return _messaged(predicate)
        case All():
            return " and ".join(map(_part, predicate.parts)) or "always"
        case AnyOf():
            return " or ".join(map(_part, predicate.parts)) or "never"
        case Not():
            return _not(predicate.part)
        case _:
            assert_never(predicate)


def _finished(finished: Finished) -> str:
    within = "" if finished.within is None else f" within {finished.within}"
    since = " since the journey began" if finished.since_start else ""
    return f"finished journey {finished.journey}{within}{since}"


def _messaged(asked: Messaged) -> str:
    """`received any of topic news within 7 days`, `opened welcome/hello`."""
    which = "/".join(filter(None, (asked.journey, asked.step))) or "any"
    topic = f" of topic {asked.topic}" if asked.topic else ""
    within = "" if asked.within is None else f" within {asked.within}"
    return f"{asked.word} {which}{topic}{within}"


def _part(predicate: Predicate) -> str:
    text = describe(predicate)
    return f"({text})" if isinstance(predicate, All | AnyOf) and len(predicate.parts) > 1 else text


def _not(part: Predicate) -> str:
    if isinstance(part, Did) and not part.count and not part.sums:
        return f"did not {_did(part)}"
    if isinstance(part, InSegment | InJourney | Subscribed | Consented):
        return f"not {describe(part)}"
    return f"not ({describe(part)})"


def _compare(compare: Compare) -> str:
    if compare.operator == "exists" and isinstance(compare.operand, bool):
        return f"{compare.subject} {'has a value' if compare.operand else 'has no value'}"
    return f"{compare.subject} {OPERATORS[compare.operator].phrase} {_operand(compare)}"


def _operand(compare: Compare) -> str:
    if not isinstance(compare.operand, tuple):
        return show(compare.operand)
    shown = [show(one) for one in compare.operand]
    return " and ".join(shown) if compare.operator == "between" else ", ".join(shown)


def _did(did: Did) -> str:
    parts = [did.event]
    parts += [f"{_COUNTS[word]} {_times(number)}" for word, number in did.count]
    if did.within is not None:
        parts.append(f"within {did.within}")
    if did.since_start:
        parts.append("since the journey began")
    if did.where is not None:
        parts.append(f"where {_part(did.where)}")
    sums = [f"{ref} in sum {OPERATORS[word].phrase} {show(number)}" for ref, word, number in did.sums]
    return " ".join(parts) + "".join(f", {one}" for one in sums)


def _times(number: float) -> str:
    return f"{number:g} time" if number == 1 else f"{number:g} times"
