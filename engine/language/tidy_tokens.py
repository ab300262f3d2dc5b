"""The tokens of a YAML text that stand for something written, and the lines that belong to a text."""

from __future__ import annotations

from typing import Final, NamedTuple

import yaml

from engine.language.yaml_text import LOADER

_KINDS: Final = {
    yaml.BlockSequenceStartToken: "list",
    yaml.BlockMappingStartToken: "mapping",
    yaml.BlockEndToken: "end",
    yaml.BlockEntryToken: "-",
    yaml.KeyToken: "key",
    yaml.ValueToken: ":",
    yaml.FlowMappingStartToken: "{",
    yaml.FlowMappingEndToken: "}",
    yaml.FlowSequenceStartToken: "[",
    yaml.FlowSequenceEndToken: "]",
    yaml.FlowEntryToken: ",",
    yaml.ScalarToken: "text",
}


class Token(NamedTuple):
    """`kind` is the sign itself, or list, mapping, end, key (which have no width) or text; lines from 0."""

    kind: str
    start: int
    end: int
    line: int
    column: int
    end_line: int
    is_block: bool  # a text after | or >

    @property
    def is_written(self) -> bool:
        return self.end > self.start


def tokens_of(text: str) -> list[Token]:
    """The tokens in their order. The text is known to be readable."""
    return [_token(token) for token in yaml.scan(text, Loader=LOADER) if type(token) in _KINDS]


def _token(token: yaml.Token) -> Token:
    start, end = token.start_mark, token.end_mark
    is_block = isinstance(token, yaml.ScalarToken) and token.style in ("|", ">")
    return Token(_KINDS[type(token)], start.index, end.index, start.line, start.column, end.line, is_block)


def kept_lines(text: str) -> frozenset[int]:
    """Lines whose ends belong to a text of several lines, counted from 0: nothing behind them may go."""
    kept: set[int] = set()
    for token in tokens_of(text):
        if token.is_block:
            kept.update(range(token.line + 1, token.line + 1 + _content_lines(text[token.start : token.end])))
        elif token.kind == "text":
            kept.update(range(token.line, token.end_line))
    return frozenset(kept)


def _content_lines(block: str) -> int:
    """How many lines below its head a block text has; blank ones at its end count only after `|+`."""
    head, _, content = block.partition("\n")
    return content.count("\n") if "+" in head else len(content.rstrip().splitlines())
