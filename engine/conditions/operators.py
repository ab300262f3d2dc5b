"""The table of operators: for each its words, what it fits, and the test that it makes of its operand.

A test asks one value that is there. An operand that came from data and cannot be used makes a test that never
holds; operands that stand in files were checked when they were read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import re2

from engine.calendar.durations import read_duration
from engine.conditions.values import LIST, NUMBER, Test, differs, equals, instant_of, is_number, never
from engine.conditions.windows import end_of, enterings, leavings, start_of
from engine.errors import ReadError
from engine.model.duration import Duration

#: What an operand looks like in a file; `operands` reads each.
OperandKind = Literal[
    "scalar",
    "list",
    "orderable",
    "pair",
    "text",
    "item",
    "items",
    "pattern",
    "yes_no",
    "date",
    "duration",
    "path",
]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `make` answers the test of an operand; what looks at the clock has `window` instead."""

    word: str
    phrase: str  # as in "contact.orders is at least 5"
    summary: str
    example: str  # what stands behind the word
    operand: OperandKind
    fits: tuple[str, ...]  # types of the catalog
    make: Callable[[Any], Test] = lambda _operand: never
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """How an operator looks at the clock: whether an instant is inside, and when that may change."""

    holds: Callable[[datetime, Duration, datetime], bool]  # at, length, now
    changes: Callable[[datetime, Duration], list[datetime]]


# --- making tests ------------------------------------------------------------------------------


def _is_in(operands: Any) -> Test:
    if not isinstance(operands, LIST):
        return never
    if _are_plain_texts(operands):
        texts = frozenset(operands)
        return lambda value: isinstance(value, str) and value in texts
    tests = [equals(operand) for operand in operands]
    return lambda value: any(test(value) for test in tests)


def _is_not_in(operands: Any) -> Test:
    """Comparable with one of them at least, and equal to none."""
    if not isinstance(operands, LIST):
        return never
    is_in, others = _is_in(operands), [differs(operand) for operand in operands]
    return lambda value: any(differ(value) for differ in others) and not is_in(value)


def _are_plain_texts(operands: Any) -> bool:
    return all(isinstance(one, str) and instant_of(one) is None for one in operands)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    """Numbers by size, dates by time; any other text has no order."""

    def make(operand: Any) -> Test:
        if is_number(operand):
            return lambda value: (
                isinstance(value, NUMBER)
                and value is not True
                and value is not False
                and compare(value, operand)
            )
        instant = instant_of(operand)
        return never if instant is None else _dated(compare, instant)

    return make


def _dated(compare: Callable[[Any, Any], bool], instant: datetime) -> Test:
    def test(value: Any) -> bool:
        at = instant_of(value)
        return at is not None and compare(at, instant)

    return test


_at_least, _at_most = _ordered(operator.ge), _ordered(operator.le)


def _before(operand: Any) -> Test:
    instant = instant_of(operand)
    return never if instant is None else _dated(operator.lt, instant)


def _after(operand: Any) -> Test:
    instant = instant_of(operand)
    return never if instant is None else _dated(operator.gt, instant)


def _between(ends: Any) -> Test:
    if not isinstance(ends, LIST) or len(ends) != 2:
        return never
    low, high = _at_least(ends[0]), _at_most(ends[1])
    return lambda value: low(value) and high(value)


def _contains(operand: Any) -> Test:
    """An item of a list, or a part of a text."""
    is_item = equals(operand)
    if not isinstance(operand, str):
        return lambda value: isinstance(value, LIST) and any(map(is_item, value))

    def test(value: Any) -> bool:
        if isinstance(value, str):
            return operand in value
        return isinstance(value, LIST) and any(map(is_item, value))

    return test


def _contains_any(operands: Any) -> Test:
    tests = [_contains(operand) for operand in operands] if isinstance(operands, LIST) else []
    return lambda value: any(test(value) for test in tests)


def _contains_all(operands: Any) -> Test:
    if not isinstance(operands, LIST):
        return never
    tests = [_contains(operand) for operand in operands]
    return lambda value: isinstance(value, (str, *LIST)) and all(test(value) for test in tests)


def _starts_with(operand: Any) -> Test:
    return (
        (lambda value: isinstance(value, str) and value.startswith(operand))
        if isinstance(operand, str)
        else never
    )


def _ends_with(operand: Any) -> Test:
    return (
        (lambda value: isinstance(value, str) and value.endswith(operand))
        if isinstance(operand, str)
        else never
    )


def _exists(operand: Any) -> Test:
    """The one test that is asked for missing values, too."""
    if operand is True:
        return lambda value: value is not None
    return (lambda value: value is None) if operand is False else never


# --- patterns ------------------------------------------------------------------------------------


def read_pattern(text: str) -> Any:
    """The RE2 pattern of a text. Raises ReadError."""
    try:
        return re2.compile(text, _pattern_options())
    except (re2.error, UnicodeEncodeError) as error:
        detail = error.args[0] if error.args else ""
        detail = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        raise ReadError(detail, "write a pattern in RE2 syntax") from None


def _pattern_options() -> Any:
    options = re2.Options()
    options.log_errors = False  # it would write to the terminal by itself
    return options


def _matches(operand: Any) -> Test:
    pattern = _find_pattern(operand) if isinstance(operand, str) else None
    if pattern is None:
        return never

    def test(value: Any) -> bool:
        try:
            return isinstance(value, str) and pattern.search(value) is not None
        except UnicodeEncodeError:  # half a surrogate pair, which is no text
            return False

    return test


@lru_cache(maxsize=256)
def _find_pattern(text: str) -> Any:
    try:
        return read_pattern(text)
    except ReadError:
        return None


# --- windows -------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def find_duration(text: str) -> Duration | None:
    """A length of time that came from data; None when it is none."""
    try:
        return read_duration(text)
    except ReadError:
        return None


_WITHIN = Window(
    lambda at, length, now: start_of(now, length) < at <= now,
    lambda at, length: [at, *leavings(at, length)],
)
_IN_NEXT = Window(
    lambda at, length, now: now < at <= end_of(now, length),
    lambda at, length: [at, *enterings(at, length)],
)
_OLDER_THAN = Window(
    lambda at, length, now: at <= start_of(now, length),
    leavings,
)


# --- the table -----------------------------------------------------------------------------------

_DATES = ("date", "instant")
_SINGLE = ("text", "number", "boolean", *_DATES)
_ORDERED = ("number", *_DATES)
_ANY = (*_SINGLE, "list", "map")
_SEARCHED = ("text", "list")
_TEXT = ("text",)

_ALL = (
    Operator("eq", "is", "Is this value.", "CH", "scalar", _SINGLE, equals),
    Operator("ne", "is not", "Is there and is another value.", "CH", "scalar", _SINGLE, differs),
    Operator("in", "is one of", "Is one of these values.", "[CH, DE]", "list", _SINGLE, _is_in),
    Operator(
        "not_in", "is none of", "Is there and is none of these.", "[CH, DE]", "list", _SINGLE, _is_not_in
    ),
    Operator("gt", "is more than", "Is larger or later.", "5", "orderable", _ORDERED, _ordered(operator.gt)),
    Operator("gte", "is at least", "Is as large or larger, or later.", "5", "orderable", _ORDERED, _at_least),
    Operator(
        "lt", "is less than", "Is smaller or earlier.", "5", "orderable", _ORDERED, _ordered(operator.lt)
    ),
    Operator(
        "lte", "is at most", "Is as small or smaller, or earlier.", "5", "orderable", _ORDERED, _at_most
    ),
    Operator(
        "between", "is between", "Lies between two ends, both included.", "[1, 5]", "pair", _ORDERED, _between
    ),
    Operator(
        "contains",
        "contains",
        "The list holds this item, or the text this part.",
        "ski",
        "item",
        _SEARCHED,
        _contains,
    ),
    Operator(
        "contains_any",
        "contains any of",
        "Contains at least one of these.",
        "[ski, bike]",
        "items",
        _SEARCHED,
        _contains_any,
    ),
    Operator(
        "contains_all",
        "contains all of",
        "Contains every one of these.",
        "[ski, bike]",
        "items",
        _SEARCHED,
        _contains_all,
    ),
    Operator("starts_with", "starts with", "The text begins so.", "SKU-", "text", _TEXT, _starts_with),
    Operator("ends_with", "ends with", "The text ends so.", '".ch"', "text", _TEXT, _ends_with),
    Operator(
        "matches",
        "matches",
        "The pattern (RE2) is found anywhere in the text.",
        "'^[0-9]{4}$'",
        "pattern",
        _TEXT,
        _matches,
    ),
    Operator(
        "exists", "exists:", "true: there is a value; false: there is none.", "true", "yes_no", _ANY, _exists
    ),
    Operator(
        "before", "is before", "Lies before this day or instant.", "2026-04-01", "date", _DATES, _before
    ),
    Operator("after", "is after", "Lies after this day or instant.", "2026-04-01", "date", _DATES, _after),
    Operator(
        "within",
        "is within the last",
        "Lies in the past, at most so long ago.",
        "30 days",
        "duration",
        _DATES,
        window=_WITHIN,
    ),
    Operator(
        "in_next",
        "is within the next",
        "Lies ahead, at most so far.",
        "30 days",
        "duration",
        _DATES,
        window=_IN_NEXT,
    ),
    Operator(
        "older_than",
        "is longer ago than",
        "Lies in the past, so long ago or longer.",
        "30 days",
        "duration",
        _DATES,
        window=_OLDER_THAN,
    ),
    Operator(
        "same_as",
        "is the same as",
        "Is the value that stands there.",
        "trigger.cart_id",
        "path",
        _SINGLE,
        equals,
    ),
)

OPERATORS: Mapping[str, Operator] = {one.word: one for one in _ALL}
