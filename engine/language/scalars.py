"""Says what an unquoted word of a file means: the scalars of JSON, and everything else is text."""

from __future__ import annotations

import re
from typing import Final, Literal

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, bool | None]] = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]+)?")
_STARTS: Final = frozenset("-0123456789")
#: Python refuses longer ones, and nobody counts that far: such a row of digits is text.
_MOST_DIGITS: Final = 1000

_YES: Final = frozenset({"yes", "on", "true", "y"})
_NO: Final = frozenset({"no", "off", "false", "n"})


def read_scalar(text: str) -> Scalar:
    """The value of an unquoted scalar: null, boolean or number as JSON writes them, otherwise its text.

    A number that no computer number can hold (`1e999`, a thousand digits) stays text as well.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _STARTS and (match := _NUMBER.fullmatch(text)):
        return _read_number(text, is_whole=match.lastgroup is None)
    return text


def _read_number(text: str, is_whole: bool) -> Scalar:
    if is_whole:
        return int(text) if len(text) <= _MOST_DIGITS else text
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number


def boolean_meant(text: str) -> Literal["true", "false"] | None:
    """The boolean somebody probably meant with `yes`, `No`, `ON`, `TRUE` …, as it is to be written."""
    word = text.strip().lower()
    if word in _YES:
        return "true"
    return "false" if word in _NO else None


def looks_like_boolean(text: str) -> bool:
    """Whether a text is one of the words that other YAML readers take for true or false."""
    return boolean_meant(text) is not None
