"""Moments: when a date of a contact comes, who was called by a schedule; and until when schedules fired.

A row of `moment` is taken away in the transaction in which its contact enters: it is the place at which a
crash is picked up again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from engine.core.case import Case, Moment
from engine.store import former
from engine.store.faults import StaleError
from engine.store.instants import instant, micros
from engine.store.link import Link, deleting, inserting
from engine.store.names import Names

_ROW = {"contact": "bigint", "clock": "integer", "at": "bigint", "key": "text"}
_INSERT = inserting("moment", _ROW, "ON CONFLICT (contact, clock, at) DO NOTHING")
_DELETE = deleting("moment", {"contact": "bigint", "clock": "integer", "at": "bigint"})

#: What was loaded of each contact, to write only what is different.
Loaded = dict[int, frozenset[Moment]]

DUE_MOMENTS = "SELECT contact FROM moment WHERE at <= ?"

# --- moments of contacts -----------------------------------------------------------------------


def load_moments(
    link: Link, cases: Mapping[int, Case], texts: Mapping[int, str], until: datetime | None
) -> Loaded:
    """Fill `moments` of the cases: all, or those due by then."""
    narrow = "" if until is None else "AND m.at <= ?"
    sql = (
        f"SELECT m.contact, m.clock, m.at, m.key FROM {link.these()} "
        f"CROSS JOIN moment m WHERE m.contact = k.value {narrow}"
    )
    for contact, clock, at, key in link.rows(
        sql, link.pack(cases), *([] if until is None else [micros(until)])
    ):
        cases[contact].moments.add(Moment(instant(at), texts[clock], key))
    return {key: frozenset(case.moments) for key, case in cases.items()}


def save_moments(link: Link, names: Names, cases: Sequence[Case], loaded: Loaded) -> None:
    """What is gone is deleted, what is new inserted."""
    pairs = [(case.key, case.moments, loaded.get(case.key, frozenset())) for case in cases]
    gone = [(key, moment) for key, now, before in pairs for moment in before - now]
    new = [(key, moment) for key, now, before in pairs for moment in now - before]
    if not gone and not new:
        return
    ids = names.ids(link, {moment.clock for _, moment in (*gone, *new)})
    link.run_many(_DELETE, [(key, ids[one.clock], micros(one.at)) for key, one in gone])
    link.run_many(_INSERT, [(key, ids[one.clock], micros(one.at), one.key) for key, one in new])
    loaded.update((key, frozenset(now)) for key, now, _ in pairs)


def drop_moments(link: Link, names: Names, clocks: Iterable[str]) -> int:
    """Forget the moments of clocks that are no more, or are to be worked out anew."""
    numbers = [names.find(link, clock) for clock in clocks]
    for number in numbers:
        link.run("DELETE FROM schedule WHERE clock = ?", number)
    return sum(link.run("DELETE FROM moment WHERE clock = ?", number) for number in numbers)


def next_of_clocks(link: Link, texts: Mapping[int, str]) -> dict[str, datetime]:
    """The next moment of any contact, by clock."""
    link.over_everything()
    rows = link.rows("SELECT clock, min(at) FROM moment GROUP BY clock")
    return {texts[clock]: instant(at) for clock, at in rows}


# --- schedules ---------------------------------------------------------------------------------


def load_schedules(link: Link, texts: Mapping[int, str]) -> dict[str, datetime]:
    """Until when each has fired."""
    return {texts[clock]: instant(at) for clock, at in link.rows("SELECT clock, fired_until FROM schedule")}


def begin_schedule(link: Link, names: Names, clock: str, at: datetime) -> None:
    """What would have fired before does not count. One that is known goes on as it was."""
    number = names.ids(link, [clock])[clock]
    sql = "INSERT INTO schedule (clock, fired_until) VALUES (?, ?) ON CONFLICT (clock) DO NOTHING"
    link.run(sql, number, micros(at))


def call(
    link: Link,
    names: Names,
    clock: str,
    before: datetime,
    at: datetime,
    called: Mapping[str, Collection[int]],
) -> None:
    """The schedule fired, and called these contacts, by what its firing is called where they live.

    StaleError when it has fired in the meantime: nobody is called twice.
    """
    number = names.find(link, clock)
    sql = "UPDATE schedule SET fired_until = ? WHERE clock = ? AND fired_until = ?"
    if link.run(sql, micros(at), number, micros(before)) != 1:
        raise StaleError(f"The schedule {clock} fired in the meantime.", "Look at it again.")
    former.hold(link)
    now = former.by_gone_key(link)  # who is called was read before this transaction
    for key, contacts in called.items():
        link.run_many(_INSERT, [(now.get(one, one), number, micros(at), key) for one in contacts])


def note_zones(link: Link, zones: Collection[str], now: datetime) -> None:
    """Contacts are in these time zones from now on, if none was before."""
    if zones:
        sql = (
            f"INSERT INTO zone (name, since) SELECT value, ? FROM {link.these(kind='text')} WHERE TRUE "
            "ON CONFLICT (name) DO NOTHING"
        )
        link.run(sql, micros(now), link.pack(sorted(zones)))


def zones(link: Link) -> dict[str, datetime]:
    """Every `timezone` that some contact has or had, as it is written, and since when."""
    return {name: instant(since) for name, since in link.rows("SELECT name, since FROM zone")}


def keys_in_zone(
    link: Link, zone: str | None, is_anywhere: bool, at: datetime, after: int, size: int
) -> list[int]:
    """A page of contacts that were there at an instant, in one zone or, with None, without any."""
    among = "TRUE" if is_anywhere else "c.timezone IS NULL" if zone is None else "c.timezone = ?"
    sql = (
        f"SELECT c.key FROM contact c WHERE {among} AND c.key > ? "
        "AND (c.created_at IS NULL OR c.created_at <= ?) ORDER BY c.key LIMIT ?"
    )
    given = [] if zone is None else [zone]
    return [row[0] for row in link.rows(sql, *given, after, micros(at), size)]
