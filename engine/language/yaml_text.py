"""Reads a YAML file the way marketers expect: plain data, the place of every value, faults, no errors."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from engine.language import file_text, pasted
from engine.language import yaml_rules as rules
from engine.language.document import Document, Node, Positions
from engine.language.source_text import Finding, Findings, SourceText, source_of
from engine.language.yaml_build import Builder
from engine.language.yaml_checks import TEXT_FIELDS as TEXT_FIELDS  # callers know it from here
from engine.language.yaml_checks import tight_line
from engine.language.yaml_stop import Stop
from engine.language.yaml_syntax import explain

#: The parser written in C is some twenty times faster; the marks of both count characters.
LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: More runs of wrongly indented lines than this are not worth telling apart.
_MOST_RUNS: Final = 100

_BAD_INDENT: Final = re.compile(
    rf"(?:(?<=\n)|(?<=\r)|\A)[ ]*[\t{pasted.HIDDEN_SPACES}][ \t{pasted.HIDDEN_SPACES}]*(?=[^\s])"
)


def read_yaml(text: bytes | str, file: str, *, text_fields: Collection[str] = TEXT_FIELDS) -> Document:
    """The one mapping of a YAML file with the places of its values; never raises for what stands in the file.

    `file` is the name for complaints, relative to the workspace. `text_fields` are the keys whose
    values are watched for a ` #` that cuts them off.
    """
    if file_text.is_too_large(text):
        return _unread(source_of(file, ""), [file_text.too_large(len(text))])
    content, fault = file_text.decode(text)
    source = source_of(file, content)
    if fault is not None:
        return _unread(source, [fault])
    if found := file_text.forbidden_characters(content):
        return _unread(source, found)
    return read_source(source, frozenset(text_fields))


def read_source(
    source: SourceText, text_fields: frozenset[str] = TEXT_FIELDS, *, may_be_empty: bool = False
) -> Document:
    """The same for a text that is known to be neither too large nor to hold forbidden characters."""
    if not _BAD_INDENT.search(source.text):
        return _read(source, text_fields, may_be_empty)[0]
    mended = source_of(source.file, _BAD_INDENT.sub(_as_spaces, source.text))
    document, builder = _read(mended, text_fields, may_be_empty)
    runs = _bad_runs(source, builder)
    if not runs:  # all of them stand inside texts, where they may
        return _read(source, text_fields, may_be_empty)[0]
    findings = builder.findings
    if not document.is_whole:  # the parser most likely stumbled over the guess
        findings.kept.pop()
    for run in runs[:_MOST_RUNS]:
        findings.add(run)
    return Document(
        source.file, document.data, document.positions, findings.faults(source), document.is_whole
    )


def _as_spaces(match: re.Match[str]) -> str:
    return " " * len(match.group())


@dataclass(slots=True)
class _Run:
    """Lines one after the other with the same wrong indentation."""

    start: int
    end: int
    is_tab: bool
    line: int  # the last one
    count: int = 1


def _bad_runs(source: SourceText, builder: Builder) -> list[Finding]:
    """One complaint for each run of lines with the same wrong indentation, apart from lines inside texts."""
    runs: list[_Run] = []
    text_starts = [start for start, _ in builder.texts]
    for match in _BAD_INDENT.finditer(source.text):
        text = bisect_left(text_starts, match.start()) - 1
        if text >= 0 and match.start() < builder.texts[text][1]:
            continue
        line, is_tab = source.line_of(match.start()), "\t" in match.group()
        if runs and runs[-1].line == line - 1 and runs[-1].is_tab == is_tab:
            runs[-1].line, runs[-1].count = line, runs[-1].count + 1
        else:
            runs.append(_Run(match.start(), match.end(), is_tab, line))
    return [_bad_indent(run) for run in runs]


def _bad_indent(run: _Run) -> Finding:
    what = "a tab" if run.is_tab else "an invisible space of a document (no-break space)"
    lines = "this line" if run.count == 1 else f"this line and the {run.count - 1} after it"
    message = f"The indentation of {lines} holds {what}."
    remedy = "Indent with plain spaces, two for each level."
    return Finding(run.start, run.end, rules.INDENT_CHARACTER, message, remedy)


def _read(source: SourceText, text_fields: frozenset[str], may_be_empty: bool) -> tuple[Document, Builder]:
    builder = Builder(source, Findings(), text_fields)
    is_whole = _build(builder)
    root = builder.root
    if is_whole and (finding := _root_fault(source, root, may_be_empty)):
        builder.findings.add(finding)
        is_whole = False
    data = builder.data if isinstance(builder.data, dict) else {}
    return Document(
        source.file, data, Positions(source, root), builder.findings.faults(source), is_whole
    ), builder


def _build(builder: Builder) -> bool:
    """Feed the builder; False when the parser gave up or the builder has had enough."""
    try:
        for event in _events(builder.source.text):
            builder.take(event)
            if builder.is_done:
                return False
    except yaml.MarkedYAMLError as error:
        builder.findings.add(explain(_stop(builder, error)))
        return False
    return True


def _events(text: str) -> Iterator[yaml.Event]:
    loader = LOADER(text)
    try:
        yield from iter(loader.get_event, None)
    finally:
        loader.dispose()


def _stop(builder: Builder, error: yaml.MarkedYAMLError) -> Stop:
    at = error.problem_mark.index if error.problem_mark else 0
    since = error.context_mark.index if error.context_mark else at
    return Stop(builder.source, error.problem or "", error.context or "", at, since, builder.last)


def _root_fault(source: SourceText, root: Node | None, may_be_empty: bool) -> Finding | None:
    if root is None or (root.raw == "" and not root.is_quoted):
        if may_be_empty:
            return None
        return Finding(
            0, 0, rules.EMPTY, "The file is empty.", "Write `key: value` lines, or delete the file."
        )
    if isinstance(root.children, dict):
        return None
    line_start = source.starts[source.line_of(root.start) - 1]
    line = source.line(source.line_of(root.start))
    if root.raw is not None and (found := tight_line(line, line_start) or pasted.in_line(line, line_start)):
        return found
    what = "a list" if root.raw is None else "a text without a key"
    message = f"The file holds {what} instead of `key: value` lines."
    remedy = "Give it a key: `key: value`, or a line `key:` above a list."
    return Finding(root.start, root.start + 1, rules.NOT_A_MAPPING, message, remedy)


def _unread(source: SourceText, found: list[Finding]) -> Document:
    findings = Findings()
    for finding in found:
        findings.add(finding)
    return Document(source.file, {}, Positions(source, None), findings.faults(source), is_whole=False)
