"""The law of comparing two values: numbers with numbers, text with text, dates as instants, else never.

Two values are comparable when they are both numbers, both true or false, both text, or both read as a date
or an instant. Lists and maps compare with nothing. What is not comparable is neither equal nor different.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from engine.calendar.instants import as_instant

#: Asks a value that is there.
Test = Callable[[Any], bool]

#: Types of numbers; bool is one of them in Python and must be ruled out beside it.
NUMBER = (int, float)
LIST = (list, tuple)


def never(_value: Any) -> bool:
    """The test of an operand that nothing compares with."""
    return False


def instant_of(value: Any) -> datetime | None:
    """The instant that a text or an instant stands for; numbers stand for none."""
    return as_instant(value) if isinstance(value, str | datetime) else None


def is_number(value: Any) -> bool:
    """A number; true and false are none."""
    return isinstance(value, NUMBER) and value is not True and value is not False


def equals(operand: Any) -> Test:
    """The same number, the same text, the same truth, or the same instant."""
    if isinstance(operand, bool):
        return lambda value: value is operand
    if isinstance(operand, NUMBER):
        return lambda value: value == operand and value is not True and value is not False
    if not isinstance(operand, str | datetime):
        return never
    instant = as_instant(operand)
    if instant is None:
        return lambda value: bool(value == operand)
    return lambda value: value == operand or instant_of(value) == instant


def differs(operand: Any) -> Test:
    """Comparable, and not equal."""
    if isinstance(operand, bool):
        other = not operand
        return lambda value: value is other
    if isinstance(operand, NUMBER):
        return lambda value: is_number(value) and value != operand
    if isinstance(operand, str):
        return _differs_from_text(operand)
    return _differs_from_instant(operand) if isinstance(operand, datetime) else never


def _differs_from_text(operand: str) -> Test:
    instant = as_instant(operand)
    if instant is None:
        return lambda value: isinstance(value, str) and value != operand

    def test(value: Any) -> bool:
        at = instant_of(value)
        return at != instant if at is not None else isinstance(value, str)

    return test


def _differs_from_instant(operand: datetime) -> Test:
    instant = as_instant(operand)

    def test(value: Any) -> bool:
        at = instant_of(value)
        return at is not None and at != instant

    return test
