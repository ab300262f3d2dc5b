"""The outbox: messages are released by a page, claimed by senders, and what became of them is recorded.

A message may be taken exactly while `next_try_at` is set. Whoever claimed it is named on the row, and only
that worker may say what became of it: one that was thought dead comes too late and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from msgspec import structs

from engine.core.case import Case
from engine.model.contact import Contact
from engine.model.journey import Status
from engine.model.message import Message, Sent, State
from engine.model.position import Enrollment
from engine.store import contacts, suppressions
from engine.store.instants import instant, instant_or_none, micros, micros_or_none
from engine.store.link import Link, Row, inserting
from engine.store.texts import mapping_of, text_or_none
from engine.store.versions import standing_of

OnUnsure = Literal["resend", "hold"]


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A message with what the sender did so far. `may_be_double`: the server may have it already."""

    message: Message
    attempts: int
    next_try_at: datetime | None
    claimed_by: str | None
    may_be_double: bool
    reply: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What the last question before DATA reads, all in one transaction."""

    message: Message
    contact: Contact
    attempts: int
    claimed_by: str | None
    left_reason: str | None  # None while the enrollment runs
    journey_status: Status | None  # of file and command the stricter; None for a journey never applied


@dataclass(frozen=True, slots=True)
class MessageUpdate:
    """What became of a message. `next_try_at` is for ready and deferred ones; None means at once.

    Subject and reply keep their old value where None is given. `is_attempt` counts one more try.
    """

    id: int
    state: State
    reason: str | None = None
    next_try_at: datetime | None = None
    subject: str | None = None
    reply: str | None = None
    is_attempt: bool = False
    rests: bool = False  # not to be taken until `wake`, whatever its state


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found in the hands of workers that are gone."""

    given_back: int  # claimed, now ready again
    unsure: int  # were being handed over; the server may have them
    resent: int  # of those, how many go out again under the same Message-ID


# --- release -----------------------------------------------------------------------------------

_INSERT = inserting(
    "message",
    {
        "contact": "bigint",
        "enrollment": "bigint",
        "journey": "integer",
        "version": "integer",
        "step": "integer",
        "iteration": "text",
        "entry_key": "text",
        "channel": "text",
        "state": "text",
        "reason": "text",
        "at": "bigint",
        "recipient": "text",
        "message_id": "text",
        "topic": "text",
        "is_transactional": "boolean",
        "template_values": "text",
        "late_at": "bigint",
        "quiet_hours": "text",
        "zone": "text",
        "subject": "text",
        "attempts": "integer",
        "next_try_at": "bigint",
        "may_be_double": "boolean",
        "changed_at": "bigint",
    },
)


def words_of(cases: Sequence[Case]) -> set[str]:
    """The names that the rows of their messages hold."""
    return {word for case in cases for _, m in case.messages for word in (m.journey, m.version, m.step)}


def rows_of(cases: Sequence[Case], ids: Mapping[str, int], now: datetime) -> list[Row]:
    """After the enrollments were written, whose ids are needed."""
    at = micros(now)
    return [_row(case.key, enrollment, m, ids, at) for case in cases for enrollment, m in case.messages]


def insert(link: Link, rows: Sequence[Row]) -> None:
    """A second release of the same step is refused as stale."""
    link.run_many(_INSERT, rows)


def _row(key: int, enrollment: Enrollment, message: Message, ids: Mapping[str, int], now: int) -> Row:
    message.enrollment_id = enrollment.id
    at = micros(message.at)
    return (
        key,
        enrollment.id,
        ids[message.journey],
        ids[message.version],
        ids[message.step],
        message.iteration,
        message.entry_key,
        message.channel,
        message.state,
        message.reason,
        at,
        message.to,
        message.message_id,
        message.topic,
        message.transactional,
        text_or_none(message.values),
        micros_or_none(message.late_at),
        message.quiet_hours,
        message.zone,
        message.subject,
        0,
        at if message.state in ("ready", "deferred") else None,
        False,
        now,
    )


# --- read --------------------------------------------------------------------------------------

_MESSAGE = (
    "c.id, m.enrollment, m.journey, m.version, m.step, m.iteration, m.entry_key, m.channel, m.state, "
    "m.reason, m.at, m.recipient, m.message_id, m.topic, m.is_transactional, m.template_values, m.late_at, "
    "m.quiet_hours, m.zone, m.subject, m.id, m.attempts, m.next_try_at, m.claimed_by, m.may_be_double, "
    "m.reply, m.changed_at"
)


def _message_of(row: Row, texts: dict[int, str]) -> Message:
    (contact_id, enrollment, journey, version, step, iteration, entry_key, channel, state, reason) = row[:10]
    (at, to, message_id, topic, is_transactional, values, late_at) = row[10:17]
    (quiet_hours, zone, subject, id) = row[17:21]
    return Message(
        contact_id,
        texts[journey],
        texts[version],
        texts[step],
        iteration,
        channel,
        state,
        reason,
        instant(at),
        to,
        message_id,
        topic,
        bool(is_transactional),
        mapping_of(values),
        instant_or_none(late_at),
        quiet_hours,
        zone,
        subject,
        id,
        enrollment,
        entry_key,
    )


def _item_of(row: Row, texts: dict[int, str]) -> OutboxItem:
    attempts, next_try_at, claimed_by, may_be_double, reply, changed_at = row[21:27]
    return OutboxItem(
        _message_of(row, texts),
        attempts,
        instant_or_none(next_try_at),
        claimed_by,
        bool(may_be_double),
        reply,
        instant(changed_at),
    )


def load_items(
    link: Link, texts: dict[int, str], narrow: Sequence[tuple[str, Any]], limit: int
) -> list[OutboxItem]:
    """Newest first; `narrow` holds conditions with one value each."""
    where = " AND ".join(condition for condition, _ in narrow) or "1 = 1"
    sql = (
        f"SELECT {_MESSAGE} FROM message m JOIN contact c ON c.key = m.contact WHERE {where} "
        "ORDER BY m.id DESC LIMIT ?"
    )
    return [_item_of(row, texts) for row in link.rows(sql, *(value for _, value in narrow), limit)]


#: How far back a message is looked for that is only known by name: there is no index, which every release
#: would have to pay for; return paths name the row itself.
_RECENT = 2_000_000
_IS_RECENT = "m.id > (SELECT coalesce(max(id), 0) - ? FROM message)"


def load_called(link: Link, texts: dict[int, str], message_ids: Collection[str]) -> list[OutboxItem]:
    """By Message-ID, among the recent ones."""
    sql = (
        f"SELECT {_MESSAGE} FROM message m JOIN contact c ON c.key = m.contact "
        f"WHERE m.message_id IN (SELECT value FROM {link.these(kind='text')}) AND {_IS_RECENT}"
    )
    rows = link.rows(sql, link.pack(sorted(message_ids)), _RECENT) if message_ids else []
    return [_item_of(row, texts) for row in rows]


def load_newest_to(link: Link, texts: dict[int, str], addresses: Collection[str]) -> list[OutboxItem]:
    """The last mail that was sent to each of these addresses, in small letters, among the recent ones."""
    sql = (
        f"SELECT max(m.id) FROM message m WHERE lower(m.recipient) IN (SELECT value FROM "
        f"{link.these(kind='text')}) AND m.channel = 'email' AND m.state IN ('sent', 'unsure', 'bounced') "
        f"AND {_IS_RECENT} GROUP BY lower(m.recipient)"
    )
    rows = link.rows(sql, link.pack(sorted(addresses)), _RECENT) if addresses else []
    return load_by_ids(link, texts, sorted(row[0] for row in rows))


def load_after(link: Link, texts: dict[int, str], id: int, size: int) -> list[tuple[int, OutboxItem]]:
    """The next messages of all, in order of release."""
    sql = (
        f"SELECT {_MESSAGE} FROM message m JOIN contact c ON c.key = m.contact WHERE m.id > ? "
        "ORDER BY m.id LIMIT ?"
    )
    return [(row[20], _item_of(row, texts)) for row in link.rows(sql, id, size)]


def load_released(
    link: Link, enrollments: Collection[int], texts: dict[int, str]
) -> dict[int, list[tuple[str, str]]]:
    """(step, iteration) of every message, by enrollment."""
    sql = (
        f"SELECT m.enrollment, m.step, m.iteration FROM {link.these()} CROSS JOIN message m "
        f"WHERE m.enrollment = k.value{link.order('m.enrollment, m.id')}"
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for enrollment, step, iteration in link.rows(sql, link.pack(enrollments)):
        found.setdefault(enrollment, []).append((texts[step], iteration))
    return found


def load_looks(link: Link, ids: Collection[int], texts: dict[int, str]) -> dict[int, Look]:
    """Locks the contacts, so that an unsubscribe comes either before or after, never between."""
    of = f"SELECT DISTINCT m.contact FROM {link.these()} CROSS JOIN message m WHERE m.id = k.value"
    contacts.lock(link, [row[0] for row in link.rows(of, link.pack(ids))])
    sql = (
        f"SELECT {_MESSAGE}, {contacts.COLUMNS}, e.reason, e.left_at, j.status, j.held, "
        f"EXISTS (SELECT 1 FROM suppression) FROM {link.these()} "
        "CROSS JOIN message m JOIN contact c ON c.key = m.contact JOIN enrollment e ON e.id = m.enrollment "
        "JOIN name n ON n.id = m.journey LEFT JOIN journey j ON j.id = n.text WHERE m.id = k.value"
    )
    rows = link.rows(sql, link.pack(ids))
    looks = [_look_of(row, texts) for row in rows]
    if rows and rows[0][-1]:
        looks = _by_the_list(link, looks)
    return {look.message.id or 0: look for look in looks}


def _by_the_list(link: Link, looks: Sequence[Look]) -> list[Look]:
    """What the suppression list says of the very addresses; the contact's row may know others, or be late."""
    theirs = {(look.message.channel, look.message.to or "") for look in looks}
    found = suppressions.reasons(link, theirs)
    if not found:
        return list(looks)
    return [
        look if reason is None else replace(look, contact=_suppressed(look, reason))
        for look in looks
        for reason in [found.get((look.message.channel, look.message.to or ""))]
    ]


def _suppressed(look: Look, reason: str) -> Contact:
    known = look.contact
    return structs.replace(known, suppressed={**known.suppressed, look.message.channel: reason})


def _look_of(row: Row, texts: dict[int, str]) -> Look:
    reason, left_at, status, held = row[-5:-1]
    return Look(
        _message_of(row, texts),
        contacts.contact_of(row[-5 - contacts.WIDTH : -5]),
        row[21],
        row[23],
        None if left_at is None else reason or "left",
        None if status is None else standing_of(status, held),
    )


# --- what the contact was sent ------------------------------------------------------------------

_SENT = (
    "m.contact, m.at, m.journey, m.step, m.channel, m.topic, m.is_transactional, "
    "CASE WHEN m.is_transactional THEN m.template_values END"
)


def load_sent(link: Link, cases: Mapping[int, Case], since: datetime, texts: dict[int, str]) -> None:
    """The messages released to the contacts after an instant, in order of release.

    Whatever became of them later: a time until which it may first be tried is given to what is released, and
    to nothing else. Mail to staff is none of theirs.
    """
    sql = (
        f"SELECT {_SENT} FROM {link.these()} CROSS JOIN message m WHERE m.contact = k.value AND m.at > ? "
        "AND m.late_at IS NOT NULL AND m.state NOT IN ('held_out', 'draft') ORDER BY m.contact, m.at, m.id"
    )
    for row in link.rows(sql, link.pack(cases), micros(since)):
        contact, at, journey, step, channel, topic, is_transactional, values = row
        if not mapping_of(values).get("_", {}).get("staff"):
            sent = Sent(instant(at), texts[journey], texts[step], channel, topic, not is_transactional)
            cases[contact].sent.append(sent)


# --- send --------------------------------------------------------------------------------------


def claim(
    link: Link, texts: dict[int, str], now: datetime, worker: str, limit: int, channel: str | None = None
) -> list[OutboxItem]:
    """Take what has waited longest, of one channel or of all; returned in order of id."""
    narrow, more = ("", ()) if channel is None else (" AND channel = ?", (channel,))
    skip = "FOR UPDATE SKIP LOCKED" if link.is_postgres else ""
    taken = link.rows(
        "UPDATE message SET state = 'claimed', claimed_by = ?, next_try_at = NULL, changed_at = ? "
        "WHERE id IN (SELECT id FROM message WHERE next_try_at <= ?"
        f"{narrow} ORDER BY next_try_at, id LIMIT ? {skip}) RETURNING id",
        worker,
        micros(now),
        micros(now),
        *more,
        limit,
    )
    return load_by_ids(link, texts, sorted(row[0] for row in taken))


def load_by_ids(link: Link, texts: dict[int, str], ids: Sequence[int]) -> list[OutboxItem]:
    """In order of id."""
    sql = (
        f"SELECT {_MESSAGE} FROM {link.these()} CROSS JOIN message m JOIN contact c ON c.key = m.contact "
        "WHERE m.id = k.value ORDER BY m.id"
    )
    return [_item_of(row, texts) for row in link.rows(sql, link.pack(ids))]


def count_due(link: Link, now: datetime) -> int:
    """How many may be taken."""
    return int(link.value("SELECT count(*) FROM message WHERE next_try_at <= ?", micros(now)))


def waiting_channels(link: Link) -> frozenset[str]:
    """The channels of all that is to leave, now or later."""
    sql = "SELECT DISTINCT channel FROM message WHERE next_try_at IS NOT NULL"
    return frozenset(row[0] for row in link.rows(sql))


def next_try(link: Link) -> datetime | None:
    """When the next may be taken."""
    return instant_or_none(link.value("SELECT min(next_try_at) FROM message WHERE next_try_at IS NOT NULL"))


_MARK = (
    "UPDATE message SET state = ?, reason = ?, next_try_at = ?, subject = coalesce(?, subject), "
    "reply = coalesce(?, reply), attempts = attempts + ?, "
    "claimed_by = CASE WHEN ? = 1 THEN claimed_by ELSE NULL END, changed_at = ? WHERE id = ?"
)


def mark(link: Link, updates: Sequence[MessageUpdate], now: datetime, worker: str | None) -> set[int]:
    """Write what became of messages; the ids written. With a worker, only of those still in its hands."""
    guard, more = ("", ()) if worker is None else (" AND claimed_by = ?", (worker,))
    return {
        update.id
        for update in sorted(updates, key=lambda update: update.id)
        if link.run(_MARK + guard, *_marks(update, now), *more)
    }


def _marks(update: MessageUpdate, now: datetime) -> Row:
    is_to_try = update.state in ("ready", "deferred") and not update.rests
    return (
        update.state,
        update.reason,
        micros(update.next_try_at or now) if is_to_try else None,
        update.subject,
        update.reply,
        int(update.is_attempt),
        int(update.state in ("claimed", "in_data")),
        micros(now),
        update.id,
    )


def readdress(link: Link, contact: int, channel: str, before: str, address: str, now: datetime) -> None:
    """What is still to go to an address of the contact goes to another; what a sender has in hand is taken
    from it, unless it is on its way."""
    link.run(
        "UPDATE message SET recipient = ?, changed_at = ?, claimed_by = NULL, "
        "next_try_at = CASE WHEN state = 'claimed' THEN ? ELSE next_try_at END, "
        "state = CASE WHEN state = 'claimed' THEN 'ready' ELSE state END "
        "WHERE contact = ? AND channel = ? AND recipient = ? AND state IN ('ready', 'claimed', 'deferred')",
        *(address, micros(now), micros(now), contact, channel, before),
    )


def wake(link: Link, journey: int, now: datetime) -> int:
    """The journey is paused no more: its messages that rest may be taken again. How many they were."""
    return link.run(
        "UPDATE message SET state = 'ready', reason = NULL, next_try_at = ?, changed_at = ? "
        "WHERE journey = ? AND state = 'deferred' AND next_try_at IS NULL",
        *(micros(now), micros(now), journey),
    )


# --- recovery ----------------------------------------------------------------------------------


def recover(link: Link, alive: set[str] | None, now: datetime, on_unsure: OnUnsure) -> Recovered:
    """Of workers not among the living (None: nobody lives): what was claimed is given back, what was being
    handed over is unsure, and with `resend` goes out again under the same Message-ID."""
    sql = "SELECT DISTINCT claimed_by FROM message WHERE claimed_by IS NOT NULL"
    gone = {row[0] for row in link.rows(sql)} - (alive or set())
    counts = [_recover_worker(link, worker, micros(now), on_unsure) for worker in sorted(gone)]
    given_back, unsure = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    return Recovered(given_back, unsure, unsure if on_unsure == "resend" else 0)


def _recover_worker(link: Link, worker: str, now: int, on_unsure: OnUnsure) -> tuple[int, int]:
    whose = "claimed_by = NULL, changed_at = ? WHERE claimed_by = ? AND state = ?"
    again = f"UPDATE message SET state = 'ready', next_try_at = ?, {whose}"
    given_back = link.run(again, now, now, worker, "claimed")
    if on_unsure == "resend":
        double = f"UPDATE message SET state = 'ready', may_be_double = ?, next_try_at = ?, {whose}"
        return given_back, link.run(double, True, now, now, worker, "in_data")
    held = f"UPDATE message SET state = 'unsure', reason = 'crash_after_data', {whose}"
    return given_back, link.run(held, now, worker, "in_data")
