"""Looks at single keys and values as they were written, for what YAML accepts but nobody can have meant."""

from __future__ import annotations

import re
from typing import Final

from engine.conditions.signs import meant_condition
from engine.language import pasted
from engine.language import yaml_rules as rules
from engine.language.document import Node, tail_match
from engine.language.source_text import Finding, SourceText, shorten

#: Fields for people: here a ` #` or a `: ` is more likely part of the text than of YAML.
TEXT_FIELDS: Final = frozenset({"subject", "preheader", "body", "name", "description", "note"})

_COLON: Final = re.compile(r"\s*(?:#[^\r\n]*[\r\n]\s*)*:")
_TIGHT_COLON: Final = re.compile(r"([A-Za-z_][\w.-]*):(?!//)(\S.*)", re.DOTALL)
_TIGHT_LINE: Final = re.compile(r"\s*([A-Za-z_][\w.-]*):(?!//)(?=[^\s:])(.*)")
_TIGHT_DASH: Final = re.compile(r"\s*-([A-Za-z_\"'{\[].*)")

#: Signs after a `#` that belong to a decorated comment (`#---`, `##`), not to a text.
_COMMENT_SIGNS: Final = ("", " ", "\t", "#", "-", "=")

ANCHOR_REMEDY: Final = (
    "Write the value out in full; if the `{mark}` belongs to a text, put the text in quotes."
)
TAG_REMEDY: Final = "Delete it; if the `!` belongs to a text, put the text in quotes."
DIRECTIVE_WORDS: Final = (
    "Lines that begin with `%` are YAML directives, which are not used here.",
    "Delete the line; if the `%` belongs to a text, put the text in quotes.",
)
NO_KEY_WORDS: Final = ("There is no key before this colon.", "Write `key: value`.")
LIQUID_WORDS: Final = (
    "A value that begins with `{{` or `{%` is not read as text.",
    'Put the whole value in quotes: `"{{ … }}"`.',
)


def in_quotes(text: str) -> str:
    """A text as it can be written in YAML, for remedies."""
    short = shorten(text)
    return f"'{short}'" if '"' in short and "'" not in short else f'"{short}"'


def plain_key(text: str, start: int, end: int) -> Finding | None:
    """What is wrong with an unquoted key."""
    if text == "<<":
        remedy = "Write the lines out in full."
        return Finding(start, end, rules.ANCHOR, "The YAML merge key `<<` is not used here.", remedy)
    if not text:
        return Finding(start, start + 1, rules.ODD_KEY, *NO_KEY_WORDS)
    if text[0] == "-" and text[1:2] and not text[1].isdigit():
        return tight_dash(start, f"{text[1:]}:")
    return None if text.isascii() else pasted.in_key(text, start)


def folded_text(source: SourceText, start: int, end: int) -> Finding | None:
    """An unquoted text over several lines: has it swallowed a line that was meant to be something else?"""
    for number in range(source.line_of(start) + 1, source.line_of(end) + 1):
        line, line_start = source.line(number), source.starts[number - 1]
        if match := _TIGHT_LINE.match(line):
            return tight_colon(line_start + match.start(1), match.group(1), match.group(2))
        if match := _TIGHT_DASH.match(line):
            return tight_dash(line_start + match.start(1) - 1, match.group(1))
        if finding := pasted.in_folded_line(line, line_start):
            return finding
    return None


def tight_line(line: str, start: int) -> Finding | None:
    """What is wrong with a line such as `key:value` or `-item` that the parser did not understand."""
    content = line.lstrip(" ")
    place = start + len(line) - len(content)
    while content.startswith("- "):
        stripped = content[1:].lstrip(" ")
        place, content = place + len(content) - len(stripped), stripped
    if match := _TIGHT_COLON.fullmatch(content):
        return tight_colon(place, match.group(1), match.group(2))
    if match := _TIGHT_DASH.match(content):
        return tight_dash(place, match.group(1))
    return None


def misplaced_text(source: SourceText, node: Node, text: str) -> Finding | None:
    """An unquoted `key:value` or `-item` where only a key or a list can have been meant.

    That is on a line of its own below a key, and as a list item if there is a space in it, since
    `- lang:de` may well be a text.
    """
    match = _TIGHT_COLON.fullmatch(text)
    is_item = node.key_end < 0
    if is_item:
        return tight_colon(node.start, match.group(1), match.group(2)) if match and " " in text else None
    if not stands_below(source, node):
        return None
    if match:
        return tight_colon(node.start, match.group(1), match.group(2))
    return tight_dash(node.start, text[1:]) if _TIGHT_DASH.match(text) else None


def stands_below(source: SourceText, node: Node) -> bool:
    """Whether a value begins on a later line than its key."""
    return node.key_end >= 0 and source.line_of(node.key_end) < source.line_of(node.start)


def tight_key(text: str, start: int) -> Finding | None:
    """What is wrong with a key such as `within:30 days`."""
    match = _TIGHT_COLON.fullmatch(text)
    return tight_colon(start, match.group(1), match.group(2)) if match else None


def tight_colon(start: int, key: str, rest: str) -> Finding:
    """The complaint about `key:value`."""
    message = f"A space is missing after the colon in `{shorten(f'{key}:{rest}')}`."
    remedy = f"Write `{key}: {shorten(rest)}`; if all of it is one text, put it in quotes."
    return Finding(start, start + len(key) + 1, rules.SPACE_AFTER_COLON, message, remedy)


def tight_dash(start: int, rest: str) -> Finding:
    """The complaint about `-item`."""
    message = f"A space is missing after the dash in `-{shorten(rest)}`."
    return Finding(start, start + 1, rules.SPACE_AFTER_DASH, message, f"Write `- {shorten(rest)}`.")


def has_colon_behind(source: SourceText, key_end: int) -> bool:
    """Whether a key is followed by its colon, so that an empty value was meant to be empty."""
    return _COLON.match(source.text, key_end) is not None


def cut_text(source: SourceText, node: Node, key: str, text_fields: frozenset[str]) -> Finding | None:
    """A comment behind a text of a text field: was it meant to be part of the text?

    `#1` directly behind is an error, since a comment is written with a space after the `#`. With the
    space it is a warning if only one space stands before it, and a comment if two or more do.
    """
    if key not in text_fields or not (match := tail_match(source.text, node)):
        return None
    kept, comment = node.raw or "", match.group(1).rstrip()
    is_glued = comment[1:2] not in _COMMENT_SIGNS
    if not is_glued and (not kept or source.text[match.start(1) - 2] in " \t"):
        return None
    return cut_tail(match.start(1), kept, comment, is_glued)


def cut_tail(start: int, kept: str, comment: str, is_certain: bool = True) -> Finding:
    """The complaint about a text that a ` #` cut in two."""
    comment = _without_closing(comment)
    message = f"The text ends before `#`: `{shorten(comment)}` is taken for a comment and cut off."
    remedy = f"Put the whole text in quotes: {in_quotes(f'{kept} {comment}'.strip())}."
    if not is_certain:
        remedy += " If it is a comment, put two spaces before the `#`."
    finding = Finding(start, start + len(comment), rules.CUT_TEXT, message, remedy)
    return finding if is_certain else finding._replace(severity="warning")


def _without_closing(comment: str) -> str:
    """Inside { } the comment has swallowed the closing brackets as well, which are no part of the text."""
    text = comment
    while text[-1:] in ("}", "]") and text.count("{" if text[-1] == "}" else "[") < text.count(text[-1]):
        text = text[:-1].rstrip()
    return text or comment


def stray_keys(names: list[str], start: int, end: int, before: tuple[str, str] | None) -> Finding:
    """The complaint about keys without a value inside { }; `before`: the key and text in front of them."""
    name = shorten(names[0])
    if before is None and (meant := meant_condition(", ".join(names))) is not None:
        message = f"Inside {{ }} `{name}` stands without a value."
        return Finding(start, end, rules.KEY_WITHOUT_VALUE, message, f"Write `{{{meant}}}`.")
    if before is None:
        message = f"Inside {{ }} `{name}` stands without a value."
        remedy = f"Write `{name}: …`, or use [ ] for a list: `[{shorten(', '.join(names))}]`."
        return Finding(start, end, rules.KEY_WITHOUT_VALUE, message, remedy)
    key, value = before
    whole = shorten(", ".join([value, *names]))
    message = (
        f"The comma ends `{shorten(f'{key}: {value}')}`, so `{name}` stands here as a key without a value."
    )
    quoted = in_quotes(whole)
    remedy = f"For a list write `{key}: [{whole}]`; put a text with a comma in quotes: `{key}: {quoted}`."
    return Finding(start, end, rules.KEY_WITHOUT_VALUE, message, remedy)


def alias(written: str, start: int, end: int) -> Finding:
    """The complaint about `*name` where a value is needed."""
    message = f"`{shorten(written)}` is a YAML alias, which is not used here."
    return Finding(start, end, rules.ANCHOR, message, ANCHOR_REMEDY.format(mark="*"))


def anchor(written: str, start: int) -> Finding:
    """The complaint about `&name` before a value."""
    message = f"`{shorten(written)}` is a YAML anchor, which is not used here."
    return Finding(start, start + len(written), rules.ANCHOR, message, ANCHOR_REMEDY.format(mark="&"))


def tag(written: str, start: int) -> Finding:
    """The complaint about `!name` before a value."""
    message = f"`{shorten(written)}` is a YAML tag, which is not used here."
    return Finding(start, start + len(written), rules.TAG, message, TAG_REMEDY)


def duplicate(source: SourceText, key: str, start: int, end: int, first: Node) -> Finding:
    """The complaint about a key that stands twice."""
    lines = f"on line {source.line_of(first.key_start)} and on line {source.line_of(start)}"
    message = f"The key `{shorten(key)}` stands twice: {lines}."
    return Finding(
        start, end, rules.DUPLICATE_KEY, message, "Keep one of the two, or rename the one that is wrong."
    )
