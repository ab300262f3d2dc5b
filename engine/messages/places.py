"""Where in the HTML Liquid stands: in text, in an attribute, in a script; and which of these places are
unsafe.

Escaping `<`, `>`, `&` and quotes protects text and quoted attributes. It protects nothing inside a script, an
`onclick` or an attribute without quotes, so values may not be printed there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.messages.pieces import Hidden, Piece

#: Comments, elements whose content is not HTML, and tags; everything else is text. Possessive: linear time.
MARKUP: Final = re.compile(
    r"<!--.*?-->|<![a-zA-Z\[][^>]*>"
    r"|<(?P<verbatim>script|style|title|textarea)\b(?:[^>\"']++|\"[^\"]*\"|'[^']*')*+>.*?</(?P=verbatim)\s*>"
    r"|<(?P<close>/?)(?P<element>[a-zA-Z][^\s/>]*)(?P<attributes>(?:[^>\"']++|\"[^\"]*\"|'[^']*')*+)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))?""")
#: Selectors look at these, so what they hold must be known when styles are inlined.
_READ_BY_CSS: Final = frozenset({"class", "id", "style"})


@dataclass(frozen=True, slots=True)
class UnsafePlace:
    """A piece of Liquid where escaping does not help, with the words for it."""

    piece: Piece
    message: str
    help: str


def unsafe_places(hidden: Hidden) -> Iterator[UnsafePlace]:
    """Every printed value that stands where it could become code."""
    for found in MARKUP.finditer(hidden.text):
        if (found["verbatim"] or "").lower() == "script":
            yield from _inside(found[0], hidden, "a script", "Mail programs run no scripts; leave it out.")
        elif found["element"]:
            yield from _unsafe_in_tag(found, hidden)


def _unsafe_in_tag(tag: re.Match[str], hidden: Hidden) -> Iterator[UnsafePlace]:
    if hidden.word.search(tag["element"]):
        yield from _inside(
            tag["element"], hidden, "the name of an HTML element", "Write the element's name out."
        )
    for name, value in _ATTRIBUTE.findall(tag["attributes"]):
        if hidden.word.search(name):
            yield from _inside(name, hidden, "the name of an attribute", "Write the attribute out.")
        if name.lower().startswith("on"):
            yield from _inside(value, hidden, f"`{name}`", "Mail programs run no scripts; leave it out.")
        elif value[:1] not in ('"', "'"):
            yield from _inside(
                value, hidden, f"`{name}` without quotes", f'Put quotes around it: {name}="…".'
            )


def _inside(text: str, hidden: Hidden, place: str, help: str) -> Iterator[UnsafePlace]:
    for match in hidden.word.finditer(text):
        piece = hidden.piece(match)
        if piece.kind == "output":
            yield UnsafePlace(
                piece, f"`{piece.text}` stands in {place}, where a value could become code", help
            )


def styles_depend_on_values(hidden: Hidden) -> bool:
    """Whether Liquid decides what the style sheet matches or says, so that styles wait for the values."""
    if any(piece.name == "render" for piece in hidden.pieces):
        return True
    return any(_decides_styles(found, hidden) for found in MARKUP.finditer(hidden.text))


def _decides_styles(found: re.Match[str], hidden: Hidden) -> bool:
    if found["verbatim"]:
        return found["verbatim"].lower() == "style" and bool(hidden.word.search(found[0]))
    return any(
        hidden.word.search(name) or (name.lower() in _READ_BY_CSS and hidden.word.search(value))
        for name, value in _ATTRIBUTE.findall(found["attributes"] or "")
    )


def text_words_as_comments(hidden: Hidden) -> str:
    """The text with the words between tags wrapped in comments, which are allowed even between rows."""
    parts: list[str] = []
    end = 0
    for found in MARKUP.finditer(hidden.text):
        parts += [_commented(hidden.text[end : found.start()], hidden), found[0]]
        end = found.end()
    return "".join([*parts, _commented(hidden.text[end:], hidden)])


def _commented(text: str, hidden: Hidden) -> str:
    return hidden.word.sub(lambda match: f"<!--{match[0]}-->", text)


def words_without_comments(text: str, hidden: Hidden) -> str:
    """Undo `text_words_as_comments`."""
    return re.sub(rf"<!--({hidden.word.pattern})-->", r"\1", text)


def shape(html: str) -> list[str]:
    """The elements of a text in their order, without what a parser adds or moves on its own."""
    return [
        (found["close"] + found["element"]).lower()
        for found in MARKUP.finditer(html)
        if found["element"] and found["element"].lower() not in ("html", "head", "body", "meta", "link")
    ]
