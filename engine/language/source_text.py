"""The text of a file, the way from an offset in it to line and column, and the faults found in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.language import yaml_rules as rules
from engine.model.fault import Fault, Severity
from engine.model.source import SourcePosition

_LINE_END: Final = re.compile(r"\r\n?|\n")
#: More than this is not read by anybody; the rest is counted in a last line.
MOST_FAULTS: Final = 50
#: After so many, reading stops.
_MOST_FOUND: Final = 500


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text with the offsets at which its lines start."""

    file: str
    text: str
    starts: tuple[int, ...]

    def span(self, start: int, end: int) -> SourcePosition:
        """The position of the characters from `start` up to, not including, `end`."""
        line, column = self.place(start)
        end_line, end_column = self.place(max(start, end))
        return SourcePosition(self.file, line, column, end_line, end_column)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1, in characters."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line_of(self, offset: int) -> int:
        """The number of the line that holds this offset."""
        return bisect_right(self.starts, offset)

    def line(self, number: int) -> str:
        """A line without its end; empty beyond the last."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")


def source_of(file: str, text: str) -> SourceText:
    """Take a text apart into its lines (LF, CRLF or CR)."""
    return SourceText(file, text, (0, *(match.end() for match in _LINE_END.finditer(text))))


class Finding(NamedTuple):
    """A fault that still knows its place as offsets into the text; made for every kind of reading."""

    start: int
    end: int
    rule: str
    message: str
    help: str
    severity: Severity = "error"


@dataclass(slots=True)
class Findings:
    """Collects what is wrong while a file is read."""

    kept: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take one more."""
        self.kept.append(finding)

    def is_full(self) -> bool:
        """Whether there are so many that reading on helps nobody."""
        return len(self.kept) >= _MOST_FOUND

    def faults(self, source: SourceText) -> tuple[Fault, ...]:
        """All of them in the order of the file; past fifty only their number, in a last line."""
        once = {(finding.start, finding.rule): finding for finding in reversed(self.kept)}
        found = sorted(once.values(), key=lambda finding: (finding.start, finding.rule))
        shown = [_fault(source, finding) for finding in found[:MOST_FAULTS]]
        if len(found) > MOST_FAULTS:
            shown.append(_remainder(shown[-1].position, len(found) - MOST_FAULTS, self.is_full()))
        return tuple(shown)


def _fault(source: SourceText, finding: Finding) -> Fault:
    position = source.span(finding.start, finding.end)
    return Fault(position, finding.severity, finding.rule, finding.message, finding.help)


def _remainder(position: SourcePosition, count: int, is_estimate: bool) -> Fault:
    number = f"at least {count}" if is_estimate else str(count)
    faults = "is 1 more fault" if count == 1 else f"are {number} more faults"
    message = f"There {faults} in this file."
    return Fault(position, "error", rules.MORE_FAULTS, message, "Mend the ones above and check again.")


def shorten(text: str, most: int = 40) -> str:
    """A text as it can stand in a message: on one line and not too long."""
    line = " ".join(text[: most * 5].split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
