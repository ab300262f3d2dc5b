"""One cell of a table: text that becomes what the catalog says it is. An empty cell was not said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import msgspec

from engine.calendar.instants import as_instant
from engine.calendar.spelling import quoted
from engine.conditions.names import AttributeType
from engine.errors import ReadError
from engine.model.spelling import did_you_mean

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?")
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})


def read_cell(name: str, text: str, type: AttributeType | None) -> Any:
    """The value of a cell that is not empty; text where no type is known. Raises ReadError."""
    if type is None:
        return text
    value = _READERS[type.type](name, text)
    if type.values is not None:
        for one in value if isinstance(value, list) else [value]:
            _check_listed(name, one, type.values)
    return value


def is_yes_or_no(text: str) -> bool:
    """Whether it is one of the words for them."""
    return text.lower() in _YES | _NO


def read_yes_or_no(name: str, text: str) -> bool:
    """true, yes, 1; false, no, 0."""
    if not is_yes_or_no(text):
        raise ReadError(f"`{name}` is {quoted(text)}, which is neither yes nor no", "Write true or false.")
    return text.lower() in _YES


def _check_listed(name: str, value: Any, values: tuple[object, ...]) -> None:
    if value in values:
        return
    known = [str(one) for one in values]
    hint = did_you_mean(str(value), known)
    raise ReadError(f"`{name}` is never {quoted(value)}.{hint}", f"catalog.yaml allows {', '.join(known)}.")


def _read_number(name: str, text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise ReadError(
            f"`{name}` is {quoted(text)}, which is no number",
            "Write digits with a point, such as 1234.50, without currency or thousands separators.",
        )
    if text.lstrip("+-").isdigit():
        return int(text)
    number = float(text)
    if not isfinite(number):
        raise ReadError(f"`{name}` is {quoted(text)}, which is too large", "Write a smaller number.")
    return number


def _read_date(name: str, text: str) -> str:
    if as_instant(text) is None:
        help = "Write a day such as 2026-03-29, or an instant such as 2026-03-29T10:00:00Z."
        raise ReadError(f"`{name}` is {quoted(text)}, which is no date", help)
    return text


def _read_list(name: str, text: str) -> list[Any]:
    if not text.startswith("["):
        return [part for piece in text.split("|") if (part := piece.strip())]
    found = _json(text)
    if not isinstance(found, list):
        raise ReadError(
            f"`{name}` is {quoted(text)}, which is no list", 'Write a|b, or JSON such as ["a", "b"].'
        )
    return found


def _read_map(name: str, text: str) -> dict[str, Any]:
    found = _json(text)
    if not isinstance(found, dict):
        raise ReadError(
            f"`{name}` is {quoted(text)}, which is no mapping", 'Write JSON such as {"city": "Bern"}.'
        )
    return found


def _json(text: str) -> Any:
    """None for what is no JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return None


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "text": lambda name, text: text,
    "number": _read_number,
    "boolean": read_yes_or_no,
    "date": _read_date,
    "instant": _read_date,
    "list": _read_list,
    "map": _read_map,
}
