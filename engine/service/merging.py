"""Merging two contacts that are one person: all of it in one transaction, and told to whoever asks later.

The one that goes keeps nothing of its own; its id answers for the other for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.core.advance import Instant
from engine.core.case import Case, TraceEntry
from engine.core.merging import ANSWERS, part_with_doubles, sent_twice, settle, united
from engine.errors import MissingError, RefusedError
from engine.model.contact import Contact
from engine.model.event import RELEASED, Event
from engine.model.position import Enrollment
from engine.model.trace import TraceLine
from engine.service.also import Also, nothing
from engine.service.running import Running, under_newest
from engine.service.set_aside import held_back, tell, words_of
from engine.store.database import Store
from engine.store.outbox import MessageUpdate
from engine.store.pages import Page


class MergeError(RefusedError):
    """Two contacts cannot be merged as things are."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of it. `one` and `into` are the ids that the two went by; `came` counts what came along.

    `left` are the enrollments that made place for the other's, `dropped` counts what is not sent twice.
    """

    one: str
    into: str
    is_news: bool = True
    came: dict[str, int] = field(default_factory=dict)
    left: tuple[Enrollment, ...] = ()
    dropped: int = 0


class _TakeBack(Exception):
    """No error: ends a transaction that was only tried."""


def merge(
    store: Store,
    running: Running,
    one: str,
    into: str,
    by: str,
    now: datetime,
    *,
    is_dry: bool = False,
    also: Also[Merged] = nothing,
) -> Merged:
    """By command. MissingError where one of them is not known; nothing is done where they are one already."""
    for id in (one, into):
        if id not in store.keys([id]):
            raise MissingError(f"there is no contact `{id}`", "Its id is the shop's, as it was imported.")
    if one == into:
        raise RefusedError(f"`{one}` is one contact already", "Name two: the one that goes, then who stays.")

    def work(running: Running) -> Merged:
        done: list[Merged] = []
        try:
            with store.page("merge") as page:
                running.require_newest(page)
                done.append(merge_into(page, running, one, into, by, now))
                also(page, done[0])
                if is_dry:
                    raise _TakeBack
        except _TakeBack:
            pass
        return done[0]

    return under_newest(running, work)


def merge_into(
    page: Page,
    running: Running,
    one: str,
    into: str,
    by: str,
    now: datetime,
    *,
    unless_addresses_differ: bool = False,
) -> Merged:
    """The same inside a transaction of the caller's. Both ids may be ones that they had before.

    Raises MergeError, and has changed nothing then.
    """
    keys = page.contacts([one, into], now)
    if keys[one] == keys[into]:
        return Merged(one, into, is_news=False)
    cases = {case.key: case for case in _load(page, running, list(keys.values()), now)}
    goes, stays = cases[keys[one]], cases[keys[into]]
    if unless_addresses_differ:
        _refuse_two_addresses(goes.contact, stays.contact)
    _refuse_what_cannot_be_read(goes, stays, running)
    said = {case.key: page.consents(case.key) for case in (goes, stays)}
    person, came = united(stays, goes, said), page.rows_of(goes.key)
    did = {"into": _events_of(stays), "other": _events_of(goes)}
    was = {enrollment.id for enrollment in stays.enrollments if enrollment.id is not None}
    told, dropped = _without_doubles(page, running, goes, stays, now)
    with held_back(goes, running.unreadable), held_back(stays, running.unreadable):
        serials = part_with_doubles(stays, goes, running.world, now)
    left = tuple(
        e for case in (goes, stays) for e in case.enrollments if e.reason == "merged" and e.is_changed
    )
    page.save(sorted((goes, stays), key=lambda case: case.key), now)
    done = Merged(goes.contact.id, stays.contact.id, True, came, left, dropped)
    key = page.merge(goes, stays, person, serials, now, by, running.world.policy.topics)
    told.append(TraceEntry("", None, TraceLine(now, "", "merged", _in_words(done, by))))
    taken_over = [one for one, why in person.suppressed.items() if stays.contact.suppressed.get(one) != why]
    blocked = dict.fromkeys(taken_over, f"merged with {done.one}")
    _settle(page, running, key, did, was, told, blocked, now)
    return done


def _load(page: Page, running: Running, keys: Sequence[int], now: datetime) -> list[Case]:
    """With everything that may be asked, the events of exits and goals, and when topics were answered."""
    reach = running.reach(now)
    reach["events"] |= running.world.heard.union(ANSWERS) - {RELEASED}
    return page.load(keys, now=now, **reach, everything=True)


def _events_of(case: Case) -> list[Event]:
    return [event for events in case.history.values() for event in events]


def _refuse_two_addresses(one: Contact, other: Contact) -> None:
    if one.email is not None and other.email is not None and one.email.lower() != other.email.lower():
        raise MergeError(
            f"`{one.id}` and `{other.id}` have addresses of their own, so an identify does not merge them",
            "If they are one person, send an alias, or use `journeys contact merge`.",
        )


def _refuse_what_cannot_be_read(goes: Case, stays: Case, running: Running) -> None:
    """Whether a journey lets people in twice is known only of those that this release can read."""
    inside = {(e.journey, e.entry_key) for e in stays.running()}
    for enrollment in goes.running():
        is_unread = {enrollment.journey, enrollment.version} & running.unreadable
        if is_unread and (enrollment.journey, enrollment.entry_key) in inside:
            raise MergeError(
                f"`{goes.contact.id}` and `{stays.contact.id}` are both in `{enrollment.journey}`, "
                "which this release cannot read, so they are not merged",
                "Mend and apply it, then merge them again.",
            )


def _without_doubles(
    page: Page, running: Running, goes: Case, stays: Case, now: datetime
) -> tuple[list[TraceEntry], int]:
    """What is still to go to both goes once. The lines that tell so, and how many messages they are."""
    enrollments = {e.id or 0: e for case in (goes, stays) for e in page.enrollments(case.key)}
    messages = [*page.messages(goes.key), *page.messages(stays.key)]
    began = {id: enrollment.entered_at for id, enrollment in enrollments.items()}
    told: list[TraceEntry] = []
    updates: list[MessageUpdate] = []
    for message, twin in sent_twice(messages, began, running.world):
        words = f"the same one goes to them as `{twin.contact_id}`"
        updates.append(MessageUpdate(message.id or 0, "dropped", "merged", reply=words))
        line = TraceLine(now, message.step, "dropped", f"merged: {words}")
        told.append(TraceEntry(message.journey, enrollments.get(message.enrollment_id or 0), line))
    page.mark(updates, now)
    return told, len(updates)


def _in_words(done: Merged, by: str) -> str:
    return f"`{done.one}` is this contact from now on, by {by}; {came_along(done)}"


def came_along(done: Merged) -> str:
    """`3 events, 1 enrollment and 2 messages came along`."""
    counts = [f"{n:,} {name if n != 1 else name[:-1]}" for name, n in done.came.items()]
    return f"{', '.join(counts[:-1])} and {counts[-1]} came along"


def _settle(
    page: Page,
    running: Running,
    key: int,
    did: dict[str, list[Event]],
    was: set[int],
    told: list[TraceEntry],
    blocked: dict[str, str],
    now: datetime,
) -> None:
    """What follows for the one person. Where that breaks, they are merged all the same, and it is told."""
    (case,) = _load(page, running, [key], now)
    try:
        with held_back(case, running.unreadable):
            settle(case, running.world, Instant(now, now), did, was)
    except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
        tell([(case.contact.id, error)])
        (case,) = _load(page, running, [key], now)
        line = TraceLine(
            now, "", "warned", f"what follows from the merge was not worked on: {words_of(error)}"
        )
        case.traces.append(TraceEntry("", None, line))
    case.traces[:0] = told
    case.blocked.update(blocked)  # its own addresses go on the list too
    page.save([case], now)
