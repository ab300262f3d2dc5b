"""Turns the YAML parser's last words into the reader's: what is wrong here, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from engine.language import pasted, yaml_checks, yaml_layout
from engine.language import yaml_rules as rules
from engine.language.source_text import Finding, shorten
from engine.language.yaml_stop import Stop

_LIQUID_VALUE: Final = re.compile(r"(?:(?:^[ ]*|[:\-] +)|[\[{] *)(\{[{%])")
_KEY_BEFORE: Final = re.compile(r"\s*(?:- +)*([^\s:#\-\"'\[{][^:]*):\s+(.*)")
#: A typographic character further above than this is not what stopped the parser.
_LINES_BACK: Final = 20


def explain(stop: Stop) -> Finding:
    """The complaint about the place where the parser gave up."""
    for look in _LOOKS:
        if (finding := look(stop)) is not None:
            return finding
    message = "From here on the file cannot be read as YAML."
    remedy = "Look at this line and the one above: quotes, brackets, colons, the number of spaces."
    return stop.finding(stop.at, rules.UNREADABLE, message, remedy)


def _pasted(stop: Stop) -> Finding | None:
    source = stop.source
    if source.text.isascii():
        return None
    first = source.line_of(min(stop.since, stop.last.start if stop.is_right_behind() else stop.at))
    for number in range(max(first, stop.number() - _LINES_BACK), stop.number() + 1):
        if finding := pasted.in_line(source.line(number), source.starts[number - 1]):
            return finding
    return None


def _liquid(stop: Stop) -> Finding | None:
    """A value beginning with {{ or {%, or one inside { } that holds {{."""
    for number in sorted({stop.source.line_of(stop.since), stop.number()}):
        if match := _LIQUID_VALUE.search(stop.source.line(number)):
            place = stop.source.starts[number - 1] + match.start(1)
            return stop.finding(place, rules.LIQUID, *yaml_checks.LIQUID_WORDS, length=2)
    if stop.source.text.startswith(("{{", "{%"), stop.at):
        message = "Inside { } and [ ] a text with `{{` or `{%` in it is cut in two."
        return stop.finding(stop.at, rules.LIQUID, message, yaml_checks.LIQUID_WORDS[1], length=2)
    return None


def _quotes(stop: Stop) -> Finding | None:
    if "quoted scalar" not in stop.context:
        return None
    if any(word in stop.problem for word in ("escape", "hexdecimal", "hexadecimal")):
        return _backslash(stop)
    message = f"The quote `{stop.opening()}` that opens here is never closed."
    if "document" in stop.problem:
        line = shorten(stop.line())
        message = f"The quote `{stop.opening()}` that opens here is not closed before the line `{line}`."
    return stop.finding(
        stop.since, rules.QUOTES, message, f"Put a `{stop.opening()}` at the end of the text."
    )


def _backslash(stop: Stop) -> Finding:
    place = max(stop.source.text.rfind("\\", stop.since, stop.at + 1), stop.since)
    message = f"`{shorten(stop.source.text[place : place + 2])}` means nothing inside double quotes."
    remedy = "Write two backslashes, or put the text in single quotes: '…'."
    return stop.finding(place, rules.QUOTES, message, remedy, length=2)


def _behind_quotes(stop: Stop) -> Finding | None:
    """Text behind a closing quote: it closed too early, or the one before was never closed."""
    if not (stop.last.is_quoted and stop.is_right_behind()) or stop.begins_line():
        return None
    quote = stop.source.text[stop.last.start : stop.last.start + 1]
    if quote not in ("'", '"') or stop.character() in ("", ":", "}", "]"):
        return None
    closed_on = stop.source.line_of(stop.last.end)
    if stop.source.line_of(stop.last.start) != closed_on:
        message = f"The quote `{quote}` that opens here is only closed on line {closed_on}."
        remedy = f"Put a `{quote}` at the end of the text on this line."
        return stop.finding(stop.last.start, rules.QUOTES, message, remedy)
    message = f"The text ends at its closing quote, but `{shorten(stop.rest(stop.at))}` follows."
    return stop.finding(stop.at, rules.QUOTES, message, _behind_quotes_remedy(stop, quote))


def _behind_quotes_remedy(stop: Stop, quote: str) -> str:
    if stop.context.endswith(("flow mapping", "flow sequence")):
        return f"Put a comma between them, or end the text with `{quote}` behind all of it."
    if quote == "'":
        return "Put the whole text in double quotes; in single quotes an apostrophe is doubled: 'it''s'."
    return "Put the whole text in quotes; to have double quotes inside, put single quotes around it: '…'."


def _decoration(stop: Stop) -> Finding | None:
    """A value that begins with *, & or ! and is no proper alias, anchor or tag either."""
    word = stop.rest(stop.since).split(" ", 1)[0]
    if stop.context.endswith("alias"):
        return yaml_checks.alias(word, stop.since, stop.since + 1)
    if stop.context.endswith("anchor"):
        return _special(stop, stop.since)
    return yaml_checks.tag(word, stop.since) if stop.context.endswith("tag") else None


def _directive(stop: Stop) -> Finding | None:
    line = stop.source.line(stop.source.line_of(stop.since))
    if "directive" in f"{stop.context} {stop.problem}" or line.startswith("%"):
        return stop.finding(stop.since, rules.DIRECTIVE, *yaml_checks.DIRECTIVE_WORDS)
    return None


def _no_token(stop: Stop) -> Finding | None:
    """A tab, or a character that no unquoted text may begin with; `>` and `|` begin a block text."""
    if "tab" in stop.problem.split() or (stop.character() == "\t" and "cannot start" in stop.problem):
        message, remedy = "A tab stands where YAML needs spaces.", "Write spaces instead of the tab."
        return stop.finding(stop.at, rules.INDENT_CHARACTER, message, remedy)
    if stop.context.endswith("block scalar"):
        return _special(stop, stop.since)
    if "cannot start" in stop.problem or "mapping keys are not allowed" in stop.problem:
        return _special(stop, stop.at)
    is_stray = "node content" in stop.problem and stop.character() in (",", "]", "}")
    return _special(stop, stop.at) if is_stray and "flow" not in stop.context else None


def _special(stop: Stop, place: int) -> Finding:
    character = stop.source.text[place : place + 1]
    sign = "a backtick" if character == "`" else f"`{character}`"
    message = f"A text cannot begin with {sign}, which means something else in YAML."
    remedy = f"Put the text in quotes: {yaml_checks.in_quotes(stop.rest(place))}."
    return stop.finding(place, rules.SPECIAL_START, message, remedy)


#: A key of the language rather than the beginning of a sentence.
_WORD: Final = re.compile(r"[a-z][a-z_]*(?:\.[a-z_]+)?")


def _colon_in_text(stop: Stop) -> Finding | None:
    if "mapping values are not allowed" not in stop.problem:
        return None
    line_start = stop.source.starts[stop.number() - 1]
    match = _KEY_BEFORE.match(stop.source.text[line_start : stop.at])
    if match is None:
        return None
    text = stop.rest(line_start + match.start(2))
    inner = text.partition(":")[0]
    if _WORD.fullmatch(inner) and match.group(1).strip() not in yaml_checks.TEXT_FIELDS:
        message = f"Two keys stand on one line: `{match.group(1)}` and `{inner}`."
        remedy = f"Write `{match.group(1)}: {{ {shorten(text)} }}`; if it is one text, put it in quotes."
        return stop.finding(stop.at, rules.COLON_IN_TEXT, message, remedy)
    message = f"The text `{shorten(text)}` holds a colon with a space behind it, which cuts it in two."
    remedy = f"Put the text in quotes: `{match.group(1)}: {yaml_checks.in_quotes(text)}`."
    return stop.finding(stop.at, rules.COLON_IN_TEXT, message, remedy)


#: Asked in this order; the first that recognizes the place answers.
_LOOKS: Final[tuple[Callable[[Stop], Finding | None], ...]] = (
    _pasted,
    _quotes,
    _liquid,
    _behind_quotes,
    _decoration,
    _no_token,
    yaml_layout.no_key,
    _colon_in_text,
    yaml_layout.swallowed_key,
    yaml_layout.missing_colon,
    yaml_layout.misplaced_list,
    yaml_layout.in_brackets,
    yaml_layout.nothing_there,
    _directive,
    yaml_layout.indentation,
)
