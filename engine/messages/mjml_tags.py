"""Reads the tags of an MJML text with their places, without making anything of them.

An own small reader, because mrml tells no places that a marketer could use, and because MJML lets HTML stand
unclosed inside mj-text, which mrml does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from engine.messages.mjml_words import HTML_INSIDE
from engine.messages.pieces import pieces_of

_TAG: Final = re.compile(
    r"<!--.*?-->|<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?P<void>/?)>",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(
    r"""(?P<name>[^\s"'<>/=]+)(?P<value>\s*=\s*(?P<quoted>"[^"]*"|'[^']*'|[^\s"'<>]+))?"""
)
#: What stands for a character of Liquid: a letter that ends no tag and no attribute.
_FILLER: Final = "\N{LATIN SMALL LETTER DOTLESS I}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its name, its value without quotes, and where the name begins."""

    name: str
    value: str
    start: int
    is_quoted: bool
    holds_liquid: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag. `kind` says what it does; `inner` is the stretch of HTML that an opened one holds."""

    kind: Literal["open", "close", "void", "comment"]
    name: str
    start: int
    end: int
    attributes: tuple[Attribute, ...] = ()
    inner: tuple[int, int] | None = None  # of an element with HTML in it: from here to there


def masked(source: str) -> str:
    """The text with each piece of Liquid as one run of fillers: nothing moves."""
    parts, end = [], 0
    for piece in pieces_of(source):
        parts += [source[end : piece.start], re.sub(r"[^\n]", _FILLER, piece.text)]
        end = piece.start + len(piece.text)
    return "".join([*parts, source[end:]])


def tags_of(source: str) -> Iterator[Tag]:
    """The tags in their order. HTML inside mj-text and its like is passed over; its end is a tag again."""
    text, position = masked(source), 0
    while (found := _TAG.search(text, position)) is not None:
        position = found.end()
        if found["name"] is None:
            yield Tag("comment", "", found.start(), found.end())
            continue
        name, attributes = found["name"], _attributes(found)
        if found["close"]:
            yield Tag("close", name, found.start(), found.end())
        elif found["void"]:
            yield Tag("void", name, found.start(), found.end(), attributes)
        elif name in HTML_INSIDE:
            closing = re.compile(rf"</{name}\s*>").search(text, position)
            inner = None if closing is None else (position, closing.start())
            yield Tag("open", name, found.start(), found.end(), attributes, inner)
            position = position if closing is None else closing.start()
        else:
            yield Tag("open", name, found.start(), found.end(), attributes)


def _attributes(tag: re.Match[str]) -> tuple[Attribute, ...]:
    begin = tag.start("attributes")
    return tuple(
        Attribute(
            found["name"],
            (found["quoted"] or "").strip("\"'"),
            begin + found.start(),
            (found["quoted"] or "")[:1] in ("'", '"') and bool(found["quoted"]),
            _FILLER in (found["quoted"] or ""),
        )
        for found in _ATTRIBUTE.finditer(tag["attributes"])
    )
