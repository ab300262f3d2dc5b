"""The inbox: what comes in over HTTP is stored in groups, and everybody hears of the commit of their own.

While one transaction is under way the next batches queue up, and all of them are in the next one: alone a
batch waits for one commit, under load hundreds share it. The queue is bounded; past that, callers wait.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.errors import JourneysError
from engine.intake.lines import Identified
from engine.intake.requests import Anonymous, Batch, Linked, Rejected
from engine.model.contact import Contact
from engine.model.event import Event
from engine.service.erased import keep_count, without_erased
from engine.service.merging import MergeError, merge_into
from engine.service.running import Running, under_newest
from engine.service.take import Taken, as_event, take_into
from engine.store.anonymous import Stranger
from engine.store.counters import Figure
from engine.store.database import Store
from engine.store.pages import Page

#: What stands in a batch.
Entry = Event | Identified | Linked | Anonymous

#: Items of one transaction, and those that may wait: some two seconds of work.
_PAGE, _WAITING = 2_000, 20_000

#: Bytes that may wait, as they came; what is made of them takes several times as much.
_WAITING_BYTES = 16 * 1024 * 1024


class BusyError(JourneysError):
    """More waits than can be stored soon."""


@dataclass(slots=True)
class _Waiting:
    batch: Batch
    source: str
    answer: asyncio.Future[Taken]
    bytes: int = 0

    @property
    def size(self) -> int:
        return len(self.batch.entries) + len(self.batch.rejected)


@dataclass(slots=True)
class Inbox:
    """One for each daemon. `wake` is called after events that may have made somebody move."""

    store: Store
    running: Callable[[], Running]
    now: Callable[[], datetime]
    wake: Callable[[], None] = lambda: None
    _queue: deque[_Waiting] = field(default_factory=deque)
    counts: Counter[str] = field(default_factory=Counter)  # items by what became of them
    waiting: int = 0
    waiting_bytes: int = 0
    _task: asyncio.Task[None] | None = None

    async def put(self, batch: Batch, source: str, size: int = 0) -> Taken:
        """Store a batch of so many bytes; returns when it is durable. Raises BusyError, and what the database
        does."""
        if self.waiting > _WAITING or self.waiting_bytes > _WAITING_BYTES:
            raise BusyError("too much is waiting to be stored", "Send it again in a few seconds.")
        one = _Waiting(batch, source, asyncio.get_running_loop().create_future(), size)
        self._queue.append(one)
        self.waiting += one.size
        self.waiting_bytes += one.bytes
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        return await one.answer

    async def _work(self) -> None:
        try:
            while self._queue:
                group = self._next_group()
                try:
                    await self._store(group)
                finally:
                    self.waiting -= sum(one.size for one in group)
                    self.waiting_bytes -= sum(one.bytes for one in group)
        finally:
            self._task = None

    def _next_group(self) -> list[_Waiting]:
        group, size = [self._queue.popleft()], 0
        size += group[0].size
        while self._queue and size + self._queue[0].size <= _PAGE:
            group.append(self._queue.popleft())
            size += group[-1].size
        return group

    async def _store(self, group: list[_Waiting]) -> None:
        """All in one transaction; if that fails, each by itself, so that nobody fails for another's sake."""
        try:
            done = await asyncio.to_thread(self._commit, group)
        except Exception as error:  # noqa: BLE001  # those who wait must hear of it
            if len(group) == 1:
                _answer(group[0], error)
                return
            for one in group:
                await self._store([one])
            return
        for one in group:
            _answer(one, done)
        self._count(group, done)
        if done.is_urgent:
            self.wake()

    def _count(self, group: Sequence[_Waiting], done: Taken) -> None:
        told = {"event": done.events, "change": done.changes, "duplicate": done.duplicates}
        rejected = sum(len(one.batch.rejected) for one in group)
        self.counts.update({**told, "rejected": rejected + done.refused})

    def _commit(self, group: Sequence[_Waiting]) -> Taken:
        now = self.now()

        def work(running: Running) -> Taken:
            with self.store.page("take") as page:
                running.require_newest(page)
                entries = [entry for one in group for entry in one.batch.entries]
                admitted = group
                if page.meets_erased(_person_of(entry) for entry in entries):
                    admitted = [_without_erased(page, one, now) for one in group]
                _lock_together(page, [entry for one in admitted for entry in one.batch.entries], now)
                items: list[Event | Identified] = []
                for one in admitted:
                    items += _resolved(page, running, one, now)
                taken = take_into(page, running, items, now)
                if figures := _summed(group):
                    page.count(figures)
                return taken

        return under_newest(self.running(), work)


def _without_erased(page: Page, one: _Waiting, now: datetime) -> _Waiting:
    """The same without what is about erased people. Each batch by itself: one may let somebody in again."""
    admitted = without_erased(page, one.batch.entries, _person_of)
    keep_count(page, len(one.batch.entries) - len(admitted), one.source, now)
    return replace(one, batch=replace(one.batch, entries=admitted))


def _summed(group: Sequence[_Waiting]) -> Counter[Figure]:
    """What the batches of sources are counted by."""
    figures: Counter[Figure] = Counter()
    for one in group:
        if one.batch.figures:
            figures.update(one.batch.figures)
    return figures


def _answer(one: _Waiting, what: Taken | Exception) -> None:
    if one.answer.done():  # whoever asked has gone
        return
    if isinstance(what, Exception):
        one.answer.set_exception(what)
    else:
        one.answer.set_result(what)


def _lock_together(page: Page, entries: Sequence[Entry], now: datetime) -> None:
    """Where contacts may be merged, everybody of the group is locked at once, in order: two groups that come
    to each other's contacts one by one would wait for each other. It also makes those who are new."""
    stated = [one for one in entries if isinstance(one, Linked) and one.is_stated]
    if stated:
        ids = {one.contact_id for one in entries if not isinstance(one, Anonymous)}
        page.contacts(ids | set(page.known_contacts({one.anonymous_id for one in stated})), now)


def _person_of(entry: Entry) -> Contact:
    """Whom an entry is about, with what it says of them."""
    match entry:
        case Identified():
            return entry.traits
        case Anonymous(_, Identified(traits=traits)):
            return traits
        case Anonymous():
            return Contact(entry.anonymous_id)
        case _:
            return Contact(entry.contact_id)


def _from(source: str, entry: Event | Identified) -> Event | Identified:
    """What somebody says of topics and channels is recorded with where it came from."""
    if isinstance(entry, Identified) and (entry.traits.topics or entry.traits.consents):
        return replace(entry, source=source)
    return entry


def _resolved(page: Page, running: Running, one: _Waiting, now: datetime) -> list[Event | Identified]:
    """Items of contacts alone, in order, each with where it came from; what cannot be taken is kept apart."""
    batch = one.batch
    known = [_from(one.source, entry) for entry in batch.entries if isinstance(entry, Event | Identified)]
    rejected = batch.rejected
    if len(known) < len(batch.entries):
        known, more = _made_known(page, running, one, now)
        rejected = [*rejected, *more]
    if rejected:
        page.keep_rejected([(it.reason, it.text) for it in rejected], one.source, now)
    return known


def _made_known(
    page: Page, running: Running, one: _Waiting, now: datetime
) -> tuple[list[Event | Identified], list[Rejected]]:
    """Of a batch with strangers in it: what nobody is known for waits under its id (language.md §3)."""
    batch = one.batch.entries
    links, rejected = _links(page, running, batch, f"the source {one.source}", now)
    if links:
        page.join(links, now, running.world.policy.topics)
    strangers = [one for one in batch if isinstance(one, Anonymous)]
    known = page.contacts_behind({one.anonymous_id for one in strangers}) if strangers else {}
    page.keep_anonymous([_kept(one) for one in strangers if one.anonymous_id not in known])
    items: list[Event | Identified] = []
    for entry in batch:
        if isinstance(entry, Event | Identified):
            items.append(_from(one.source, entry))
        elif isinstance(entry, Anonymous) and entry.anonymous_id in known:
            items.append(entry.known_as(known[entry.anonymous_id]))
    return items, rejected


def _links(
    page: Page, running: Running, batch: Sequence[Entry], source: str, now: datetime
) -> tuple[list[tuple[str, str]], list[Rejected]]:
    """Strangers who turned out to be contacts, as far as that is news; two contacts that turned out to be one
    are merged here, and where that cannot be done it is said."""
    links = list(dict.fromkeys(one for one in batch if isinstance(one, Linked)))
    if not links:
        return [], []
    links = _through_strangers(page, links)
    strangers = {one.anonymous_id for one in links}
    contacts, known = page.known_contacts(strangers), page.contacts_behind(strangers)
    former = page.former_ids(contacts) if contacts else {}
    rejected: list[Rejected] = []
    news: list[tuple[str, str]] = []
    for one in links:
        if one.anonymous_id not in contacts or (one.anonymous_id in former and not one.alias):
            if known.get(one.anonymous_id) != one.contact_id:
                news.append((one.anonymous_id, one.contact_id))
        elif one.is_stated and one.anonymous_id != one.contact_id:
            rejected += _merged(page, running, one, source, now)
    return news, rejected


def _through_strangers(page: Page, links: list[Linked]) -> list[Linked]:
    """A deal is whose the person is that it was associated with, and that person goes by a number as well."""
    numbers = {one.contact_id for one in links if one.is_through}
    known = page.contacts_behind(numbers) if numbers else {}
    return (
        [replace(one, contact_id=known.get(one.contact_id, one.contact_id)) for one in links]
        if known
        else links
    )


def _merged(page: Page, running: Running, link: Linked, source: str, now: datetime) -> list[Rejected]:
    """An alias says outright that two are one; by an identify two who have addresses of their own are not
    merged, because on a machine that several people use it says no more than who is there now."""
    try:
        ids = (link.anonymous_id, link.contact_id)
        merge_into(page, running, *ids, source, now, unless_addresses_differ=not link.alias)
    except MergeError as error:
        item = link.alias or f"identify {link.contact_id} with anonymousId {link.anonymous_id}"
        return [Rejected(f"{error.message}. {error.help}", item)]
    return []


def _kept(one: Anonymous) -> Stranger:
    item = one.item
    traits = item.traits if isinstance(item, Identified) else None
    event = item if isinstance(item, Event) else as_event(item)
    return Stranger(one.anonymous_id, event, traits)
