"""`journeys fmt`: a YAML file in tidy form. Only white space changes, and only where it means nothing.

One pass after the other; each is read back, and a pass after which the file would not say exactly the same
is left out. A library that writes YAML anew (ruamel.yaml was looked at) would touch quotes and line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from engine.language import file_text
from engine.language.document import Document
from engine.language.tidy_indentation import with_indentation
from engine.language.tidy_spacing import with_spacing
from engine.language.tidy_tokens import kept_lines
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault

_LINE_END: Final = re.compile(r"\r\n?")


def tidy(content: bytes, file: str) -> tuple[bytes | None, tuple[Fault, ...]]:
    """The tidy file; or None, with the faults that keep it from being read."""
    document = read_yaml(content, file)
    errors = tuple(fault for fault in document.faults if fault.severity == "error")
    if errors or not document.is_whole:
        return None, errors or document.faults
    text = file_text.decode(content)[0]
    for improve in _PASSES:
        improved = improve(text)
        if improved == text:
            continue
        after = read_yaml(improved, file)
        if _is_only_white_space(text, improved) and _is_read_alike(document, after):
            text, document = improved, after
    return text.encode("utf-8"), ()


def _is_only_white_space(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


def _is_read_alike(one: Document, other: Document) -> bool:
    """The same values in the same order, of the same types, and the same warnings."""
    return (
        other.is_whole
        and repr(one.data) == repr(other.data)
        and [fault.rule for fault in one.faults] == [fault.rule for fault in other.faults]
    )


# --- the passes of whole lines ---------------------------------------------------------------------


def _with_line_feeds(text: str) -> str:
    return _LINE_END.sub("\n", text)


def _without_trailing_space(text: str) -> str:
    kept = kept_lines(text)
    lines = text.split("\n")
    return "\n".join(line if number in kept else line.rstrip(" \t") for number, line in enumerate(lines))


def _with_single_blank_lines(text: str) -> str:
    """One blank line is a pause, more are none; the first line is not blank."""
    return "\n".join(_without_doubles(text.split("\n"), kept_lines(text)))


def _without_doubles(lines: list[str], kept: frozenset[int]) -> Iterator[str]:
    was_blank = True
    for number, line in enumerate(lines):
        is_blank = not line and number not in kept
        if not (is_blank and was_blank) or number == len(lines) - 1:
            yield line
        was_blank = is_blank


def _with_one_line_end(text: str) -> str:
    return text.rstrip("\n") + "\n"


_PASSES: Final[tuple[Callable[[str], str], ...]] = (
    _with_line_feeds,
    _without_trailing_space,
    with_spacing,
    with_indentation,
    _with_single_blank_lines,
    _with_one_line_end,
)
