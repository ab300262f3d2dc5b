"""A message as lint sees it: its texts with places, and the values that they print; nothing is rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from engine.model.fault import Path
from engine.model.message import MessageSource

_PIECE: Final = re.compile(r"\{%-?\s*(?P<tag>\w+)(?P<rest>.*?)-?%\}|\{\{-?(?P<output>.*?)-?\}\}", re.DOTALL)
_PATH: Final = re.compile(r"(?<![\w.\"'])(?:contact|trigger|with)\.[A-Za-z_][\w-]*")
_OPENING: Final = frozenset({"if", "unless", "case", "for"})
_HIDDEN: Final = re.compile(r"\{%-?\s*(comment|raw)\b.*?\{%-?\s*end\1\s*-?%\}", re.DOTALL)


class Spot(NamedTuple):
    """Some characters of a text: which text, from where, how many."""

    key: str  # subject, preheader, body
    start: int
    length: int


class Printed(NamedTuple):
    """One value that a message prints, and whether it is safe when it is missing."""

    path: str  # contact.first_name
    spot: Spot
    is_safe: bool  # by `default`, or inside an `if` that asks for it


@dataclass(frozen=True, slots=True)
class Letter:
    """What one send step sends, and where it stands."""

    path: Path  # of the step
    step: Mapping[str, Any]
    source: MessageSource

    @property
    def id(self) -> str:
        return str(self.step.get("id"))

    @property
    def is_marketing(self) -> bool:
        """Whether it goes to the contact and is no transactional message."""
        is_for_contact = "to" not in self.step and self.step.get("send") != "webhook"
        return is_for_contact and not self.step.get("transactional")

    def texts(self) -> Iterator[tuple[str, str]]:
        """(subject, preheader or body, the text)."""
        yield "subject", self.source.subject
        if self.source.preheader:
            yield "preheader", self.source.preheader
        yield "body", self.source.body

    def place(self, spot: Spot) -> tuple[str, Path, int, int]:
        """File (empty: the journey's), path, line and column of a spot; line 0 where the path says it all."""
        if not self.source.file or (spot.key == "subject" and "subject" in self.step):
            return "", (*self.path, spot.key), 0, 1
        if spot.key != "body":
            return self.source.file, (spot.key,), 0, 1
        before = self.source.body[: spot.start]
        line = self.source.body_line + before.count("\n")
        return self.source.file, (), line, len(before) - (before.rfind("\n") + 1) + 1

    def found(self, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], Spot]]:
        """Every match in the texts, with its spot."""
        for key, text in self.texts():
            for match in pattern.finditer(text):
                yield match, Spot(key, match.start(), len(match[0]))

    def printed(self, named: str = "") -> Iterator[Printed]:
        """The values of contact, trigger and with that the texts print; or of what a step `named`."""
        wanted = re.compile(rf"(?<![\w.\"'])(?:{re.escape(named)})(?:\.[A-Za-z_][\w-]*)?") if named else _PATH
        for key, text in self.texts():
            if "{{" in text:
                yield from _printed(key, text, wanted)

    def reads(self) -> frozenset[str]:
        """All of contact, trigger and with that the texts, layouts and partials name."""
        texts = [text for _, text in self.texts()] + [self.source.text or "", *self.source.partials.values()]
        return frozenset(path for text in texts if "{" in text for path in _PATH.findall(text))


def _printed(key: str, text: str, wanted: re.Pattern[str]) -> Iterator[Printed]:
    """Follows the blocks: what an enclosing `if` asks for may be printed inside."""
    text = _HIDDEN.sub(lambda hidden: " " * len(hidden[0]), text)
    asked: list[set[str]] = []
    for piece in _PIECE.finditer(text):
        tag = piece["tag"]
        if tag in _OPENING:
            asked.append(set(wanted.findall(piece["rest"])))
        elif tag in ("elsif", "when") and asked:
            asked[-1] |= set(wanted.findall(piece["rest"]))
        elif tag is not None and tag.startswith("end") and asked and tag[3:] in _OPENING:
            asked.pop()
        elif piece["output"] is not None:
            yield from _output(key, piece, set().union(*asked), wanted)


def _output(key: str, piece: re.Match[str], asked: set[str], wanted: re.Pattern[str]) -> Iterator[Printed]:
    written = piece["output"]
    value, _, filters = written.partition("|")
    path = wanted.fullmatch(value.strip())
    if path is not None:
        start = piece.start("output") + written.index(path[0])
        is_asked = path[0] in asked or path[0].partition(".")[0] in asked
        is_safe = is_asked or bool(re.search(r"\bdefault\b", filters))
        yield Printed(path[0], Spot(key, start, len(path[0])), is_safe)
