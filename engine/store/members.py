"""Who is in which segment as last seen, and when to look again although nothing happened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from engine.core.case import Case, Membership
from engine.store.instants import instant_or_none, micros, micros_or_none
from engine.store.link import Link, deleting, inserting
from engine.store.names import Names

_UPSERT = inserting(
    "segment_member",
    {"contact": "bigint", "segment": "integer", "is_member": "boolean", "look_at": "bigint"},
    "ON CONFLICT (contact, segment) DO UPDATE SET is_member = excluded.is_member, look_at = excluded.look_at",
)
_DELETE = deleting("segment_member", {"contact": "bigint", "segment": "integer"})


def load_members(link: Link, cases: dict[int, Case], texts: dict[int, str]) -> None:
    """Fill `members` of the cases."""
    sql = (
        f"SELECT m.contact, m.segment, m.is_member, m.look_at FROM {link.these()} "
        "CROSS JOIN segment_member m WHERE m.contact = k.value"
    )
    for contact, segment, is_member, look_at in link.rows(sql, link.pack(cases)):
        cases[contact].members[texts[segment]] = Membership(bool(is_member), instant_or_none(look_at))


def looks_due(link: Link, keys: Collection[int], now: datetime) -> set[int]:
    """The contacts among these with a look that is due."""
    sql = (
        f"SELECT DISTINCT m.contact FROM {link.these()} CROSS JOIN segment_member m "
        "WHERE m.contact = k.value AND m.look_at <= ?"
    )
    return {row[0] for row in link.rows(sql, link.pack(keys), micros(now))}


def save_members(
    link: Link, names: Names, cases: Sequence[Case], loaded: Mapping[int, Collection[str]]
) -> None:
    """Of the cases whose memberships changed. What was loaded and is there no more is deleted."""
    changed = [case for case in cases if case.are_members_changed]
    gone = [
        (case.key, segment)
        for case in changed
        for segment in loaded.get(case.key, ())
        if segment not in case.members
    ]
    kept = {segment for case in changed for segment in case.members}
    ids = names.ids(link, kept | {segment for _, segment in gone})
    link.run_many(_DELETE, [(key, ids[segment]) for key, segment in gone])
    rows = [
        (case.key, ids[segment], member.is_member, micros_or_none(member.look_at))
        for case in changed
        for segment, member in case.members.items()
    ]
    link.run_many(_UPSERT, rows)


def drop_segments(link: Link, names: Names, segments: Iterable[str]) -> int:
    """A segment that is gone must not ask to be looked at for ever."""
    return sum(
        link.run("DELETE FROM segment_member WHERE segment = ?", names.find(link, segment))
        for segment in segments
    )
