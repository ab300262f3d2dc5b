"""What was done and why: one row holds all lines that one page wrote about one enrollment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.case import Case, TraceEntry
from engine.model.trace import TraceLine
from engine.store.instants import instant, instant_or_none, micros, micros_or_none
from engine.store.link import Link, Row, inserting
from engine.store.names import Names
from engine.store.texts import text_of, value_of

_INSERT = inserting(
    "trace",
    {"contact": "bigint", "enrollment": "bigint", "journey": "integer", "at": "bigint", "lines": "text"},
)


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """A line with where it belongs; `enrollment_id` is None for somebody who did not enter."""

    journey: str
    enrollment_id: int | None
    line: TraceLine


def save_traces(link: Link, names: Names, cases: Sequence[Case]) -> None:
    """After the enrollments, whose ids are needed."""
    ids = names.ids(link, {entry.journey for case in cases for entry in case.traces})
    link.run_many(_INSERT, [row for case in cases if case.traces for row in _rows(case, ids)])


def _rows(case: Case, ids: dict[str, int]) -> list[Row]:
    groups: dict[tuple[int, str], list[TraceEntry]] = {}
    for entry in case.traces:
        groups.setdefault((id(entry.enrollment), entry.journey), []).append(entry)
    return [_row(case.key, entries, ids) for entries in groups.values()]


def _row(key: int, entries: list[TraceEntry], ids: dict[str, int]) -> Row:
    first = entries[0]
    lines = text_of([_packed(entry.line) for entry in entries])
    enrollment = None if first.enrollment is None else first.enrollment.id
    return (key, enrollment, ids[first.journey], micros(first.line.at), lines)


def _packed(line: TraceLine) -> list[Any]:
    """Trailing nothings are left away."""
    packed = [micros(line.at), line.step, line.did, line.why, micros_or_none(line.until)]
    while not packed[-1]:
        packed.pop()
    return packed


def load_traces(link: Link, key: int, journey: int | None, texts: dict[int, str]) -> list[TraceRecord]:
    """All lines of a contact, in the order in which they were written."""
    narrow, more = ("", ()) if journey is None else ("AND t.journey = ?", (journey,))
    sql = f"SELECT t.journey, t.enrollment, t.lines FROM trace t WHERE t.contact = ? {narrow} ORDER BY t.id"
    return [
        TraceRecord(texts[of], enrollment, _line(*packed))
        for of, enrollment, lines in link.rows(sql, key, *more)
        for packed in value_of(lines)
    ]


def _line(at: int, step: str, did: Any, why: str = "", until: int | None = None) -> TraceLine:
    return TraceLine(instant(at), step, did, why, instant_or_none(until))
