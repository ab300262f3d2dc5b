"""Cuts a template into Liquid and other text, and hides the Liquid behind plain words while others work on
the rest.

Markdown and the CSS inliner know nothing of Liquid: they would escape quotes in `{{ … }}`, or take `{% if %}`
for a paragraph. They get a text in which each piece of Liquid is one word such as `lq7z`; afterwards the
words become Liquid again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

PieceKind = Literal["output", "tag", "raw", "comment"]

#: The same cuts as python-liquid's own lexer makes (liquid/lex.py).
_LIQUID = re.compile(
    r"(?P<raw>\{%-?\s*raw\s*-?%\}(?P<inner>.*?)\{%-?\s*endraw\s*-?%\})"
    r"|(?P<comment>\{%-?\s*(?P<word>comment|doc)\b.*?\{%-?\s*end(?P=word)\s*-?%\})"
    r"|(?P<output>\{\{.*?\}\})"
    r"|(?P<tag>\{%-?\s*(?P<name>\w+|\#)?.*?%\})",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of Liquid in a text. `name` is the tag's word, empty for other kinds."""

    kind: PieceKind
    text: str
    start: int  # index of its first character in the source
    name: str = ""
    inner: str = ""  # of a raw block: what stands between the tags


def pieces_of(source: str) -> list[Piece]:
    """All Liquid of a text in its order."""
    return [_piece(match) for match in _LIQUID.finditer(source)]


def _piece(match: re.Match[str]) -> Piece:
    if match["raw"]:
        return Piece("raw", match[0], match.start(), inner=match["inner"])
    if match["comment"]:
        return Piece("comment", match[0], match.start())
    if match["output"]:
        return Piece("output", match[0], match.start())
    return Piece("tag", match[0], match.start(), name=match["name"] or "")


class Hidden:
    """A text whose Liquid is hidden behind words of letters and digits.

    Lower-case letters and digits only: Markdown leaves them alone in links and tables, HTML in attribute
    names.
    """

    def __init__(self, source: str) -> None:
        self.pieces = pieces_of(source)
        self._stem = _unused_stem(source)
        self.word = re.compile(rf"{self._stem}(\d+)z")
        numbers = iter(range(len(self.pieces)))
        self.text = _LIQUID.sub(lambda _: self.word_for(next(numbers)), source)

    def word_for(self, number: int) -> str:
        """The word that stands for a piece."""
        return f"{self._stem}{number}z"

    def piece(self, match: re.Match[str]) -> Piece:
        """The piece that a found word stands for."""
        return self.pieces[int(match[1])]

    def reveal(self, text: str, written: Callable[[Piece], str] | None = None) -> str:
        """Put the Liquid back."""
        write = written or _as_it_was
        return self.word.sub(lambda match: write(self.piece(match)), text)


def for_markup(piece: Piece) -> str:
    """A piece as it stands in HTML made from Markdown: comments go, raw text is text and not markup."""
    if piece.kind == "comment":
        return ""
    if piece.kind == "raw":
        return "{% raw %}" + html.escape(piece.inner, quote=False) + "{% endraw %}"
    return piece.text


def _as_it_was(piece: Piece) -> str:
    return piece.text


def _unused_stem(source: str) -> str:
    lowered, stem = source.lower(), "lq"
    while stem in lowered:
        stem += "q"
    return stem
