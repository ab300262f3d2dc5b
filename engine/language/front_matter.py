"""Takes a message file apart: YAML between two `---` lines, and the body below with the line it starts on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from engine.language import file_text
from engine.language import yaml_rules as rules
from engine.language.document import Document, Positions
from engine.language.source_text import Finding, Findings, SourceText, source_of
from engine.language.yaml_text import TEXT_FIELDS, read_source

_FENCE: Final = re.compile(r"---[ \t]*")
_TYPOGRAPHIC_FENCE: Final = re.compile(r"[-–—−]{1,4}[ \t]*")
_EXAMPLE: Final = (
    "Begin the file with a line `---`, then lines such as `subject: …`, then another line `---`."
)


def read_front_matter(text: bytes | str, file: str) -> tuple[Document, str, int]:
    """The front matter, the body, and the number of the line on which the body begins.

    Places are those of the whole file. Without front matter all of the text is the body. An empty
    front matter is no fault here. Blank lines may stand above the first `---`.
    """
    if file_text.is_too_large(text):
        return _refused(source_of(file, ""), file_text.too_large(len(text))), "", 1
    content, fault = file_text.decode(text)
    source = source_of(file, content)
    if fault is not None:
        return _refused(source, fault), "", 1
    opening = _first_written_line(source)
    if not _FENCE.fullmatch(source.line(opening)):
        return _refused(source, _missing(source, opening)), content, 1
    closing = _closing_line(source, opening)
    if closing is None:
        return _refused(source, _unclosed(source, opening)), "", len(source.starts)
    return _read_between(source, opening, closing)


def _read_between(source: SourceText, opening: int, closing: int) -> tuple[Document, str, int]:
    start, end, body_start = (_start_of(source, number) for number in (opening + 1, closing, closing + 1))
    body = source.text[body_start:]
    if found := file_text.forbidden_characters(source.text, start, end):
        return _refused(source, *found), body, closing + 1
    above = "\n" * opening  # keeps the line numbers of the file
    document = read_source(
        source_of(source.file, above + source.text[start:end]), TEXT_FIELDS, may_be_empty=True
    )
    if damage := file_text.damaged_characters(source.text, body_start):
        document = replace(document, faults=(*document.faults, *_refused(source, *damage).faults))
    return document, body, closing + 1


def _first_written_line(source: SourceText) -> int:
    number = 1
    while number < len(source.starts) and not source.line(number).strip():
        number += 1
    return number


def _closing_line(source: SourceText, opening: int) -> int | None:
    for number in range(opening + 1, len(source.starts) + 1):
        if _FENCE.fullmatch(source.line(number)):
            return number
    return None


def _start_of(source: SourceText, number: int) -> int:
    return source.starts[number - 1] if number <= len(source.starts) else len(source.text)


def _missing(source: SourceText, number: int) -> Finding:
    line, start = source.line(number), _start_of(source, number)
    if _TYPOGRAPHIC_FENCE.fullmatch(line):
        message = f"The line `{line.strip()}` is not made of three plain hyphens."
        return Finding(start, start + len(line), rules.FRONT_MATTER, message, "Write `---`.")
    message = "The message has no front matter: its first line must be `---`."
    return Finding(start, start + len(line), rules.FRONT_MATTER, message, _EXAMPLE)


def _unclosed(source: SourceText, number: int) -> Finding:
    start = _start_of(source, number)
    message = "The front matter that begins here is never closed."
    remedy = "Put a line `---` between the last `key: value` line and the body."
    return Finding(start, start + 3, rules.FRONT_MATTER, message, remedy)


def _refused(source: SourceText, *found: Finding) -> Document:
    findings = Findings()
    for finding in found:
        findings.add(finding)
    return Document(source.file, {}, Positions(source, None), findings.faults(source), is_whole=False)
