"""Reads one text of a message (subject, body, layout, …) and tells what is wrong with its Liquid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from liquid.exceptions import LiquidError, TemplateNotFoundError
from liquid.static_analysis import TemplateAnalysis
from liquid.template import BoundTemplate

from engine.messages import rules
from engine.messages.dialect import Dialect, in_words
from engine.messages.filters import REMOVED
from engine.messages.pieces import Piece, pieces_of
from engine.model.fault import Fault, Severity
from engine.model.source import SourcePosition
from engine.model.spelling import did_you_mean

_BLOCKS: Final = frozenset(
    {"if", "unless", "case", "for", "tablerow", "capture", "ifchanged", "comment", "raw", "doc"}
)
_MIDDLES: Final[dict[str, tuple[str, ...]]] = {
    "else": ("if", "unless", "case", "for"),
    "elsif": ("if", "unless"),
    "when": ("case",),
    "break": ("for",),
    "continue": ("for",),
}
#: Names that the engine fills; a template that assigns one of them would hide what it meant to read.
_TAKEN: Final = frozenset(
    {"contact", "trigger", "with", "step", "journey", "product", "links", "sender", "now", "today"}
    | {"locale", "currency", "transactional", "content", "preheader"}
)
#: How python-liquid calls what stands between tags; nobody writes these.
_INNER_TAGS: Final = frozenset({"content", "illegal", "output"})
_LARGEST: Final = 500_000
#: What rendering itself fills in; the release of a message need not keep it.
_FILLED: Final = frozenset(
    {"now", "today", "locale", "currency", "content", "preheader", "subject", "forloop", "tablerowloop"}
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text and where it stands: its file, the line on which it begins, and what people call it."""

    source: str
    file: str
    line: int = 1
    label: str = ""  # e.g. "layout `shop`", "the subject"; empty for the body

    def position(self, index: int, length: int = 1) -> SourcePosition:
        """The place of some characters. A layout's own file is not known here, so the label names it."""
        before = self.source[: max(index, 0)]
        line = self.line + before.count("\n")
        column = len(before) - (before.rfind("\n") + 1) + 1
        return SourcePosition(self.file, line, column, line, column + max(length, 1))

    def fault(
        self, index: int, length: int, rule: str, message: str, help: str, severity: Severity = "error"
    ) -> Fault:
        """A mistake at these characters."""
        told = f"In {self.label}: {message}." if self.label else f"{message[:1].upper()}{message[1:]}."
        return Fault(self.position(index, length), severity, rule, told, help)


def check(text: Text, dialect: Dialect) -> list[Fault]:
    """Everything wrong with the Liquid of a text, in the order of the text."""
    if len(text.source) > _LARGEST:
        words = f"this text has {len(text.source):,} characters, more than {_LARGEST:,}"
        return [text.fault(0, 1, rules.TOO_LARGE, words, "Link to images instead of putting them in.")]
    faults = list(_unknown_tags(text, dialect)) or list(_unbalanced(text))
    if faults:
        return faults
    template = _parsed(text.source, dialect)
    if isinstance(template, LiquidError):
        return list(_unreadable(text, template, dialect))
    return list(_unknown_names(text, template.analyze(include_partials=False), dialect))


# --- blocks -------------------------------------------------------------------------------------------------


def _unbalanced(text: Text) -> Iterator[Fault]:
    open_blocks: list[Piece] = []
    for piece in pieces_of(text.source):
        if piece.name in _BLOCKS:
            open_blocks.append(piece)
        elif piece.name in _MIDDLES:
            yield from _misplaced_middle(text, piece, open_blocks)
        elif piece.name.startswith("end"):
            yield from _closing(text, piece, open_blocks)
    for piece in open_blocks:
        yield _block_fault(
            text, piece, "is opened and never closed", f"Write {{% end{piece.name} %}} after it."
        )


def _closing(text: Text, piece: Piece, open_blocks: list[Piece]) -> Iterator[Fault]:
    name = piece.name.removeprefix("end")
    if not open_blocks:
        if name in _BLOCKS:
            yield _block_fault(
                text, piece, "closes nothing", f"Open it with {{% {name} … %}}, or take it out."
            )
        return
    opened = open_blocks[-1]
    if opened.name == name:
        open_blocks.pop()
    elif not name or name not in _BLOCKS:
        open_blocks.pop()
        yield _block_fault(text, piece, "is not a tag", f"Write {{% end{opened.name} %}}.")
    elif any(block.name == name for block in open_blocks):
        while open_blocks[-1].name != name:
            inner = open_blocks.pop()
            help = f"Write {{% end{inner.name} %}} before {piece.text}."
            yield _block_fault(text, inner, "is opened and never closed", help)
        open_blocks.pop()
    else:
        yield _block_fault(
            text, piece, f"closes nothing: {opened.text} is open", f"Write {{% end{opened.name} %}}."
        )


def _misplaced_middle(text: Text, piece: Piece, open_blocks: list[Piece]) -> Iterator[Fault]:
    homes = _MIDDLES[piece.name]
    around = open_blocks if homes == ("for",) else open_blocks[-1:]
    if not any(block.name in homes for block in around):
        help = "It belongs between " + " or ".join(f"{{% {home} … %}}" for home in homes) + " and its end."
        yield _block_fault(text, piece, "stands alone", help)


def _block_fault(text: Text, piece: Piece, words: str, help: str) -> Fault:
    return text.fault(piece.start, len(piece.text), rules.UNCLOSED, f"{piece.text} {words}", help)


# --- expressions --------------------------------------------------------------------------------------------


def _unreadable(text: Text, whole: LiquidError, dialect: Dialect) -> Iterator[Fault]:
    faults = [fault for piece in pieces_of(text.source) if (fault := _piece_fault(text, piece, dialect))]
    yield from faults or [_syntax_fault(text, whole, max(_index_of(whole), 0), 2)]


def _parsed(source: str, dialect: Dialect) -> BoundTemplate | LiquidError:
    try:
        return dialect.from_string(source)
    except LiquidError as error:
        return error


def _piece_fault(text: Text, piece: Piece, dialect: Dialect) -> Fault | None:
    """The fault of one tag on its own, so that one run finds those of all tags."""
    if piece.name.startswith("end"):  # whether it closes something has been looked at
        return None
    before, after = _surroundings(piece)
    error = _parsed(before + piece.text + after, dialect)
    if not isinstance(error, LiquidError):
        return None
    index = _index_of(error) - len(before)
    inside = 0 <= index < len(piece.text)
    start = piece.start + (index if inside else 0)
    return _syntax_fault(text, error, start, 1 if inside else len(piece.text))


def _surroundings(piece: Piece) -> tuple[str, str]:
    if piece.name in _BLOCKS:
        return "", f"{{% end{piece.name} %}}"
    if piece.name in _MIDDLES:
        home = _MIDDLES[piece.name][0]
        return f"{{% {home} x %}}", f"{{% end{home} %}}"
    return "", ""


def _index_of(error: LiquidError) -> int:
    return error.token.start_index if error.token else -1


def _unknown_tags(text: Text, dialect: Dialect) -> Iterator[Fault]:
    known = [name for name in dialect.tags if name.isalpha() and name not in _INNER_TAGS]
    for piece in pieces_of(text.source):
        is_closing = piece.kind != "tag" or piece.name.startswith("end")
        if not is_closing and piece.name not in (*known, *_MIDDLES, *_BLOCKS, "#"):
            yield _unknown_tag(text, piece, known)


def _unknown_tag(text: Text, piece: Piece, known: list[str]) -> Fault:
    if piece.name == "include":
        help = "Write {% render 'name' %}; what it needs goes after it: {% render 'name', item: item %}."
    else:
        help = f"Liquid knows {', '.join(sorted(known))}.{did_you_mean(piece.name, known)}"
    words = (
        f"there is no tag `{piece.name}`" if piece.name else f"{piece.text} has no word that says what to do"
    )
    return text.fault(piece.start, len(piece.text), rules.UNKNOWN_TAG, words, help)


def _syntax_fault(text: Text, error: LiquidError, index: int, length: int) -> Fault:
    message = str(error.message)
    for pattern, words, help in _WORDS:
        found = re.search(pattern, message)
        if found:
            filled = words.format(*found.groups())
            return text.fault(index, length, rules.SYNTAX, filled, help)
    words = in_words(error).removeprefix("this message cannot be rendered: ")
    return text.fault(index, length, rules.SYNTAX, f"this Liquid cannot be read: {words}", _SHAPE)


_SHAPE: Final = "Write values as {{ contact.first_name }}, conditions as {% if contact.vip %} … {% endif %}."
#: What python-liquid says → our words → what to write instead.
_WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    (r"expected '\}\}'", "{{{{ is never closed", "End it with }}."),
    (r"missing tag name or closing", "this tag is never closed or has no word in it", "End it with %}."),
    (r"missing expression", "this tag says nothing about what", "Write for example {% if contact.vip %}."),
    (r"unexpected ['\"]([“”„‘’«»])", "{} is not a quotation mark of Liquid", "Use straight quotes: ' or \"."),
    (r"unexpected .(['\"]).$", "a {} is opened and never closed", "Put a quote at both ends."),
    (r"unexpected '&'", "`&` means nothing here", "Write `and`."),
    (r"unexpected '\|'", "`|` means nothing here", "A filter follows a value; for either-or write `or`."),
    (r"expected end of expression, found '='", "one `=` compares nothing", "Write `==`."),
    (r"expected '=', found", "{{% assign %}} gives nothing", "Write {% assign name = value %}."),
    (r"expected in, found", "this loop has no `in`", "Write {% for item in trigger.products %}."),
    (r"expected word, found end", "a `|` without a filter after it", "Name one, such as `| upcase`."),
    (r"expected a primitive expression, found end", "nothing is named here", _SHAPE),
    (
        r"expected end of expression, found (word|string|integer|float)",
        "there is one word too many",
        "Names have no spaces; filters are written {{ contact.first_name | default: 'there' }}.",
    ),
)


# --- names --------------------------------------------------------------------------------------------------


def _unknown_names(text: Text, analysis: TemplateAnalysis, dialect: Dialect) -> Iterator[Fault]:
    for piece in pieces_of(text.source):
        if piece.name == "render":
            yield from _unknown_partial(text, piece, _partials(dialect))
    yield from _unknown_filters(text, analysis, dialect)
    for name, variables in analysis.locals.items():
        if name in _TAKEN:
            words = f"`{name}` is filled by the engine and cannot be assigned"
            yield text.fault(
                variables[0].span.index, len(name), rules.TAKEN_NAME, words, "Choose another name."
            )


def _partials(dialect: Dialect) -> Mapping[str, str]:
    partials = getattr(dialect.loader, "templates", {})
    return partials if isinstance(partials, Mapping) else {}


def _unknown_partial(text: Text, piece: Piece, partials: Mapping[str, str]) -> Iterator[Fault]:
    named = re.match(r"\{%-?\s*render\s+(?:'([^']*)'|\"([^\"]*)\"|(\S+))", piece.text)
    if named is None or named[3]:
        words = "a partial is named in quotes"
        yield text.fault(
            piece.start, len(piece.text), rules.UNKNOWN_PARTIAL, words, "Write {% render 'name' %}."
        )
        return
    name = named[1] or named[2] or ""
    if name not in partials:
        help = f"Put it into the folder _layouts.{did_you_mean(name, partials)}"
        yield text.fault(
            piece.start, len(piece.text), rules.UNKNOWN_PARTIAL, f"there is no partial `{name}`", help
        )


def _unknown_filters(text: Text, analysis: TemplateAnalysis, dialect: Dialect) -> Iterator[Fault]:
    for name, spans in analysis.filters.items():
        if name in dialect.filters:
            continue
        help = f"Liquid knows {', '.join(sorted(dialect.filters))}.{did_you_mean(name, dialect.filters)}"
        if name in REMOVED:
            help = "Take it out: data is always shown as text; write HTML in the message itself."
        for span in spans:
            yield text.fault(
                span.index, len(name), rules.UNKNOWN_FILTER, f"there is no filter `{name}`", help
            )


def global_paths(template: BoundTemplate) -> set[tuple[str, ...]]:
    """The values that a template and its partials read, as far as the text tells; lists are read whole."""
    try:
        analysis = template.analyze()
    except TemplateNotFoundError:
        return set()
    found = (variable.segments for variables in analysis.globals.values() for variable in variables)
    return {path_of(segments) for segments in found if isinstance(segments[0], str)}


#: Under these names stand records; a `size` in them is an attribute. Elsewhere it asks how many entries.
_RECORDS: Final = frozenset({"contact", "trigger", "with", "step", "journey", "product", "links", "sender"})


def path_of(segments: Sequence[object]) -> tuple[str, ...]:
    """The way to a value as far as it is written out; `contact.tags.size` leads to the tags."""
    path: list[str] = []
    for depth, segment in enumerate(segments):
        asks_for_part = (
            segment in ("size", "first", "last") and depth and not (depth == 1 and path[0] in _RECORDS)
        )
        if not isinstance(segment, str) or asks_for_part:
            break
        path.append(str(segment))
    return tuple(path)


def reads_of(templates: Sequence[BoundTemplate]) -> frozenset[tuple[str, ...]]:
    """The global paths that templates read, without what rendering itself fills in."""
    paths = set[tuple[str, ...]]().union(*(global_paths(template) for template in templates))
    asked = {("trigger", "topic")} if ("links", "confirm") in paths else set()  # what is to be confirmed
    return frozenset(path for path in paths | asked if path[0] not in _FILLED)
