"""Spaces within a line: `{ a: 1, b: [x, y] }`, one behind a colon, none in front of it or of a comma."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from engine.language.tidy_tokens import Token, tokens_of

#: What stands between two tokens of a line, by the first or by the second of them.
_BEHIND: Final = {"{": " ", "[": "", ",": " ", ":": " "}
_BEFORE: Final = {"}": " ", "]": "", ",": "", ":": ""}
#: Empty brackets; and a key without a value, whose colon would become a part of it before a comma.
_PAIRS: Final = {("{", "}"): "", ("[", "]"): "", (":", ","): " "}


def with_spacing(text: str) -> str:
    """The text with tidy spaces between the tokens of a line; comments and their distance stay."""
    written = [token for token in tokens_of(text) if token.is_written]
    parts, at = [], 0
    for one, other in pairwise(written):
        gap = _gap(one, other)
        between = text[one.end : other.start]
        if gap is not None and not between.strip(" "):
            parts += [text[at : one.end], gap]
            at = other.start
    return "".join([*parts, text[at:]])


def _gap(one: Token, other: Token) -> str | None:
    """The space between two neighbours, or None where it stays as it is."""
    if one.end_line != other.line:
        return None
    usual = _BEFORE.get(other.kind, _BEHIND.get(one.kind))
    return _PAIRS.get((one.kind, other.kind), usual)
