"""Markdown with Liquid in it becomes HTML with Liquid in it. Markdown comes first, so that data is never
Markdown.

CommonMark with tables and strikethrough; HTML is let through, because the author is trusted. Liquid tags on a
line of their own stand outside paragraphs. Text indented by four spaces is not code: people indent inside {%
if %}.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from engine.messages.pieces import Hidden, Piece, for_markup

_ALONE: Final = "liquid_alone"
_HIDDEN: Final = "liquid_hidden"  # where markdown-it carries the hidden pieces along


class TagMovedError(Exception):
    """Markdown would tear a tag from its place. `piece` is that tag; the compiler makes a fault of it."""

    def __init__(self, piece: Piece) -> None:
        super().__init__(piece.text)
        self.piece = piece


def to_html(source: str) -> str:
    """HTML whose Liquid is that of the Markdown. Raises TagMovedError when a tag would change its place."""
    hidden = Hidden(source)
    markdown, env = _markdown(), {_HIDDEN: hidden}
    tokens = _tidied(markdown.parse(_with_links(hidden), env), hidden)
    html = str(markdown.renderer.render(tokens, markdown.options, env))
    _check_order(html, hidden)
    return hidden.reveal(html, for_markup)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable("code")
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("table", _ALONE, _liquid_alone, interrupts)
    markdown.add_render_rule(_ALONE, lambda _self, tokens, index, _options, _env: tokens[index].content)
    return markdown


def _liquid_alone(state: StateBlock, line: int, _end: int, silent: bool) -> bool:
    """A rule for markdown-it: a line of nothing but tags is a block of its own."""
    if silent and state.parentType == "table":  # a tag between two rows does not end the table
        return False
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()
    if not text or not _is_tags(text, state.env[_HIDDEN]):
        return False
    if not silent:
        state.line = line + 1
        state.push(_ALONE, "", 0).content = text + "\n"
    return True


def _with_links(hidden: Hidden) -> str:
    """`<{{ url }}>` is a link, as `<https://…>` is; Markdown would take the hidden word for an element."""

    def link(match: re.Match[str]) -> str:
        word = hidden.word.fullmatch(match[1])
        is_output = word is not None and hidden.piece(word).kind == "output"
        return f"[{match[1]}]({match[1]})" if is_output else match[0]

    return re.sub(r"<(\w+)>", link, hidden.text)


# --- tags between the items of a list or the rows of a table ------------------------------------------------


def _tidied(tokens: list[Token], hidden: Hidden) -> list[Token]:
    return _joined_lists(_loops_inside_lists(_rows_of_tags(tokens, hidden), hidden))


def _rows_of_tags(tokens: Sequence[Token], hidden: Hidden) -> list[Token]:
    """A table row that holds nothing but tags becomes those tags."""
    tidy: list[Token] = []
    index = 0
    while index < len(tokens):
        end = _end_of_row(tokens, index)
        texts = [token.content for token in tokens[index:end] if token.type == "inline" and token.content]
        if end > index and len(texts) == 1 and _is_tags(texts[0], hidden):
            tidy.append(Token(_ALONE, "", 0, content=texts[0] + "\n"))
            index = end
        else:
            tidy.append(tokens[index])
            index += 1
    return tidy


def _end_of_row(tokens: Sequence[Token], index: int) -> int:
    """The index after the row that begins here, or `index` itself when none does."""
    if tokens[index].type != "tr_open":
        return index
    while tokens[index].type != "tr_close":
        index += 1
    return index + 1


def _is_tags(text: str, hidden: Hidden) -> bool:
    if hidden.word.sub("", text).strip():
        return False
    return all(hidden.piece(match).kind in ("tag", "comment") for match in hidden.word.finditer(text))


def _loops_inside_lists(tokens: list[Token], hidden: Hidden) -> list[Token]:
    """{% for %} around exactly one list goes inside it: one list of many items, not many lists of one."""
    for start, token in enumerate(tokens[:-1]):
        if _name_of(token, hidden) != "for" or not _opens_list(tokens[start + 1]):
            continue
        end = _end_of_list(tokens, start + 1)
        if end < len(tokens) and _name_of(tokens[end], hidden) == "endfor":
            tokens[start], tokens[start + 1] = tokens[start + 1], tokens[start]
            tokens[end - 1], tokens[end] = tokens[end], tokens[end - 1]
    return tokens


def _name_of(token: Token, hidden: Hidden) -> str:
    word = hidden.word.fullmatch(token.content.strip()) if token.type == _ALONE else None
    return hidden.piece(word).name if word else ""


def _opens_list(token: Token) -> bool:
    return token.type in ("bullet_list_open", "ordered_list_open")


def _end_of_list(tokens: Sequence[Token], start: int) -> int:
    """The index after the end of the list that begins at `start`."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index + 1
    return len(tokens)


def _joined_lists(tokens: Sequence[Token]) -> list[Token]:
    """Two lists of one kind that now touch become one; CommonMark itself never leaves such neighbours."""
    tidy: list[Token] = []
    for token in tokens:
        before = tidy[-1] if tidy else None
        if before and _continues_list(before, token):
            tidy.pop()
        else:
            tidy.append(token)
    return tidy


def _continues_list(before: Token, token: Token) -> bool:
    closed = before.type.replace("close", "open")
    return _opens_list(token) and (closed, before.markup, before.level) == (
        token.type,
        token.markup,
        token.level,
    )


def _check_order(html: str, hidden: Hidden) -> None:
    """Every tag once and in its order. An output may be dropped or doubled: nothing hangs on it."""
    expected = [number for number, piece in enumerate(hidden.pieces) if piece.kind == "tag"]
    found = [int(match[1]) for match in hidden.word.finditer(html) if hidden.piece(match).kind == "tag"]
    for wanted, got in zip(expected, [*found, -1], strict=False):
        if wanted != got:
            raise TagMovedError(hidden.pieces[wanted])
    if len(found) > len(expected):
        raise TagMovedError(hidden.pieces[found[-1]])
