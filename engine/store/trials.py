"""Splits with a winner: when each trial began, who is tested, and who won, decided once.

A trial is decided by the first who asks after its end, in the transaction of its page; or before, by the
daemon, when enough messages were released.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.core.case import Case
from engine.core.trial import decide
from engine.model.event import Event
from engine.model.predicate import MESSAGE_EVENTS
from engine.model.trial import Decision, Standing, Tally, TrialRule
from engine.store.contacts import lock
from engine.store.events import load_history
from engine.store.instants import instant, instant_or_none, micros
from engine.store.link import Link, Row, inserting
from engine.store.names import Names
from engine.store.texts import text_of, value_of

#: Any number, the same in every process.
_ASKING = 7_044_011

_JOIN = inserting(
    "trial_entry",
    {"trial": "bigint", "enrollment": "bigint", "way": "text", "at": "bigint"},
    "ON CONFLICT (trial, enrollment) DO NOTHING",
)
_BEGIN = (
    "INSERT INTO trial (journey, step, firing, mark, metric, began_at, until, is_to_wake) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (journey, step, firing, mark) DO NOTHING"
)
_FIND = "SELECT id, until, winner FROM trial WHERE journey = ? AND step = ? AND firing = ? AND mark = ?"
_DECIDE = (
    "UPDATE trial SET decided_at = ?, winner = ?, is_certain = ?, figures = ?, is_to_wake = ? "
    "WHERE id = ? AND decided_at IS NULL"
)
#: What was released to the tested after they came to the step.
_RELEASED = (
    "FROM trial_entry t CROSS JOIN message m WHERE t.trial = ? AND m.enrollment = t.enrollment "
    "AND m.at >= t.at AND m.late_at IS NOT NULL AND m.state NOT IN ('held_out', 'draft')"
)
_WON, _LED = "it won the trial", "it led when the trial ended"


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """How a trial stands. `figures`: of how many people of each way how many did it, when it was decided."""

    id: int
    journey: str
    step: str
    firing: str
    mark: str
    metric: str
    began_at: datetime
    until: datetime
    looked_at: datetime | None
    decided_at: datetime | None
    winner: str | None
    is_certain: bool | None
    figures: tuple[Tally, ...]
    is_to_wake: bool


class PageTrials:
    """The trials of one page; it reads nothing unless a step asks."""

    def __init__(self, link: Link, names: Names) -> None:
        self._link = link
        self._names = names
        self._found: dict[tuple[TrialRule, str], tuple[int, Standing]] = {}

    def standing(self, rule: TrialRule, firing: str, until: datetime, at: datetime) -> Standing:
        """As of this page's transaction; begun here if nobody came before, decided here if it is over."""
        known = self._found.get((rule, firing))
        id, standing = known if known is not None else self._find(rule, firing, until, at)
        if standing.winner is None and standing.until <= at:
            standing = self._decided(id, rule, standing.until, at)
        self._found[rule, firing] = id, standing
        return standing

    def _find(self, rule: TrialRule, firing: str, until: datetime, at: datetime) -> tuple[int, Standing]:
        """Whoever wakes those who wait lets us finish first, so that nobody begins to wait unseen."""
        if self._link.is_postgres and not self._found:
            self._link.run("SELECT pg_advisory_xact_lock_shared(?)", _ASKING)
        ids = self._names.ids(self._link, {rule.journey, rule.step})
        key = (ids[rule.journey], ids[rule.step], firing, rule.mark)
        rows = self._link.rows(_FIND, *key)
        if not rows:
            self._link.run(_BEGIN, *key, rule.metric, micros(at), micros(until), False)
            rows = self._link.rows(_FIND, *key)
        id, ends, winner = rows[0]
        return id, Standing(instant(ends), winner if winner in rule.names else None, _WON)

    def _decided(self, id: int, rule: TrialRule, until: datetime, at: datetime) -> Standing:
        """Now, or by another page just before us."""
        winner = _winner_for_us(self._link, id)
        if winner is None:
            figures = tallies(self._link, self._names, id, rule)
            decision = decide(figures, rule.confidence)
            _keep(self._link, id, decision, figures, at, is_to_wake=False)
            return Standing(until, decision.winner, _LED if decision.is_certain is False else _WON)
        return Standing(until, winner, _WON)

    def decide_by_sends(self, record: TrialRecord, rule: TrialRule, now: datetime) -> bool:
        """Looked at once: asking again and again until it looks certain would make chance look certain."""
        if self._link.is_postgres:
            self._link.run("SELECT pg_advisory_xact_lock(?)", _ASKING)
        if _winner_for_us(self._link, record.id) is not None:
            return False
        if self._link.value(f"SELECT count(*) {_RELEASED}", record.id) < (rule.sends or 0):
            return False
        figures = tallies(self._link, self._names, record.id, rule)
        decision = decide(figures, rule.confidence)
        self._link.run("UPDATE trial SET looked_at = ? WHERE id = ?", micros(now), record.id)
        if decision.is_certain is False:
            return False
        _keep(self._link, record.id, decision, figures, now, is_to_wake=True)
        return True

    def save(self, cases: Sequence[Case]) -> None:
        """Who is tested from now on."""
        rows = [
            (self._found[join.rule, join.firing][0], enrollment.id, join.way, micros(at))
            for case in cases
            for enrollment, join, at in case.joined
        ]
        self._link.run_many(_JOIN, rows)


def _winner_for_us(link: Link, id: int) -> str | None:
    """Who won; if nobody has, nobody else decides it before our transaction ends."""
    winner: str | None = link.value(
        "SELECT winner FROM trial WHERE id = ?" + " FOR UPDATE" * link.is_postgres, id
    )
    return winner


def _keep(
    link: Link, id: int, decision: Decision, figures: Sequence[Tally], at: datetime, *, is_to_wake: bool
) -> None:
    plain = text_of([list(tally) for tally in figures])
    link.run(_DECIDE, micros(at), decision.winner, decision.is_certain, plain, is_to_wake, id)


# --- figures -----------------------------------------------------------------------------------


def tallies(link: Link, names: Names, id: int, rule: TrialRule) -> list[Tally]:
    """Each way's figures, in order of the file: of people reached, or of all who went it for `converted`."""
    found = _converted(link, id) if rule.metric == "converted" else _told(link, names, id, rule)
    ways = [[is_hit for way, is_hit in found if way == name] for name in rule.names]
    return [Tally(name, len(of), sum(of)) for name, of in zip(rule.names, ways, strict=True)]


def _converted(link: Link, id: int) -> list[tuple[str, bool]]:
    sql = (
        "SELECT t.way, e.converted_at IS NOT NULL AND e.converted_at >= t.at "
        "FROM trial_entry t CROSS JOIN enrollment e WHERE t.trial = ? AND e.id = t.enrollment"
    )
    return [(way, bool(is_hit)) for way, is_hit in link.rows(sql, id)]


def _told(link: Link, names: Names, id: int, rule: TrialRule) -> list[tuple[str, bool]]:
    """A message counts as opened or clicked by the event that says so of its step, not before it was sent."""
    texts = names.texts(link)
    released: dict[tuple[int, str], list[tuple[int, str, datetime]]] = {}
    sql = f"SELECT t.enrollment, t.way, m.contact, m.step, m.at {_RELEASED}"
    for enrollment, way, contact, step, at in link.rows(sql, id):
        released.setdefault((enrollment, way), []).append((contact, texts[step], instant(at)))
    event = MESSAGE_EVENTS[rule.metric]
    contacts = sorted({contact for sent in released.values() for contact, _, _ in sent})
    history = load_history(link, dict.fromkeys(contacts, ""), (event,))

    def is_hit(contact: int, step: str, at: datetime) -> bool:
        told = (one for one in history.get(contact, {}).get(event, ()) if one.at >= at)
        return any(of.get("journey") == rule.journey and of.get("step") == step for of in _properties(told))

    return [(way, any(is_hit(*one) for one in sent)) for (_, way), sent in released.items()]


def _properties(events: Iterable[Event]) -> Iterator[Mapping[str, Any]]:
    return (event.properties for event in events)


# --- those who wait ----------------------------------------------------------------------------


def wake(link: Link, record: TrialRecord, after: int, now: datetime, size: int) -> list[int]:
    """Positions at the step, a page of contacts at a time; of one firing only its own."""
    key, scope = _numbers(link, record.id), ""
    more: tuple[Any, ...] = ()
    if record.firing:
        scope, more = "AND e.entry_key = ? ", (record.firing,)
    sql = (
        "SELECT DISTINCT p.contact FROM position p CROSS JOIN enrollment e WHERE p.contact > ? "
        f"AND p.step = ? AND p.due_at > ? AND e.id = p.enrollment AND e.journey = ? {scope}"
        f"ORDER BY p.contact LIMIT {size}"
    )
    journey, step = key
    keys = [row[0] for row in link.rows(sql, after, step, micros(now), journey, *more)]
    if not keys:
        link.run("UPDATE trial SET is_to_wake = ? WHERE id = ?", False, record.id)
        return []
    lock(link, keys)
    link.run(
        "UPDATE position AS p SET due_at = ?, ver = p.ver + 1 "
        f"WHERE p.contact IN (SELECT value FROM {link.these()}) AND p.step = ? AND p.due_at > ? AND EXISTS "
        f"(SELECT 1 FROM enrollment e WHERE e.id = p.enrollment AND e.journey = ? {scope})",
        *(micros(now), link.pack(keys), step, micros(now), journey, *more),
    )
    return keys


def _numbers(link: Link, id: int) -> Row:
    return link.rows("SELECT journey, step FROM trial WHERE id = ?", id)[0]


# --- reading -----------------------------------------------------------------------------------


def load(link: Link, texts: dict[int, str]) -> list[TrialRecord]:
    """All trials ever, the oldest first."""
    sql = (
        "SELECT id, journey, step, firing, mark, metric, began_at, until, looked_at, decided_at, winner, "
        "is_certain, figures, is_to_wake FROM trial ORDER BY began_at, id"
    )
    return [_record(row, texts) for row in link.rows(sql)]


def _record(row: Row, texts: dict[int, str]) -> TrialRecord:
    id, journey, step, firing, mark, metric, began, until, *later = row
    looked, decided, winner, certain, plain, wakes = later
    return TrialRecord(
        *(id, texts[journey], texts[step], firing, mark, metric, instant(began), instant(until)),
        *(instant_or_none(looked), instant_or_none(decided), winner),
        None if certain is None else bool(certain),
        () if plain is None else tuple(Tally(*one) for one in value_of(plain)),
        bool(wakes),
    )
