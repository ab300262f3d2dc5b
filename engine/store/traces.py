"""What was done and why: one row holds all lines that one page wrote about one enrollment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.core.case import Case, TraceEntry
from engine.model.trace import TraceLine
from engine.store.instants import instant, instant_or_none, micros
from engine.store.link import Link, Row, inserting
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


def words_of(cases: Sequence[Case]) -> set[str]:
    """The names that the rows of their traces hold."""
    return {entry.journey for case in cases for entry in case.traces}


def rows_of(cases: Sequence[Case], ids: Mapping[str, int]) -> list[Row]:
    """After the enrollments were written, whose ids are needed."""
    return [row for case in cases if case.traces for row in _rows(case, ids)]


def insert(link: Link, rows: Sequence[Row]) -> None:
    """Append them."""
    link.run_many(_INSERT, rows)


def _rows(case: Case, ids: Mapping[str, int]) -> list[Row]:
    """Entries come in order of time, and nearly always speak of one enrollment."""
    traces = case.traces
    enrollment = traces[0].enrollment
    for entry in traces:
        if entry.enrollment is not enrollment or enrollment is None:
            return [_row(case.key, entries, ids) for entries in _by_enrollment(traces)]
    return [_row(case.key, traces, ids)]


def _by_enrollment(traces: Sequence[TraceEntry]) -> list[list[TraceEntry]]:
    groups: dict[tuple[int, str], list[TraceEntry]] = {}
    for entry in traces:
        groups.setdefault((id(entry.enrollment), entry.journey), []).append(entry)
    return list(groups.values())


def _row(key: int, entries: Sequence[TraceEntry], ids: Mapping[str, int]) -> Row:
    """Runs for every advance. The lines of one share their instant, which is read once, and what they say
    is said of thousands in the same words, which are put into JSON once."""
    first = entries[0]
    enrollment, known = first.enrollment, first.line.at
    begins = micros(known)
    at = f"[{begins},"
    lines: list[str] = []
    for entry in entries:
        line = entry.line
        if line.at is not known:
            known = line.at
            at = f"[{micros(known)},"
        words = _words(line.step, line.did, line.why, line.until is not None)
        lines.append(f"{at}{words}]" if line.until is None else f"{at}{words},{micros(line.until)}]")
    return (
        key,
        None if enrollment is None else enrollment.id,
        ids[first.journey],
        begins,
        f"[{','.join(lines)}]",
    )


@lru_cache(maxsize=4096)  # bounded: some reasons name values of a contact
def _words(step: str, did: str, why: str, goes_on: bool) -> str:
    """The items of a JSON list; nothing at its end is left away."""
    return text_of([step, did, why] if why or goes_on else [step, did])[1:-1]


def load_traces(link: Link, key: int, journey: int | None, texts: dict[int, str]) -> list[TraceRecord]:
    """All lines of a contact, in the order in which they were written."""
    narrow, more = ("", ()) if journey is None else ("AND t.journey = ?", (journey,))
    sql = f"SELECT t.journey, t.enrollment, t.lines FROM trace t WHERE t.contact = ? {narrow} ORDER BY t.id"
    return [
        TraceRecord(texts[of], enrollment, _line(*packed))
        for of, enrollment, lines in link.rows(sql, key, *more)
        for packed in value_of(lines)
    ]


def last_id(link: Link) -> int:
    """The number of the newest row."""
    return int(link.value("SELECT max(id) FROM trace") or 0)


def load_since(link: Link, after: int, texts: dict[int, str]) -> tuple[int, list[tuple[str, TraceRecord]]]:
    """What was written after that row, with the ids of the contacts; and the number of the newest row."""
    sql = (
        "SELECT t.id, c.id, t.journey, t.enrollment, t.lines FROM trace t "
        "JOIN contact c ON c.key = t.contact "
        "WHERE t.id > ? ORDER BY t.id"
    )
    found: list[tuple[str, TraceRecord]] = []
    for id, contact, of, enrollment, lines in link.rows(sql, after):
        after = id
        found += [(contact, TraceRecord(texts[of], enrollment, _line(*packed))) for packed in value_of(lines)]
    return after, found


def _line(at: int, step: str, did: Any, why: str = "", until: int | None = None) -> TraceLine:
    return TraceLine(instant(at), step, did, why, instant_or_none(until))


def drop_before(link: Link, at: datetime, size: int) -> int:
    """Forget up to so many of the oldest rows; how many. They stand in order of time, and need no index."""
    oldest = "SELECT id FROM trace ORDER BY id LIMIT ?"
    return link.run(f"DELETE FROM trace WHERE id IN ({oldest}) AND at < ?", size, micros(at))
