"""What anything that comes in must be like before it is looked at: small, shallow, writable as JSON again."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from types import NoneType
from typing import Any

import msgspec

from engine.errors import ReadError

#: Bytes of one event or one contact as JSON.
LARGEST = 32 * 1024

#: Lists and mappings within each other.
DEEPEST = 32

#: Characters of an id or a name; all databases can still index four bytes for each.
LONGEST_NAME = 255

_PLAIN = frozenset({str, int, bool, NoneType})


def check_limits(plain: Mapping[str, Any]) -> None:
    """Raises ReadError for what could not be kept or would be a danger to keep."""
    _check_values(dict(plain), DEEPEST)
    try:
        size = len(msgspec.json.encode(plain))
    except UnicodeEncodeError:
        raise ReadError(
            "there is half a character (a lone surrogate)", "Write the file as plain UTF-8."
        ) from None
    except (TypeError, ValueError, OverflowError):
        raise ReadError(
            "there is a value that JSON does not know", "Write texts, numbers, true, false, lists."
        ) from None
    if size > LARGEST:
        raise ReadError(
            f"{size:,} bytes are more than the {LARGEST:,} that one line may have",
            "Leave out what no journey needs.",
        )


def _check_values(value: Any, levels: int) -> None:
    """Every value of every event passes here, so plain ones are let through at the first glance."""
    if isinstance(value, float) and not isfinite(value):
        raise ReadError("a number is not finite (NaN or Infinity)", "Write a real number, or leave it out.")
    if not isinstance(value, dict | list | tuple):
        return
    if levels == 0:
        help = "Write it flatter."
        raise ReadError(f"there are more than {DEEPEST} lists and mappings within each other", help)
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ReadError("a key is no text", "Put every key in quotes.")
        value = value.values()
    for one in value:
        if type(one) not in _PLAIN:
            _check_values(one, levels - 1)


def read_name(what: str, value: Any) -> str:
    """An id or a name: a text with something in it, not too long and without control characters."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ReadError(f"`{what}` is no text", f"Write {what} as a text.")
    text = str(value).strip()
    if not text:
        raise ReadError(f"`{what}` is empty", f"Write {what}, or leave the line out.")
    if len(text) > LONGEST_NAME:
        raise ReadError(f"`{what}` is longer than {LONGEST_NAME} characters", "Write a shorter one.")
    if not text.isprintable():
        raise ReadError(
            f"`{what}` holds a character that cannot be seen", "Take out line breaks, tabs and the like."
        )
    return text
