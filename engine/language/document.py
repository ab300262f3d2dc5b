"""What reading a file gives: plain data, and for every value the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.language.source_text import SourceText
from engine.model.fault import Fault, Mistake, Path
from engine.model.source import SourcePosition

_TAIL: Final = re.compile(r"[ \t]+(#[^\r\n]*)")
_TAIL_BEHIND_COLON: Final = re.compile(r"\s*:[ \t]+(#[^\r\n]*)")


@dataclass(slots=True)
class Node:
    """One value of a file by its offsets. Not frozen, since it is filled while the file is read."""

    start: int
    end: int
    key_start: int = -1  # -1: a list item or the whole file has no key
    key_end: int = -1
    raw: str | None = None  # the text of a scalar as written, without quotes; None for lists and mappings
    is_quoted: bool = False  # quoted or a block text
    children: dict[str, Node] | list[Node] | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one value stands and how it was written."""

    key: SourcePosition | None
    value: SourcePosition
    raw: str | None
    is_quoted: bool
    cut_tail: str | None


class Positions(Mapping[Path, Spot]):
    """Every path of a document with its spot; spots are worked out when asked for, which few ever are."""

    __slots__ = ("_root", "_source")

    def __init__(self, source: SourceText, root: Node | None) -> None:
        self._source = source
        self._root = root

    def __getitem__(self, path: Path) -> Spot:
        node = self.find(path)
        if node is None:
            raise KeyError(path)
        return Spot(self.key_of(node), self.value_of(node), node.raw, node.is_quoted, self.tail_of(node))

    def __iter__(self) -> Iterator[Path]:
        waiting: list[tuple[Path, Node]] = [] if self._root is None else [((), self._root)]
        while waiting:
            path, node = waiting.pop()
            yield path
            waiting.extend(reversed([((*path, step), child) for step, child in _steps(node)]))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def find(self, path: Path) -> Node | None:
        """The node at this path, if the file has it."""
        node, missing = self.nearest(path)
        return None if missing else node

    def nearest(self, path: Path) -> tuple[Node | None, bool]:
        """The node at this path or its nearest existing parent, and whether the path itself is missing."""
        node = self._root
        for step in path:
            child = None if node is None else _child(node, step)
            if child is None:
                return node, True
            node = child
        return node, node is None

    def key_of(self, node: Node) -> SourcePosition | None:
        """The span of a value's key."""
        return None if node.key_start < 0 else self._source.span(node.key_start, node.key_end)

    def value_of(self, node: Node) -> SourcePosition:
        """The span of a value; a value that is not there is shown by its key."""
        if node.start == node.end and (key := self.key_of(node)):
            return key
        return self._source.span(node.start, self._written_end(node))

    def _written_end(self, node: Node) -> int:
        """A block text ends for the parser where the next line begins, for people with its last letter."""
        if self._source.text[node.start : node.start + 1] not in ("|", ">"):
            return node.end
        return node.start + len(self._source.text[node.start : node.end].rstrip())

    def first_line_of(self, node: Node) -> SourcePosition:
        """The span of a value up to the end of its first line."""
        line_end = node.start + len(self._source.text[node.start : node.end].split("\n", 1)[0].rstrip())
        return self._source.span(node.start, line_end)

    def tail_of(self, node: Node) -> str | None:
        """The comment directly behind an unquoted scalar."""
        if node.raw is None or node.is_quoted:
            return None
        return cut_tail(self._source.text, node)

    def start_of_file(self) -> SourcePosition:
        """Where complaints go when the file holds nothing at all."""
        return self._source.span(0, 0)


def cut_tail(text: str, node: Node) -> str | None:
    """The comment, with its `#`, that follows an unquoted scalar on the same line."""
    match = tail_match(text, node)
    return match.group(1).rstrip() if match else None


def tail_match(text: str, node: Node) -> re.Match[str] | None:
    """Group 1 of the match is the comment behind an unquoted scalar."""
    if node.raw == "" and node.key_end >= 0:
        return _TAIL_BEHIND_COLON.match(text, node.key_end)
    return _TAIL.match(text, node.end)


def _child(node: Node, step: str | int) -> Node | None:
    children = node.children
    if isinstance(children, dict):
        return children.get(step) if isinstance(step, str) else None
    if isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
        return children[step]
    return None


def _steps(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node.children, dict):
        yield from node.children.items()
    elif isinstance(node.children, list):
        yield from enumerate(node.children)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as data. `data` is empty where the file is not one mapping; it is what could be read where
    `is_whole` is False, and then faults of its content would only repeat the fault that broke it.
    """

    file: str
    data: dict[str, Any]
    positions: Positions
    faults: tuple[Fault, ...]
    is_whole: bool  # the file was read to its end

    def key_at(self, path: Path) -> SourcePosition:
        """The position of the key of this value; of the value where there is no key, as in a list."""
        node, is_missing = self.positions.nearest(path)
        if node is None or is_missing:
            return self._parent_position(node)
        return self.positions.key_of(node) or self._parent_position(node)

    def value_at(self, path: Path) -> SourcePosition:
        """The position of this value; if it does not exist, the key (or first line) of the nearest parent."""
        node, is_missing = self.positions.nearest(path)
        if node is None or is_missing:
            return self._parent_position(node)
        return self.positions.value_of(node)

    def raw_at(self, path: Path) -> str | None:
        """The text of a scalar as it was written (`1.10`); None for lists, mappings and missing paths."""
        node = self.positions.find(path)
        return None if node is None else node.raw

    def is_quoted(self, path: Path) -> bool:
        """Whether the value is a text by its quotes, or a block text after `|` or `>`."""
        node = self.positions.find(path)
        return node is not None and node.is_quoted

    def cut_tail(self, path: Path) -> str | None:
        """The comment directly behind an unquoted value, with its `#`."""
        node = self.positions.find(path)
        return None if node is None else self.positions.tail_of(node)

    def fault(self, mistake: Mistake) -> Fault:
        """A mistake that knows its path, as a fault that knows its line."""
        position = self.key_at(mistake.path) if mistake.at_key else self.value_at(mistake.path)
        return Fault(position, mistake.severity, mistake.rule, mistake.message, mistake.help)

    def _parent_position(self, node: Node | None) -> SourcePosition:
        if node is None:
            return self.positions.start_of_file()
        return self.positions.key_of(node) or self.positions.first_line_of(node)
