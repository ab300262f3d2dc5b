"""Enrollments and their positions: due ones are found by index, loaded in bulk, saved under a guard.

Where a running enrollment stands lives in `position`; leaving deletes that row, and what the steps
remembered moves to the enrollment. `Enrollment.ver` is NO_POSITION for one without a position.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from engine.core.case import Case, Past
from engine.model.position import GOES_ON, Enrollment
from engine.store import contacts
from engine.store.faults import StaleError
from engine.store.instants import EPOCH, MICROSECOND, instant, instant_or_none, micros, micros_or_none
from engine.store.link import Link, Row, deleting, inserting, updating
from engine.store.moments import DUE_MOMENTS
from engine.store.texts import mapping_of, text_of, text_or_none, value_of

NO_POSITION = -1

#: An enrollment with the key of its contact.
Owned = tuple[int, Enrollment]

#: What `_running` reads, in its order.
_RUNNING = (
    "p.contact, e.journey, p.version, e.entry_key, e.entered_at, e.triggered_by, e.triggered_at, e.serial, "
    "p.step, p.arrived_at, p.due_at, p.owed_at, e.outcome, e.detail, e.goal_until, e.converted_at, "
    "e.revenue, p.enrollment, p.ver, p.memory"
)
#: What `_closed` reads, in its order.
_CLOSED = (
    "e.contact, e.journey, e.version, e.entry_key, e.entered_at, e.triggered_by, e.triggered_at, e.serial, "
    "e.left_at, e.reason, e.outcome, e.detail, e.goal_until, e.converted_at, e.revenue, e.id, e.memory"
)

_HAS_FINISHED = "e.reason NOT IN ({})".format(", ".join(f"'{reason}'" for reason in GOES_ON))
_FINISHED_AT = f"max(CASE WHEN {_HAS_FINISHED} THEN e.left_at END)"
_IN_NO_TIME_AT = f"max(CASE WHEN {_HAS_FINISHED} AND e.left_at = e.entered_at THEN e.left_at END)"

_ENROLLMENT = {
    "version": "integer",
    "triggered_at": "bigint",
    "triggered_by": "text",
    "left_at": "bigint",
    "reason": "text",
    "outcome": "text",
    "detail": "text",
    "goal_until": "bigint",
    "converted_at": "bigint",
    "revenue": "double precision",
    "memory": "text",
}
_BORN = {
    "id": "bigint",
    "contact": "bigint",
    "journey": "integer",
    "entry_key": "text",
    "serial": "integer",
    "entered_at": "bigint",
}
_POSITION = {
    "version": "integer",
    "step": "integer",
    "arrived_at": "bigint",
    "due_at": "bigint",
    "owed_at": "bigint",
    "memory": "text",
}
_PLACE = {"contact": "bigint", "enrollment": "bigint"}

_INSERT_ENROLLMENT = inserting("enrollment", {**_BORN, **_ENROLLMENT})
_UPDATE_ENROLLMENT = updating("enrollment", _ENROLLMENT, {"id": "bigint"})
_INSERT_POSITION = inserting("position", {**_POSITION, **_PLACE, "ver": "integer"})
_MOVE_POSITION = updating("position", _POSITION, {**_PLACE, "ver": "integer"}, also="ver = position.ver + 1")
_TOUCH_POSITION = updating("position", {}, {"contact": "bigint"}, also="ver = position.ver + 1")
_DELETE_POSITION = deleting("position", {**_PLACE, "ver": "integer"})


# --- what is due -------------------------------------------------------------------------------


DUE_POSITIONS = "SELECT contact FROM position WHERE due_at <= ?"
DUE_LOOKS = "SELECT contact FROM segment_member WHERE look_at <= ?"


def due_keys(link: Link, now: datetime, *, clocks: bool = True) -> list[int]:
    """Contacts with something due, sorted: pages of neighbours cost half of pages in due order."""
    at = micros(now)
    keys = {row[0] for row in link.rows(DUE_POSITIONS, at)}
    keys.update(row[0] for row in link.rows(DUE_LOOKS, at))
    if clocks:
        keys.update(row[0] for row in link.rows(DUE_MOMENTS, at))
    return sorted(keys)


def next_due(link: Link) -> datetime | None:
    """When the next timer, segment look or moment falls due."""
    found = (
        link.value("SELECT min(at) FROM moment"),
        link.value("SELECT min(due_at) FROM position WHERE due_at IS NOT NULL"),
        link.value("SELECT min(look_at) FROM segment_member WHERE look_at IS NOT NULL"),
    )
    return min((instant(at) for at in found if at is not None), default=None)


# --- load --------------------------------------------------------------------------------------


def load_due(link: Link, keys: Collection[int], now: datetime, texts: dict[int, str]) -> dict[int, Case]:
    """Contacts with what is due by then: the hot path. By key, in its order; one with nothing is left out."""
    cases: dict[int, Case] = {}
    # the + keeps SQLite from walking the index of all due rows instead of those of our contacts
    sql = (
        f"SELECT {_RUNNING}, {contacts.COLUMNS} FROM {link.these()} CROSS JOIN contact c "
        "CROSS JOIN position p CROSS JOIN enrollment e WHERE c.key = k.value AND p.contact = k.value "
        f"AND +p.due_at <= ? AND e.id = p.enrollment{link.order('p.contact, p.enrollment')}"
    )
    for row in link.rows(sql, link.pack(keys), micros(now)):
        key = row[0]
        case = cases.get(key)
        if case is None:
            cases[key] = case = Case(contacts.contact_of(row[-contacts.WIDTH :]), key)
        case.enrollments.append(_running(row[: -contacts.WIDTH], texts))
    return cases


def load_everything(link: Link, cases: dict[int, Case], now: datetime, texts: dict[int, str]) -> None:
    """Running enrollments, closed ones that may still convert, and what re-entry asks of the past."""
    for row in _rows_of_running(link, cases):
        cases[row[0]].enrollments.append(_running(row, texts))
    _load_in_goal_window(link, cases, now, texts)
    _load_past(link, cases, texts)
    _load_entered_lately(link, cases, now, texts)


def _rows_of_running(link: Link, keys: Collection[int]) -> list[Row]:
    sql = (
        f"SELECT {_RUNNING} FROM {link.these()} CROSS JOIN position p CROSS JOIN enrollment e "
        f"WHERE p.contact = k.value AND e.id = p.enrollment{link.order('p.contact, p.enrollment')}"
    )
    return link.rows(sql, link.pack(keys))


def _running(row: Row, texts: dict[int, str]) -> Enrollment:
    """Runs once for every advance: times are read in place, and one that occurs twice is read once."""
    # fmt: off
    (
        _, journey, version, entry_key, entered_at, triggered_by, triggered_at, serial, step, arrived_at,
        due_at, owed_at, outcome, detail, goal_until, converted_at, revenue, id, ver, memory,
    ) = row
    # fmt: on
    entered = EPOCH + entered_at * MICROSECOND
    enrollment = Enrollment(
        texts[journey],
        texts[version],
        entry_key,
        entered,
        {} if triggered_by is None else value_of(triggered_by),
        entered if triggered_at == entered_at else EPOCH + triggered_at * MICROSECOND,
        serial,
        None if step is None else texts[step],
        entered if arrived_at == entered_at else instant_or_none(arrived_at),
        None if due_at is None else EPOCH + due_at * MICROSECOND,
        None if owed_at is None else EPOCH + owed_at * MICROSECOND,
    )
    enrollment.id, enrollment.ver = id, ver
    if memory is not None:
        _remember(enrollment, memory)
    if not (outcome is detail is goal_until is converted_at is revenue is None):
        enrollment.outcome, enrollment.detail, enrollment.revenue = outcome, detail or "", revenue
        enrollment.goal_until, enrollment.converted_at = (
            instant_or_none(goal_until),
            instant_or_none(converted_at),
        )
    return enrollment


def _closed(row: Row, texts: dict[int, str]) -> Enrollment:
    """One that has left."""
    (_, journey, version, entry_key, entered_at, triggered_by, triggered_at, serial) = row[:8]
    left_at, reason, outcome, detail, goal_until, converted_at, revenue, id, memory = row[8:]
    enrollment = Enrollment(
        texts[journey],
        texts[version],
        entry_key,
        instant(entered_at),
        mapping_of(triggered_by),
        instant(triggered_at),
        serial,
        left_at=instant(left_at),
        reason=reason,
        outcome=outcome,
        detail=detail or "",
        goal_until=instant_or_none(goal_until),
        converted_at=instant_or_none(converted_at),
        revenue=revenue,
        id=id,
        ver=NO_POSITION,
    )
    if memory is not None:
        _remember(enrollment, memory)
    return enrollment


def _load_in_goal_window(link: Link, cases: dict[int, Case], now: datetime, texts: dict[int, str]) -> None:
    sql = (
        f"SELECT {_CLOSED} FROM {link.these()} CROSS JOIN enrollment e WHERE e.contact = k.value "
        "AND e.left_at IS NOT NULL AND e.goal_until > ? ORDER BY e.contact, e.id"
    )
    for row in link.rows(sql, link.pack(cases), micros(now)):
        cases[row[0]].enrollments.append(_closed(row, texts))


def _load_past(link: Link, cases: dict[int, Case], texts: dict[int, str]) -> None:
    sql = (
        "SELECT e.contact, e.journey, e.entry_key, count(*), max(e.left_at), "
        f"{_FINISHED_AT}, {_IN_NO_TIME_AT} FROM {link.these()} CROSS JOIN enrollment e "
        "WHERE e.contact = k.value GROUP BY e.contact, e.journey, e.entry_key"
    )
    for contact, journey, entry_key, count, *at in link.rows(sql, link.pack(cases)):
        cases[contact].past[texts[journey], entry_key] = Past(count, *map(instant_or_none, at))


def _load_entered_lately(link: Link, cases: dict[int, Case], now: datetime, texts: dict[int, str]) -> None:
    sql = (
        f"SELECT e.contact, e.journey, e.entered_at FROM {link.these()} CROSS JOIN enrollment e "
        "WHERE e.contact = k.value AND e.entered_at > ? ORDER BY e.contact, e.entered_at, e.id"
    )
    for contact, journey, at in link.rows(sql, link.pack(cases), micros(now - timedelta(hours=24))):
        cases[contact].entered_lately.setdefault(texts[journey], []).append(instant(at))


def load_of_contact(link: Link, key: int, texts: dict[int, str]) -> list[Enrollment]:
    """All of one contact, left or not, in order of entry."""
    found = [_running(row, texts) for row in _rows_of_running(link, [key])]
    sql = f"SELECT {_CLOSED} FROM enrollment e WHERE e.contact = ? AND e.left_at IS NOT NULL"
    found += [_closed(row, texts) for row in link.rows(sql, key)]
    return sorted(found, key=lambda enrollment: enrollment.id or 0)


# --- save --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sorted:
    """Enrollments by what is to be written of them."""

    new: list[Owned]
    left: list[Owned]
    moved: list[Owned]
    changed: list[Enrollment]

    def words(self) -> set[str]:
        """The names that their rows hold."""
        found: set[str] = set()
        for enrollment in chain(self.changed, (e for _, e in chain(self.new, self.moved))):
            found.update((enrollment.journey, enrollment.version, enrollment.step or ""))
        return found


@dataclass(frozen=True, slots=True)
class Rows:
    """What is to be written of enrollments that exist already, as plain rows."""

    left: list[Row]
    changed: list[Row]
    moved: list[Row]


def sort_out(cases: Sequence[Case]) -> Sorted:
    """New, left, moved and changed ones.

    Whatever happens to a running enrollment moves the `ver` of its position, also if it only converted and
    stands where it stood: a page that was decided before that must not be written after it.
    """
    new: list[Owned] = []
    left: list[Owned] = []
    moved: list[Owned] = []
    changed: list[Enrollment] = []
    for case in cases:
        for enrollment in case.enrollments:
            if not (enrollment.is_moved or enrollment.is_changed or enrollment.is_new):
                continue
            if enrollment.is_new:
                new.append((case.key, enrollment))
                continue
            if enrollment.left_at is None:
                moved.append((case.key, enrollment))
            elif enrollment.ver != NO_POSITION:
                left.append((case.key, enrollment))
            if enrollment.is_changed or enrollment.left_at is not None:
                changed.append(enrollment)
    return Sorted(new, left, moved, changed)


def rows_of(found: Sorted, ids: Mapping[str, int]) -> Rows:
    """Of all but the new ones."""
    return Rows(
        [(key, e.id, e.ver) for key, e in found.left],
        [(*_enrollment(e, ids), e.id) for e in found.changed],
        [_position(key, e, ids) for key, e in found.moved],
    )


def write(link: Link, rows: Rows) -> None:
    """A position that is not as it was loaded raises StaleError.

    Those that left come first, before new ones are written: a restart enters again under the same key.
    """
    _expect(link.run_many(_DELETE_POSITION, rows.left), len(rows.left))
    _expect(link.run_many(_UPDATE_ENROLLMENT, rows.changed), len(rows.changed))
    _expect(link.run_many(_MOVE_POSITION, rows.moved), len(rows.moved))


def _expect(touched: int, wanted: int) -> None:
    if touched != wanted:
        raise StaleError(
            f"{wanted - touched} of {wanted} enrollments were advanced by another worker in the meantime.",
            "Load the page again.",
        )


def insert(link: Link, new: Sequence[Owned], ids: Mapping[str, int]) -> None:
    """New ones; each is given its id."""
    for (_, enrollment), id in zip(new, link.new_ids("enrollment", len(new)), strict=True):
        enrollment.id = id
    link.run_many(_INSERT_ENROLLMENT, [(*_born(key, e, ids), *_enrollment(e, ids)) for key, e in new])
    rows = [_position(key, e, ids) for key, e in new if e.left_at is None]
    link.run_many(_INSERT_POSITION, rows)


def settle(found: Sorted) -> None:
    """As if they had been loaded anew."""
    for _, enrollment in found.moved:
        enrollment.ver += 1
        enrollment.is_moved = enrollment.is_changed = False
    for enrollment in (*found.changed, *(enrollment for _, enrollment in found.new)):
        enrollment.is_new = enrollment.is_moved = enrollment.is_changed = False
        if enrollment.left_at is not None:
            enrollment.ver = NO_POSITION


def touch(link: Link, keys: Iterable[int]) -> None:
    """Contacts became different: what was decided about their positions before is stale now."""
    link.run_many(_TOUCH_POSITION, [(key,) for key in keys])


# --- those that a pause has parked (see core/pause) ----------------------------------------------

_PARKED = "p.owed_at IS NOT NULL AND (p.due_at IS NULL OR p.due_at = ?)"


def keys_parked(link: Link, journey: int, parked_until: datetime | None, after: int, size: int) -> list[int]:
    """The next contacts whose step in a journey was over in a pause, each once, sorted."""
    sql = (
        "SELECT DISTINCT e.contact FROM enrollment e CROSS JOIN position p "
        "WHERE e.journey = ? AND e.left_at IS NULL AND e.contact > ? "
        f"AND p.contact = e.contact AND p.enrollment = e.id AND {_PARKED} ORDER BY e.contact LIMIT ?"
    )
    return [row[0] for row in link.rows(sql, journey, after, micros_or_none(parked_until), size)]


def unpark(
    link: Link, journey: int, parked_until: datetime | None, keys: Collection[int], now: datetime
) -> int:
    """What these contacts owe in the journey is due now; how many enrollments that were."""
    return link.run(
        "UPDATE position AS p SET due_at = ?, ver = p.ver + 1 "
        f"WHERE p.contact IN (SELECT value FROM {link.these()}) AND {_PARKED} AND EXISTS "
        "(SELECT 1 FROM enrollment e WHERE e.id = p.enrollment AND e.journey = ?)",
        *(micros(now), link.pack(keys), micros_or_none(parked_until), journey),
    )


def _born(key: int, enrollment: Enrollment, ids: Mapping[str, int]) -> Row:
    return (
        enrollment.id,
        key,
        ids[enrollment.journey],
        enrollment.entry_key,
        enrollment.serial,
        micros(enrollment.entered_at),
    )


def _enrollment(enrollment: Enrollment, ids: Mapping[str, int]) -> Row:
    return (
        ids[enrollment.version],
        micros(enrollment.triggered_at),
        text_or_none(enrollment.trigger),
        micros_or_none(enrollment.left_at),
        enrollment.reason,
        enrollment.outcome,
        enrollment.detail or None,
        micros_or_none(enrollment.goal_until),
        micros_or_none(enrollment.converted_at),
        enrollment.revenue,
        None if enrollment.left_at is None else _memory(enrollment),
    )


def _position(key: int, enrollment: Enrollment, ids: Mapping[str, int]) -> Row:
    """Runs once for every advance."""
    arrived_at, due_at, owed_at = enrollment.arrived_at, enrollment.due_at, enrollment.owed_at
    has_memory = (
        enrollment.steps
        or enrollment.sent_at
        or enrollment.iteration
        or enrollment.answer
        or enrollment.drafted
        or enrollment.is_held_out
        or enrollment.capped_at is not None
    )
    return (
        ids[enrollment.version],
        None if enrollment.step is None else ids[enrollment.step],
        None if arrived_at is None else micros(arrived_at),
        None if due_at is None else micros(due_at),
        None if owed_at is None else micros(owed_at),
        _memory(enrollment) if has_memory else None,
        key,
        enrollment.id,
        enrollment.ver,
    )


# --- memory ------------------------------------------------------------------------------------


def _memory(enrollment: Enrollment) -> str | None:
    """Most have none while they sleep, and one letter per key is enough for the others."""
    memory: dict[str, Any] = {}
    if enrollment.steps:
        memory["s"] = enrollment.steps
    if enrollment.sent_at:
        memory["t"] = [micros(at) for at in enrollment.sent_at]
    if enrollment.iteration:
        memory["i"] = enrollment.iteration
    if enrollment.is_held_out:
        memory["h"] = 1
    if enrollment.capped_at is not None:
        memory["c"] = micros(enrollment.capped_at)
    if enrollment.answer:
        memory["a"] = enrollment.answer
    if enrollment.drafted:
        memory["d"] = enrollment.drafted
    if enrollment.left_at is not None and enrollment.step is not None:
        memory["at"] = [enrollment.step, micros_or_none(enrollment.arrived_at)]
    return text_of(memory) if memory else None


def _remember(enrollment: Enrollment, text: str) -> None:
    memory = value_of(text)
    enrollment.steps = memory.get("s", {})
    enrollment.sent_at = [instant(at) for at in memory.get("t", ())]
    enrollment.iteration = memory.get("i", "")
    enrollment.is_held_out = "h" in memory
    enrollment.capped_at = instant_or_none(memory.get("c"))
    enrollment.answer = memory.get("a")
    enrollment.drafted = memory.get("d", {})
    if "at" in memory:
        enrollment.step, arrived_at = memory["at"]
        enrollment.arrived_at = instant_or_none(arrived_at)
