"""What did not leave: messages at rest with a reason, counted by cause, and taken up again by command."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from engine.model.message import State
from engine.model.trace import TraceLine
from engine.store.instants import instant, micros
from engine.store.link import Link, Row, inserting
from engine.store.texts import text_of

#: What did not arrive, and may yet. What the other side put off is tried again by itself.
TROUBLED: tuple[State, ...] = ("failed", "bounced", "unsure", "deferred")

_PAGE = 1_000

#: An index holds the first three; of the last, those that rest in a pause are in no trouble.
_AT_REST = "state IN ('failed', 'bounced', 'unsure')"
_PUT_OFF = "state = 'deferred' AND next_try_at IS NOT NULL AND attempts > 0"

_TRACE = inserting(
    "trace",
    {"contact": "bigint", "enrollment": "bigint", "journey": "integer", "at": "bigint", "lines": "text"},
)


class Cause(NamedTuple):
    """Why a message did not leave; `reply` is what the other side, or we, said of it."""

    journey: str
    step: str
    channel: str
    state: State
    reason: str | None
    reply: str | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Messages of one cause; `message` is the newest of them."""

    cause: Cause
    count: int
    first_at: datetime
    last_at: datetime
    message: int


@dataclass(frozen=True, slots=True)
class ByHand:
    """What somebody decides about messages: from which states, to which, and what their trace will say."""

    states: tuple[State, ...]
    to: State
    words: str
    may_be_double: bool = False  # the other side may have them already


def load_troubles(link: Link, texts: dict[int, str]) -> list[Trouble]:
    """All that is in trouble now."""
    found: list[Trouble] = []
    for where in (_AT_REST, _PUT_OFF):
        sql = (
            "SELECT journey, step, channel, state, reason, reply, count(*), min(changed_at), "
            f"max(changed_at), max(id) FROM message WHERE {where} GROUP BY 1, 2, 3, 4, 5, 6"
        )
        for *cause, count, first, last, message in link.rows(sql):
            trouble = Trouble(_cause(cause, texts), count, instant(first), instant(last), message)
            found.append(trouble)
    return found


def _cause(row: Sequence[object], texts: dict[int, str]) -> Cause:
    journey, step, *rest = row
    return Cause(texts[journey], texts[step], *rest)  # type: ignore[index, arg-type]  # columns, in order


def load_troubled(link: Link, texts: dict[int, str], after: int) -> list[tuple[int, Cause]]:
    """A page of the messages in trouble behind an id, in order."""
    sql = (
        "SELECT id, journey, step, channel, state, reason, reply FROM message "
        f"WHERE ({_AT_REST} OR ({_PUT_OFF})) AND id > ? ORDER BY id LIMIT ?"
    )
    return [(id, _cause(cause, texts)) for id, *cause in link.rows(sql, after, _PAGE)]


def decide(
    link: Link, texts: dict[int, str], ids: Collection[int], act: ByHand, now: datetime
) -> Iterator[tuple[int, str, str]]:
    """Do it to those of the messages that are in such a state, with a line in the trace of each.

    Answers their (id, journey, step).
    """
    at = micros(now)
    among = ", ".join(f"'{state}'" for state in act.states)
    changed = link.rows(
        "UPDATE message SET state = ?, reason = NULL, next_try_at = ?, claimed_by = NULL, "
        "may_be_double = CASE WHEN ? = 1 THEN ? ELSE may_be_double END, changed_at = ? "
        f"WHERE state IN ({among}) AND (state <> 'deferred' OR next_try_at IS NOT NULL) "
        f"AND id IN (SELECT value FROM {link.these()}) RETURNING id, contact, enrollment, journey, step",
        *(act.to, at if act.to == "ready" else None, int(act.may_be_double), True, at, link.pack(ids)),
    )
    link.run_many(_TRACE, [_traced(row, texts, act, now) for row in sorted(changed)])
    return ((id, texts[journey], texts[step]) for id, _, _, journey, step in changed)


def _traced(row: Row, texts: dict[int, str], act: ByHand, now: datetime) -> Row:
    _, contact, enrollment, journey, step = row
    line = TraceLine(now, texts[step], "by_hand", act.words)
    lines = text_of([[micros(line.at), line.step, line.did, line.why]])
    return contact, enrollment, journey, micros(now), lines


def renew(link: Link, ids: Collection[int], version: int) -> None:
    """From now on they are made by another version of their journey."""
    sql = f"UPDATE message SET version = ? WHERE id IN (SELECT value FROM {link.these()})"
    link.run(sql, version, link.pack(ids))
