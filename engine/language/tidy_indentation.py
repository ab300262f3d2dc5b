"""Indentation: two spaces for each level, also for a list below its key; texts and comments move along."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.language.tidy_tokens import Token, tokens_of

_STEP = 2
#: A comment below a text longer than so many lines is none of its block.
_NEAR = 200


class _Block(NamedTuple):
    """A list or mapping over several lines: the column where it stands, and where it shall stand.

    `kind` is list, mapping or level: a list whose dashes stand in the column of their key, for which the
    parser has no start and no end.
    """

    kind: str
    old: int
    new: int


class _Line(NamedTuple):
    """Where a line that begins with a token shall begin, and the blocks that are open there."""

    old: int
    new: int
    blocks: tuple[_Block, ...]


class _Gap(NamedTuple):
    """Spaces too many behind a dash, from this column on."""

    column: int
    extra: int


@dataclass(slots=True)
class _Plan:
    """What the tokens say about the lines, counted from 0."""

    lines: dict[int, _Line] = field(default_factory=dict)
    shifts: dict[int, int] = field(
        default_factory=dict
    )  # lines inside a text or brackets move with their block
    dashes: dict[int, list[_Gap]] = field(default_factory=dict)  # by line, from left to right
    order: list[int] = field(default_factory=list)  # the lines that the tokens speak of


def with_indentation(text: str) -> str:
    """The text with every level two spaces further right than the one above."""
    plan = _plan(tokens_of(text))
    lines = text.split("\n")
    return "\n".join(
        _moved(_narrowed(line, plan.dashes.get(number, [])), _shift(number, lines, plan))
        for number, line in enumerate(lines)
    )


# --- what the tokens say --------------------------------------------------------------------------


def _plan(tokens: list[Token]) -> _Plan:
    plan, blocks, depth, last = _Plan(), list[_Block](), 0, None
    for token in tokens:
        if depth == 0:
            _open_or_close(token, blocks)
        if not token.is_written:
            continue
        if last is None or token.line > last.end_line or last.is_block:
            if depth == 0:
                plan.lines.setdefault(token.line, _line(token, blocks))
            else:
                plan.shifts.setdefault(token.line, _delta(blocks))
        elif last.kind == "-":
            gap = _Gap(last.column + 1, token.column - last.column - 2)
            plan.dashes.setdefault(token.line, []).append(gap)
        if token.kind == "text":
            inside = range(token.line + 1, token.end_line + (0 if token.is_block else 1))
            plan.shifts.update(dict.fromkeys(inside, _delta(blocks)))
        depth += (token.kind in "{[") - (token.kind in "}]")
        last = token
    plan.order = sorted({*plan.lines, *plan.shifts})
    return plan


def _open_or_close(token: Token, blocks: list[_Block]) -> None:
    top = blocks[-1] if blocks else None
    if token.kind in ("list", "mapping"):
        blocks.append(_Block(token.kind, token.column, 0 if top is None else top.new + _STEP))
    elif top is not None and token.kind == "-" and top.kind == "mapping" and top.old == token.column:
        blocks.append(_Block("level", token.column, top.new + _STEP))
    elif top is not None and token.kind in ("key", "end"):
        if top.kind == "level":
            blocks.pop()
        if token.kind == "end":
            blocks.pop()


def _line(token: Token, blocks: list[_Block]) -> _Line:
    """A key or a dash stands where its block does; a value on a line of its own two spaces further."""
    top = blocks[-1] if blocks else _Block("mapping", 0, 0)
    new = top.new if token.column == top.old else top.new + _STEP
    return _Line(token.column, new, tuple(blocks))


def _delta(blocks: list[_Block]) -> int:
    return blocks[-1].new - blocks[-1].old if blocks else 0


# --- moving the lines -----------------------------------------------------------------------------


def _shift(number: int, lines: list[str], plan: _Plan) -> int:
    """By how many spaces a line moves."""
    if number in plan.lines:
        return plan.lines[number].new - plan.lines[number].old
    if number in plan.shifts or not lines[number].strip():
        return plan.shifts.get(number, 0)
    return _shift_of_comment(number, len(lines[number]) - len(lines[number].lstrip()), plan)


def _shift_of_comment(number: int, column: int, plan: _Plan) -> int:
    """With the line below when it stands in its column, else with the block above that it closes."""
    here = bisect(plan.order, number)
    below = plan.order[here] if here < len(plan.order) else None
    if below is not None and (below in plan.shifts or plan.lines[below].old == column):
        return _planned(below, plan)
    above = next((line for line in reversed(plan.order[:here][-_NEAR:]) if line in plan.lines), None)
    for block in () if above is None else plan.lines[above].blocks:
        if block.old == column:
            return block.new - column
    return 0 if below is None else max(_planned(below, plan), -column)


def _planned(number: int, plan: _Plan) -> int:
    line = plan.lines.get(number)
    return plan.shifts[number] if line is None else line.new - line.old


def _narrowed(line: str, gaps: list[_Gap]) -> str:
    """The line with one space behind each dash."""
    for gap in reversed(gaps):
        line = line[: gap.column] + line[gap.column + gap.extra :]
    return line


def _moved(line: str, shift: int) -> str:
    if shift >= 0:
        return " " * shift + line if line else line
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(-shift, spaces) :]
