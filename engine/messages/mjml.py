"""MJML becomes HTML, once for each version; Liquid is hidden meanwhile and runs for each contact afterwards.

The only file that knows mrml. It may load nothing: parts come from _layouts and are put in here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import mrml

from engine.messages.mjml_tags import Tag, tags_of
from engine.messages.mjml_words import LIQUID_INSIDE
from engine.messages.pieces import Hidden, pieces_of
from engine.messages.styles import LEFT_ALONE

_LOADS_NOTHING: Final = mrml.ParserOptions(include_loader=mrml.noop_loader())
#: No fonts from elsewhere unless a message names one with mj-font: reading mail is nobody else's business.
_NO_FONTS: Final = mrml.RenderOptions(fonts={})
_INCLUDE: Final = re.compile(
    r"<mj-include\b[^>]*?\bpath\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^>]*?(?:/>|>\s*</mj-include\s*>)"
)
#: Media queries and the sheets that MJML keeps in the head stay there; `styles` takes the mark away.
_LEFT_ALONE: Final = f"<style {LEFT_ALONE}"
#: These are read by mrml itself; what the others hold is put back as it was written.
_READ_BY_MRML: Final = frozenset({"mj-title", "mj-preview"})
_DEEPEST: Final = 10


class MjmlError(Exception):
    """mrml cannot make HTML of a text in which nothing wrong was found."""


class UnknownPartError(Exception):
    """An mj-include names a part that is not there, or one that includes itself."""

    def __init__(self, name: str, written: str, *, is_endless: bool) -> None:
        super().__init__(name)
        self.name = name
        self.written = written
        self.is_endless = is_endless


def included(source: str) -> list[tuple[str, int]]:
    """The parts that a text puts in with mj-include, as they are called in _layouts, and where."""
    return [(_name_of(found), found.start()) for found in _INCLUDE.finditer(source)]


def with_parts(source: str, parts: Mapping[str, str], depth: int = 0) -> str:
    """The text with every mj-include replaced. Raises UnknownPartError."""

    def part(found: re.Match[str]) -> str:
        name = _name_of(found)
        if name not in parts or depth >= _DEEPEST:
            is_endless = name in parts
            raise UnknownPartError(name, found[0], is_endless=is_endless)
        return with_parts(parts[name], parts, depth + 1)

    return _INCLUDE.sub(part, source)


def _name_of(found: re.Match[str]) -> str:
    """`./footer.mjml`, `footer.mjml` and `footer` are one part."""
    path = found[1] if found[1] is not None else found[2]
    return path.removeprefix("./").removeprefix("_layouts/").removesuffix(".mjml")


def html_of_mjml(source: str) -> str:
    """The HTML of a whole document that was checked; its Liquid is that of the source. Raises MjmlError."""
    prepared = _Prepared(source)
    hidden = Hidden(prepared.text)
    try:
        made = mrml.to_html(hidden.text, parser_options=_LOADS_NOTHING, render_options=_NO_FONTS).content
    except OSError as error:
        raise MjmlError(str(error)) from None
    sheets = "".join(f"<style>{sheet}</style>" for sheet in prepared.inline_sheets)
    styled = made.replace("<style", _LEFT_ALONE).replace("</head>", f"{sheets}</head>", 1)
    return prepared.reveal(hidden.reveal(styled))


class _Prepared:
    """What mrml gets: no comments, HTML and text as single words, Liquid between elements in mj-raw.

    A style sheet that is to be inlined is kept aside: mrml would do it while Liquid is not there yet.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._stem = _unused(source)
        self._contents: list[str] = []
        self._open: list[str] = []
        self.inline_sheets: list[str] = []
        self.text = "".join(self._parts())

    def reveal(self, text: str) -> str:
        """Put back what the words stand for."""
        return re.sub(rf"{self._stem}(\d+)y", lambda found: self._contents[int(found[1])], text)

    def _parts(self) -> Iterator[str]:
        end, is_dropped = 0, False
        for tag in tags_of(self._source):
            if not is_dropped:
                yield self._between(self._source[end : tag.start])
            end = tag.end
            if tag.name == "mj-style" and (is_dropped or _is_inline(tag)):
                end, is_dropped = self._kept_aside(tag), tag.kind == "open"
            elif tag.kind != "comment":
                yield self._source[tag.start : tag.end]
                self._step(tag)
                if tag.inner is not None and tag.name not in _READ_BY_MRML:
                    yield self._word_for(tag.inner)
                    end = tag.inner[1]
        yield self._source[end:]

    def _step(self, tag: Tag) -> None:
        if tag.kind == "open":
            self._open.append(tag.name)
        elif tag.kind == "close" and self._open:
            self._open.pop()

    def _kept_aside(self, tag: Tag) -> int:
        if tag.inner is None:
            return tag.end
        self.inline_sheets.append(self._source[slice(*tag.inner)])
        return tag.inner[1]

    def _word_for(self, inner: tuple[int, int]) -> str:
        self._contents.append(self._source[slice(*inner)])
        return f"{self._stem}{len(self._contents) - 1}y"

    def _between(self, text: str) -> str:
        if not self._open or self._open[-1] not in LIQUID_INSIDE or "{" not in text:
            return text
        pieces = pieces_of(text)
        return "".join(
            f"<mj-raw>{piece.text}</mj-raw>" for piece in pieces if piece.kind in ("tag", "output")
        )


def _is_inline(tag: Tag) -> bool:
    return any(one.name == "inline" for one in tag.attributes)


def _unused(source: str) -> str:
    """The beginning of a word that does not occur in the text."""
    lowered, stem = source.lower(), "mq"
    while stem in lowered:
        stem += "q"
    return stem
