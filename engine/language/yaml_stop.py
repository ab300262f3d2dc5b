"""The place where the YAML parser gave up, with what it said and what it had understood before."""

from __future__ import annotations

from dataclasses import dataclass

from engine.language.source_text import Finding, SourceText
from engine.language.yaml_build import Last


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the parser gave up. Its C and its Python version word the same problem differently."""

    source: SourceText
    problem: str
    context: str
    at: int  # the offset of the problem
    since: int  # where the thing began that was being read; equal to `at` if unknown
    last: Last  # the last thing that was understood

    def character(self) -> str:
        """The character at the place; empty at the end of the file."""
        return self.source.text[self.at : self.at + 1]

    def opening(self) -> str:
        """The character with which the thing began that was being read."""
        return self.source.text[self.since : self.since + 1]

    def number(self) -> int:
        """The number of the line."""
        return self.source.line_of(self.at)

    def line(self) -> str:
        """The line of the place."""
        return self.source.line(self.number())

    def rest(self, place: int) -> str:
        """What stands from an offset to the end of its line."""
        return self.source.line(self.source.line_of(place))[self.source.place(place)[1] - 1 :].rstrip()

    def written_line_above(self) -> int:
        """The number of the nearest line above that is not blank, or 1."""
        number = self.number() - 1
        while number > 1 and not self.source.line(number).strip():
            number -= 1
        return max(number, 1)

    def begins_line(self) -> bool:
        """Whether nothing but spaces stands before the place."""
        return not self.source.text[self.source.starts[self.number() - 1] : self.at].strip()

    def is_right_behind(self) -> bool:
        """Whether only spaces separate the place from the last thing that was understood."""
        return self.last.end <= self.at and not self.source.text[self.last.end : self.at].strip(" ")

    def finding(self, start: int, rule: str, message: str, remedy: str, length: int = 1) -> Finding:
        """A complaint about so many characters, as far as the file has them."""
        return Finding(start, max(min(start + length, len(self.source.text)), start), rule, message, remedy)
