"""What people write who know other languages: `contact.orders > 5`, and how that is written here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from engine.conditions.operators import OPERATORS
from engine.conditions.vocabulary import ROOTS

SIGNS: Final[Mapping[str, str]] = {
    "=": "eq", "==": "eq", "is": "eq", "equals": "eq", "!=": "ne", "<>": "ne", "is_not": "ne", "not": "ne",
    ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "min": "gte", "max": "lte", "any": "in", "one_of": "in",
    "includes": "contains", "like": "contains", "regex": "matches", "since": "after", "until": "before",
}  # fmt: skip

#: Operators that may begin a text as it is meant: `in transit`.
_WORDS_OF_EVERY_DAY: Final = frozenset({"in", "between", "contains", "matches", "before", "after", "within"})
_SIGN: Final = re.compile(r"(>=|<=|==|!=|<>|=|>|<)\s*(\S.*)")
_PATH: Final = rf"((?:{'|'.join(ROOTS)})(?:\.[\w-]+)+)"
_SPACED: Final = re.compile(_PATH + r"\s+(\S+)\s+(\S.*)")
_TIGHT: Final = re.compile(_PATH + r"(>=|<=|==|!=|=|>|<)(\S.*)")
#: What is longer was not meant for a comparison.
_LONGEST: Final = 100


def meant_operator(text: str) -> str | None:
    """`exists`, `gte 5` or `> 5` as they are to be written behind a path; None for what may be a text."""
    if len(text) > _LONGEST:
        return None
    if text in ("not exists", "not_exists", "does not exist"):
        return "{exists: false}"
    if sign := _SIGN.fullmatch(text.strip()):
        return f"{{{SIGNS[sign[1]]}: {sign[2]}}}"
    first, _, rest = text.strip().partition(" ")
    word = first.rstrip(":")
    if word == "exists":
        return "{exists: true}"
    if word not in OPERATORS or word in _WORDS_OF_EVERY_DAY or not rest.strip():
        return None
    return f"{{{word}: {rest.strip()}}}"


def meant_condition(text: str) -> str | None:
    """`contact.orders > 5` or `contact.country is CH` as it is to be written; None when it is none."""
    found = text.strip() if len(text) <= _LONGEST else ""
    match = _SPACED.fullmatch(found) or _TIGHT.fullmatch(found)
    if match is None:
        return None
    path, sign, value = match.groups()
    word = SIGNS.get(sign, sign)
    if word not in OPERATORS:
        return None
    return f"{path}: {value}" if word == "eq" else f"{path}: {{{word}: {value}}}"
