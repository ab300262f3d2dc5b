"""Explains where the layout of a file stopped the YAML parser: colons, commas, brackets and indentation."""

from __future__ import annotations

import re
from typing import Final

from engine.language import yaml_checks
from engine.language import yaml_rules as rules
from engine.language.source_text import Finding, shorten
from engine.language.yaml_stop import Stop

_TAIL: Final = re.compile(r"[ \t]+(#[^\r\n]*)")
_COMMA_OR: Final = re.compile(r"',' or '([\]}])'")
_LINES_BACK: Final = 20


def no_key(stop: Stop) -> Finding | None:
    """A line that begins with its colon."""
    if not stop.line().lstrip(" -").startswith(":"):
        return None
    place = stop.source.starts[stop.number() - 1] + stop.line().index(":")
    return stop.finding(place, rules.ODD_KEY, *yaml_checks.NO_KEY_WORDS)


def swallowed_key(stop: Stop) -> Finding | None:
    """The key of this line was read as more of the text above: the fault is up there, or the indentation."""
    if "mapping values are not allowed" not in stop.problem:
        return None
    source, number = stop.source, stop.number()
    first = max(source.line_of(stop.last.start) if stop.is_right_behind() else number - 1, 1)
    for above in range(max(first, number - _LINES_BACK), number):
        if finding := yaml_checks.tight_line(source.line(above), source.starts[above - 1]):
            return finding
    if first < number and ":" not in source.line(first) and source.line(first).strip():
        return _no_colon(stop, first)
    return _too_far_right(stop, source.line(first))


def _too_far_right(stop: Stop, above: str) -> Finding:
    line = stop.line()
    place = stop.source.starts[stop.number() - 1] + len(line) - len(line.lstrip())
    message = f"This line stands too far right: `{shorten(above.strip())}` above it has a value already."
    remedy = "Let keys that belong together begin in the same column; put a text of several lines in quotes."
    return stop.finding(place, rules.INDENTATION, message, remedy, length=max(stop.at - place, 1))


def missing_colon(stop: Stop) -> Finding | None:
    """A line at the place of a key has no colon."""
    if "could not find expected ':'" not in stop.problem:
        return None
    number = stop.source.line_of(stop.since)
    tight = yaml_checks.tight_line(stop.source.line(number), stop.source.starts[number - 1])
    return tight or _no_colon(stop, number)


def _no_colon(stop: Stop, number: int) -> Finding:
    line = stop.source.line(number)
    content = line.strip()
    while content.startswith("- "):
        content = content[2:].lstrip()
    place = stop.source.starts[number - 1] + line.index(content)
    message = f"There is no colon in this line: `{shorten(content)}`."
    key = shorten(content.split()[0]) if content else "key"
    remedy = f"Write `{key}: …`; a text that goes on from the line above is indented further than its key."
    return stop.finding(place, rules.MISSING_COLON, message, remedy, length=len(content))


def misplaced_list(stop: Stop) -> Finding | None:
    """A dash where no list may begin: on the line of its key, or below a bracket left open."""
    if "sequence entries are not allowed" not in stop.problem:
        return None
    if stop.begins_line() and (place := _open_bracket_above(stop)) is not None:
        return _never_closed(stop, place)
    message = "A list cannot begin on the line of its key."
    remedy = "Begin it on a line of its own, two spaces further right, or write it in [ ]: `[a, b]`."
    return stop.finding(stop.at, rules.INDENTATION, message, remedy)


def _open_bracket_above(stop: Stop) -> int | None:
    """The bracket that stays open on the nearest written line above; quotes are not looked at."""
    number = stop.written_line_above()
    opened: list[int] = []
    for column, character in enumerate(stop.source.line(number)):
        if character in "[{":
            opened.append(column)
        elif character in "]}" and opened:
            opened.pop()
    return stop.source.starts[number - 1] + opened[-1] if opened else None


def _never_closed(stop: Stop, place: int) -> Finding:
    opening = stop.source.text[place : place + 1]
    closing = "]" if opening == "[" else "}"
    message = f"The `{opening}` that opens here is never closed, or a comma is missing between its lines."
    remedy = f"Write `{closing}` behind its last entry, and a comma between two entries."
    return stop.finding(place, rules.BRACKETS, message, remedy)


def in_brackets(stop: Stop) -> Finding | None:
    """Inside [ ] or { } neither a comma nor the closing bracket came."""
    match = _COMMA_OR.search(stop.problem)
    if not match:
        return None
    return _cut_in_brackets(stop) or _unclosed(stop, match.group(1)) or _no_comma(stop)


def _cut_in_brackets(stop: Stop) -> Finding | None:
    tail = _TAIL.match(stop.source.text, stop.last.end)
    if tail is None or stop.last.is_quoted or not ("}" in tail.group(1) or "]" in tail.group(1)):
        return None
    return yaml_checks.cut_tail(tail.start(1), stop.last.text, tail.group(1).rstrip("}] \t"))


def _unclosed(stop: Stop, closing: str) -> Finding | None:
    character, line = stop.character(), stop.source.line_of(stop.since)
    if character in ("]", "}") and character != closing:
        message = f"The `{stop.opening()}` of line {line} is closed with `{character}`."
        return stop.finding(stop.at, rules.BRACKETS, message, f"Write `{closing}` here.")
    if line == stop.number() and character:
        return None
    return _never_closed(stop, stop.since)


def _no_comma(stop: Stop) -> Finding:
    words = stop.last.text.rsplit(None, 1)
    if stop.character() != ":":
        message = f"A comma is missing before `{shorten(stop.rest(stop.at), 20)}`."
        remedy = "Put a comma between two entries; put a text with brackets in it in quotes."
        return stop.finding(stop.at, rules.BRACKETS, message, remedy)
    if len(words) < 2:
        message = f"The text after `{shorten(stop.last.text)}` holds a colon, which cuts it in two."
        return stop.finding(stop.at, rules.COLON_IN_TEXT, message, "Put the whole text in quotes.")
    value, key = shorten(words[0]), shorten(words[1])
    place = stop.source.text.rfind(words[1], 0, stop.at)
    message = f"A comma is missing before `{key}`."
    remedy = f"Write `{value}, {key}: …`; if it is one text with a colon in it, put it in quotes."
    return stop.finding(max(place, 0), rules.BRACKETS, message, remedy, length=len(words[1]))


def nothing_there(stop: Stop) -> Finding | None:
    """Inside [ ] or { } something is needed and nothing stands there."""
    if "node content" not in stop.problem or "flow" not in stop.context:
        return None
    if stop.character() == ",":
        message = "There is nothing before this comma."
        return stop.finding(stop.at, rules.BRACKETS, message, "Delete one of the commas.")
    message = "A bracket that opens here is never closed or holds nothing that can be read."
    remedy = "Close every `[` with `]` and every `{` with `}`."
    return stop.finding(stop.since, rules.BRACKETS, message, remedy)


def indentation(stop: Stop) -> Finding | None:
    """A line that belongs nowhere, seen from the columns of the lines around it."""
    is_block = stop.context.endswith(("block mapping", "block collection", "block sequence"))
    if not is_block and "document start" not in stop.problem:
        return None
    is_item = stop.line().lstrip().startswith("- ")
    if stop.character() in ("]", "}") or not (stop.begins_line() or is_item):
        return _behind_value(stop)
    column = stop.source.place(stop.at)[1]
    if is_block and column == stop.source.place(stop.since)[1]:
        return _same_column(stop) if is_item or "mapping" not in stop.context else None
    message = f"This line begins in column {column}, which does not fit {_neighbours(stop, is_block)}."
    remedy = "Let keys that belong together, and the dashes of one list, begin in the same column."
    return stop.finding(stop.at, rules.INDENTATION, message, remedy)


def _same_column(stop: Stop) -> Finding:
    message = "A list item and a key stand in the same column."
    remedy = "Move one of them: a list stands under its key, and the keys of one thing under one another."
    return stop.finding(stop.at, rules.INDENTATION, message, remedy)


def _neighbours(stop: Stop, is_block: bool) -> str:
    number = stop.written_line_above()
    above = stop.source.line(number)
    columns = f"line {number} (column {len(above) - len(above.lstrip()) + 1})"
    since_line, since_column = stop.source.place(stop.since)
    if not is_block or since_line == number:
        return columns
    return f"{columns} or line {since_line} (column {since_column})"


def _behind_value(stop: Stop) -> Finding | None:
    character = stop.character()
    if character in ("]", "}"):
        message = f"This `{character}` closes nothing."
        return stop.finding(stop.at, rules.BRACKETS, message, "Delete it, or put the text in quotes.")
    if stop.is_right_behind() and stop.source.text[stop.last.start : stop.last.end].endswith(("]", "}")):
        message = f"`{shorten(stop.rest(stop.at))}` stands behind a closing bracket."
        remedy = "Move it to a line of its own, or put the whole text in quotes."
        return stop.finding(stop.at, rules.BRACKETS, message, remedy)
    return None
