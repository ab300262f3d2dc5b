"""Coupon codes by pool. A code belongs to the enrollment, step and turn that took it, for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.core.case import Case
from engine.model.stock import Coupon
from engine.store.faults import StaleError
from engine.store.instants import instant, micros
from engine.store.link import Link, inserting, updating

#: Stands for a code that never expires; it comes after all others.
_NEVER = 2**62
#: So many codes are read at once.
_SOME = 200

_INSERT = inserting(
    "coupon", {"pool": "text", "code": "text", "expires_at": "bigint"}, "ON CONFLICT (pool, code) DO NOTHING"
)
_TAKE = updating(
    "coupon",
    {"enrollment": "bigint", "step": "integer", "iteration": "text"},
    {"id": "bigint"},
)


@dataclass(frozen=True, slots=True)
class Pool:
    """How a pool stands: codes that can be given, were given, and lapsed before anybody got them."""

    name: str
    left: int
    taken: int
    expired: int


def put(link: Link, pool: str, given: Sequence[Coupon]) -> int:
    """How many are new; a code that is there stays as it is, whoever has it."""
    codes = list(dict.fromkeys(coupon.code for coupon in given))
    by_code = {coupon.code: coupon for coupon in reversed(given)}
    marks = link.these(kind="text")
    sql = f"SELECT c.code FROM {marks} CROSS JOIN coupon c WHERE c.pool = ? AND c.code = k.value"
    known = {row[0] for row in link.rows(sql, link.pack(codes), pool)}
    new = [by_code[code] for code in codes if code not in known]
    rows = [(pool, one.code, _NEVER if one.expires_at is None else micros(one.expires_at)) for one in new]
    return link.run_many(_INSERT, rows)


def free(link: Link, pool: str, at: datetime) -> Iterator[Coupon]:
    """Codes of a pool that nobody has and that are good after `at`, those that lapse first before others."""
    after, last = micros(at), _NEVER  # past every id: who lapses at that very instant is passed over
    sql = (
        "SELECT id, code, expires_at FROM coupon WHERE pool = ? AND enrollment IS NULL "
        f"AND (expires_at, id) > (?, ?) ORDER BY expires_at, id LIMIT {_SOME}"
    )
    while rows := link.rows(sql, pool, after, last):
        for id, code, expires_at in rows:
            yield Coupon(id, code, None if expires_at == _NEVER else instant(expires_at))
        last, _, after = rows[-1]


def save(link: Link, cases: Sequence[Case], ids: Mapping[str, int]) -> None:
    """Write down who has which code. StaleError when another has it meanwhile, which the lock prevents."""
    rows = [
        (enrollment.id, ids[step], iteration, coupon.id)
        for case in cases
        for enrollment, step, iteration, coupon in case.taken
    ]
    if link.run_many(_TAKE, rows) != len(rows):
        raise StaleError("A code was taken by another worker in the meantime.", "Load the page again.")


def words_of(cases: Sequence[Case]) -> set[str]:
    """The names that their rows hold."""
    return {step for case in cases for _, step, _, _ in case.taken}


def pools(link: Link, now: datetime) -> list[Pool]:
    """All pools by name."""
    sql = (
        "SELECT pool, sum(CASE WHEN enrollment IS NULL AND expires_at > ? THEN 1 ELSE 0 END), "
        "count(enrollment), sum(CASE WHEN enrollment IS NULL AND expires_at <= ? THEN 1 ELSE 0 END) "
        "FROM coupon GROUP BY pool ORDER BY pool"
    )
    rows = link.rows(sql, micros(now), micros(now))
    return [Pool(name, int(left), int(taken), int(expired)) for name, left, taken, expired in rows]
