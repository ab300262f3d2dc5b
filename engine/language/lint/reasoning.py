"""Which conditions follow from others, and which exclude each other. What it cannot tell, it does not claim.

Only what is certain counts: numbers by their ranges, values by their lists, history by its windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from engine.calendar.durations import utc_add
from engine.conditions.values import instant_of
from engine.language.lint.lengths import BEGINNING
from engine.model.duration import Duration
from engine.model.predicate import All, AnyOf, Compare, Did, Not, Predicate


class Range(NamedTuple):
    """Numbers from `low` to `high`; an open end does not belong to it."""

    low: float
    high: float
    is_low_open: bool = False
    is_high_open: bool = False

    def holds(self, number: float) -> bool:
        return (self.low < number or (self.low == number and not self.is_low_open)) and (
            number < self.high or (number == self.high and not self.is_high_open)
        )

    def lies_in(self, other: Range) -> bool:
        """Whether each of its numbers belongs to the other too."""
        low = self.low > other.low or (self.low == other.low and (self.is_low_open or not other.is_low_open))
        high = self.high < other.high or (
            self.high == other.high and (self.is_high_open or not other.is_high_open)
        )
        return low and high

    def meets(self, other: Range) -> bool:
        """Whether some number belongs to both."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return low < high or (low == high and self.holds(low) and other.holds(low))


def conjuncts(predicate: Predicate) -> Iterator[Predicate]:
    """What must hold all at once."""
    if isinstance(predicate, All):
        for part in predicate.parts:
            yield from conjuncts(part)
    else:
        yield predicate


def implies(given: Predicate, asked: Predicate) -> bool:
    """Whether `asked` certainly holds wherever `given` does."""
    if given == asked:
        return True
    if isinstance(given, AnyOf):
        return bool(given.parts) and all(implies(part, asked) for part in given.parts)
    if isinstance(asked, All):
        return all(implies(given, part) for part in asked.parts)
    if isinstance(asked, AnyOf):
        return any(implies(given, part) for part in asked.parts)
    return any(_implies_one(part, asked) for part in conjuncts(given))


def excludes(one: Predicate, other: Predicate) -> bool:
    """Whether the two certainly never hold together."""
    return any(_excludes(a, b) or _excludes(b, a) for a in conjuncts(one) for b in conjuncts(other))


def never_holds(predicate: Predicate) -> bool:
    """Whether nothing can make it true."""
    parts = list(conjuncts(predicate))
    if any(_is_impossible(part) for part in parts):
        return True
    return any(excludes(a, b) for index, a in enumerate(parts) for b in parts[index + 1 :])


def always_holds(predicate: Predicate) -> bool:
    """Whether nothing can make it false."""
    match predicate:
        case All(parts):
            return all(always_holds(part) for part in parts)
        case AnyOf(parts):
            pairs = ((a, b) for index, a in enumerate(parts) for b in parts[index + 1 :])
            return any(always_holds(part) for part in parts) or any(_covers(a, b) for a, b in pairs)
        case Not(part):
            return never_holds(part)
        case Did(count=count) if count:
            return _counts(count) == _range("gte", 0)
    return False


def _covers(one: Predicate, other: Predicate) -> bool:
    return one == Not(other) or other == Not(one)


def _is_impossible(part: Predicate) -> bool:
    match part:
        case AnyOf(parts):
            return all(never_holds(one) for one in parts)
        case Not(inner):
            return always_holds(inner)
        case Did(count=count):
            return bool(count) and not _can_count(count)
    return False


# --- one against one ------------------------------------------------------------------------------------


def _implies_one(given: Predicate, asked: Predicate) -> bool:
    match given, asked:
        case Compare(), Compare():
            return given.subject == asked.subject and _compare_implies(given, asked)
        case Did(), Did():
            return _did_implies(given, asked)
        case Not(inner), Not(outer):
            return implies(outer, inner)
        case AnyOf(), _:
            return implies(given, asked)
    return given == asked


def _excludes(one: Predicate, other: Predicate) -> bool:
    match one, other:
        case Compare(), Compare():
            return one.subject == other.subject and _compare_excludes(one, other)
        case _, Not(inner):
            return implies(one, inner)
    return False


def _compare_implies(given: Compare, asked: Compare) -> bool:
    if asked.operator == "exists":
        return asked.operand is True and not (given.operator == "exists" and given.operand is False)
    values = _values(given)
    if values is not None:
        return all(_fits(value, asked) is True for value in values)
    mine, others = range_of(given), range_of(asked)
    return mine is not None and others is not None and mine.lies_in(others)


def _compare_excludes(one: Compare, other: Compare) -> bool:
    if (one.operator, one.operand) == ("exists", False):
        return not (other.operator == "exists" and other.operand is False)
    values = _values(one)
    if values is not None:
        return all(_fits(value, other) is False for value in values)
    mine, others = range_of(one), range_of(other)
    return mine is not None and others is not None and not mine.meets(others)


def _values(compare: Compare) -> tuple[object, ...] | None:
    """The few values that it allows, when they are written out."""
    match compare.operator, compare.operand:
        case "eq", value if _is_plain(value):
            return (value,)
        case "in", (tuple() | list()) as values if all(_is_plain(one) for one in values):
            return tuple(values)
    return None


def _is_plain(value: object) -> bool:
    """A value with one way to write it; the same instant can be written in many."""
    return isinstance(value, str | int | float) and instant_of(value) is None


def _fits(value: object, compare: Compare) -> bool | None:
    """Whether this value passes; None when that cannot be told."""
    values = _values(compare)
    if values is not None:
        return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)
    if compare.operator in ("ne", "not_in"):
        refused = _values(Compare(compare.subject, _OPPOSITES[compare.operator], compare.operand))
        return None if refused is None else _differs(value, refused)
    numbers = range_of(compare)
    if numbers is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return numbers.holds(value)


_OPPOSITES = {"ne": "eq", "not_in": "in"}


def _differs(value: object, refused: tuple[object, ...]) -> bool | None:
    """Of one kind only: text and number never meet, and neither equal nor different holds."""
    return value not in refused if all(type(one) is type(value) for one in refused) else None


def range_of(compare: Predicate) -> Range | None:
    """The numbers that a comparison allows; None for everything else."""
    if not isinstance(compare, Compare):
        return None
    match compare.operator, compare.operand:
        case "between", (low, high) if _is_number(low) and _is_number(high):
            return Range(low, high)
        case operator, number if _is_number(number) and operator in _RANGES:
            return _range(operator, number)
    return None


_RANGES = ("eq", "gt", "gte", "lt", "lte")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _range(operator: str, number: float) -> Range:
    match operator:
        case "gt":
            return Range(number, inf, is_low_open=True)
        case "gte":
            return Range(number, inf)
        case "lt":
            return Range(-inf, number, is_high_open=True)
        case "lte":
            return Range(-inf, number)
    return Range(number, number)


# --- history --------------------------------------------------------------------------------------------


def _counts(count: tuple[tuple[str, float], ...]) -> Range:
    """How often, as one range; never less than no time at all."""
    found = _range("gte", 0)
    for operator, number in count or (("gte", 1),):
        if operator in _RANGES:
            one = _range(operator, number)
            low = max((found.low, found.is_low_open), (one.low, one.is_low_open))
            high = min((found.high, not found.is_high_open), (one.high, not one.is_high_open))
            found = Range(low[0], high[0], low[1], not high[1])
    return found


def _can_count(count: tuple[tuple[str, float], ...]) -> bool:
    found = _counts(count)
    return found.low < found.high or (found.low == found.high and found.holds(found.low))


def _did_implies(given: Did, asked: Did) -> bool:
    """More of it in a shorter window is also some of it in a longer one."""
    if given.event != asked.event or given.since_start != asked.since_start:
        return False
    if asked.where is not None and given.where != asked.where:
        return False
    if given.sums != asked.sums and asked.sums:
        return False
    mine, others = _counts(given.count), _counts(asked.count)
    if others.high != inf and (given.within != asked.within or given.where != asked.where):
        return False
    return mine.low >= 1 and mine.lies_in(others) and _is_shorter(given.within, asked.within)


def _is_shorter(one: Duration | None, other: Duration | None) -> bool:
    if other is None:
        return True
    return one is not None and utc_add(BEGINNING, one) <= utc_add(BEGINNING, other)
