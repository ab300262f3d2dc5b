"""What was done and why: one row holds all lines that one page wrote about one enrollment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.case import Case, TraceEntry
from engine.model.trace import TraceLine
from engine.store.instants import instant, instant_or_none, micros
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
    """Entries come in order of time and mostly speak of one enrollment; lines are packed as they pass."""
    groups: dict[tuple[int, str], tuple[TraceEntry, list[list[Any]]]] = {}
    for entry in case.traces:
        group = (id(entry.enrollment), entry.journey)
        if group in groups:
            groups[group][1].append(_packed(entry.line))
        else:
            groups[group] = (entry, [_packed(entry.line)])
    return [
        (
            case.key,
            None if first.enrollment is None else first.enrollment.id,
            ids[first.journey],
            lines[0][0],
            text_of(lines),
        )
        for first, lines in groups.values()
    ]


def _packed(line: TraceLine) -> list[Any]:
    """Nothing at the end is left away."""
    at = micros(line.at)
    if line.until is not None:
        return [at, line.step, line.did, line.why, micros(line.until)]
    return [at, line.step, line.did, line.why] if line.why else [at, line.step, line.did]


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
