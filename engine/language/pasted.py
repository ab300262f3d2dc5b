"""Recognizes what word processors do to YAML: typographic quotes, wide colons, long dashes, hidden spaces."""

from __future__ import annotations

import re
from typing import Final

from engine.language import yaml_rules as rules
from engine.language.source_text import Finding, shorten

#: No-break and other exotic spaces, and characters of no width.
HIDDEN_SPACES: Final = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_NO_WIDTH: Final = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064"
_HIDDEN: Final = re.compile(f"[{HIDDEN_SPACES}{_NO_WIDTH}]")

_OPENING: Final = "“”„«»‘’‚‹›＂＇"
_CLOSING: Final = "“”«»‘’‹›＂＇"
#: From one end to the other: “a” and “b” is a text that holds quotes, not a quoted text.
_WRAPPED: Final = re.compile(f"[{_OPENING}][^“”„«»＂]*[{_CLOSING}]")
_WIDE_BRACKETS: Final = re.compile(r"[［｛].*[］｝]")
_WIDE_COLON: Final = re.compile(r"([A-Za-z_][\w. -]*?)\s*[：﹕∶]\s*(.*)")
_LONG_DASH: Final = re.compile(r"[–—−－•·▪‣]\s+")
_WIDE_COMMA: Final = re.compile(r"[\w\"'.)-]\s*([，、；])\s*[A-Za-z0-9_\"'(-]", re.ASCII)
_STARTS: Final = re.compile(r"\s*(?:- +)*")
#: A key is not longer than this; keeps the looking for it short in long texts.
_LONGEST: Final = 200


def in_key(key: str, start: int) -> Finding | None:
    """What is wrong with a key that holds other than plain characters."""
    if hidden := _HIDDEN.search(key):
        return _hidden("key", start + hidden.start(), hidden.group())
    if dash := _LONG_DASH.match(key):
        return _long_dash(start, dash)
    if key[0] in _OPENING:
        plain = key.strip(_OPENING + _CLOSING)
        return _pasted(
            start,
            start + len(key),
            f"The key {key} has typographic quotes.",
            f"Write `{plain}:` without them.",
        )
    return _wide_colon(key, start)


def in_value(text: str, start: int) -> Finding | None:
    """What is wrong with an unquoted text, wherever it stands."""
    if _HIDDEN.match(text):
        return _hidden("value", start, text[0])
    if _HIDDEN.match(text, len(text) - 1) and "\n" not in text:
        return _hidden("value", start + len(text) - 1, text[-1])
    if _WRAPPED.fullmatch(text):
        return _wrapped(text, start)
    if _WIDE_BRACKETS.fullmatch(text):
        remedy = f"Write plain brackets: `[{shorten(text[1:-1])}]`."
        return _pasted(start, start + 1, f"The bracket `{text[0]}` is a wide one of a document.", remedy)
    return None


def in_list_item(text: str, start: int) -> Finding | None:
    """What is wrong with an unquoted text where a step or another mapping may have been meant."""
    return _wide_colon(text, start)


def in_brackets(text: str, start: int) -> Finding | None:
    """What is wrong with an unquoted text inside [ ] or { }: a wide comma between two plain words."""
    if not (comma := _WIDE_COMMA.search(text)):
        return None
    place = start + comma.start(1)
    message = f"The comma `{comma.group(1)}` is a wide one of a document and separates nothing."
    return _pasted(place, place + 1, message, "Write a plain comma `,`, or put the whole text in quotes.")


def opens_typographic(text: str) -> bool:
    """Whether a text begins with a typographic quote that it does not close."""
    return text[:1] in _OPENING and not _WRAPPED.fullmatch(text) if text else False


def open_quote(text: str, start: int) -> Finding:
    """The complaint about a text cut in two because its typographic quotes do not hold it together."""
    message = f"The quote `{text[0]}` is a typographic one, which does not hold a text together."
    return _pasted(start, start + 1, message, 'Write straight quotes: `"…"`.')


def in_line(line: str, start: int) -> Finding | None:
    """What is wrong with a whole line that could not be read; `start` is the offset of its beginning."""
    if line.isascii():
        return None
    begin = _STARTS.match(line)
    skipped = begin.end() if begin else 0
    content, place = line[skipped:], start + skipped
    return _in_content(content, place) if content else None


def in_folded_line(line: str, start: int) -> Finding | None:
    """What is wrong with a further line of an unquoted text: was it meant as a list item or a key?"""
    if line.isascii():
        return None
    content = line.lstrip(" ")
    place = start + len(line) - len(content)
    dash = _LONG_DASH.match(content)
    return _long_dash(place, dash) if dash else _wide_colon(content, place)


def _in_content(content: str, place: int) -> Finding | None:
    if content[0] == "＃":
        return _pasted(
            place, place + 1, "The `＃` is a wide one of a document.", "Begin a comment with a plain `#`."
        )
    if dash := _LONG_DASH.match(content):
        return _long_dash(place, dash)
    if content[0] in _OPENING:
        return _pasted(
            place,
            place + 1,
            f"The quote `{content[0]}` is a typographic one.",
            'Write straight quotes: `"…"`.',
        )
    return (
        _wide_colon(content, place) or _hidden_at_colon(content, place) or _quote_behind_colon(content, place)
    )


def _hidden_at_colon(content: str, place: int) -> Finding | None:
    if match := re.match(f"[^:]*:[{HIDDEN_SPACES}{_NO_WIDTH}]", content):
        return _hidden("line", place + match.end() - 1, match.group()[-1])
    return None


def _quote_behind_colon(content: str, place: int) -> Finding | None:
    if match := re.match(f"[^:]*: +[{_OPENING}]", content):
        return open_quote(match.group()[-1], place + match.end() - 1)
    return None


def _wide_colon(text: str, start: int) -> Finding | None:
    if text.isascii() or not (match := _WIDE_COLON.match(text, 0, _LONGEST)):
        return None
    place = start + match.end(1)
    colon = text[match.end(1) :].lstrip()[:1]
    remedy = f"Write a plain colon and a space: `{shorten(f'{match.group(1)}: {match.group(2)}'.rstrip())}`."
    return _pasted(place, place + 1, f"The colon `{colon}` is a wide one of a document.", remedy)


def _long_dash(start: int, dash: re.Match[str]) -> Finding:
    message = f"The dash `{dash.group()[0]}` is a typographic one of a document."
    return _pasted(start, start + 1, message, "Begin a list item with a plain hyphen and a space: `- `.")


def _wrapped(text: str, start: int) -> Finding:
    message = (
        f"The quotes in {shorten(text)} are typographic ones of a document and would become part of the text."
    )
    inside, whole = shorten(text[1:-1]), shorten(text)
    remedy = f"Write straight quotes: `\"{inside}\"`. If they belong to the text, write `'{whole}'`."
    return _pasted(start, start + len(text), message, remedy)


def _hidden(where: str, place: int, character: str) -> Finding:
    message = f"An invisible character (U+{ord(character[0]):04X}) stands in this {where}."
    remedy = "Delete it; when nothing is to be seen, type the words again."
    return Finding(place, place + len(character), rules.INVISIBLE, message, remedy)


def _pasted(start: int, end: int, message: str, remedy: str) -> Finding:
    return Finding(start, end, rules.PASTED, message, remedy)
