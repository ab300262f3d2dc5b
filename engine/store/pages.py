"""A page: one transaction over the contacts that it names. What it loads, it alone may save."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.core.caps import minute_end
from engine.core.case import Case
from engine.core.concern import Concern
from engine.model.channels import address_of
from engine.model.consent import CHANNELS, statements
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.journey import Held, Kept
from engine.model.message import Message
from engine.model.policy import Topic
from engine.model.position import Enrollment
from engine.model.predicate import Predicate
from engine.model.proof import Said
from engine.model.stock import Coupon, Product, Stock
from engine.model.suppression import Reason, Suppression
from engine.model.trial import TrialRule
from engine.store import (
    anonymous,
    audiences,
    consents,
    contacts,
    counters,
    coupons,
    dealing,
    erasure,
    events,
    failures,
    figures,
    former,
    kept,
    members,
    merging,
    moments,
    outbox,
    positions,
    products,
    rejected,
    repeats,
    suppressions,
    tallies,
    traces,
    trials,
    unconcerned,
    versions,
    write_set,
)
from engine.store.anonymous import Stranger
from engine.store.counters import Figure
from engine.store.erasure import Erased
from engine.store.failures import ByHand
from engine.store.link import Link
from engine.store.names import Names
from engine.store.outbox import Look, MessageUpdate
from engine.store.positions import NO_POSITION
from engine.store.stock import PageStock
from engine.store.suppressions import Address
from engine.store.tallies import What
from engine.store.trials import PageTrials, TrialRecord
from engine.store.write_set import WriteSet

#: More than anybody was ever sent.
_MOST_MESSAGES = 100_000


class Page:
    """Handed out by `Store.page()`, which commits it, or rolls it back if anything is raised."""

    def __init__(self, link: Link, names: Names, *, is_to_read: bool = False) -> None:
        self._is_to_read = is_to_read
        self._link = link
        self._names = names
        self._members: dict[int, Collection[str]] = {}
        self._stock: Stock = PageStock(link)
        self._moments: moments.Loaded = {}
        self._dealer = dealing.Dealing(link, names)
        self._trials = PageTrials(link, names)
        self._kept: dict[int, Collection[Kept]] = {}

    # --- contacts and events -------------------------------------------------------------------

    def contacts(self, ids: Iterable[str], now: datetime) -> dict[str, int]:
        """Keys by the shop's id; an unknown id becomes a contact. Locks them."""
        return contacts.keys_of(self._link, ids, now)

    def people(self, ids: Collection[str]) -> dict[str, Contact]:
        """Those of these who are contacts, by the id that was asked for."""
        keys = contacts.find_keys(self._link, ids)
        known = contacts.load_contacts(self._link, sorted(set(keys.values())))
        return {id: known[key] for id, key in keys.items() if key in known}

    def known_contacts(self, ids: Collection[str]) -> Collection[str]:
        """Those of these ids that are contacts already."""
        return contacts.find_keys(self._link, ids).keys()

    def put_contacts(
        self,
        given: Sequence[Contact],
        now: datetime,
        *,
        merge: bool = True,
        source: str = "import",
        topics: Mapping[str, Topic] | None = None,
    ) -> tuple[int, int]:
        """An import: how many are new, how many others changed. `merge` keeps what is not spoken of, `source`
        stands in the record of what they say of topics and channels. `topics` tells for which of them a yes
        must be confirmed."""
        created, changed = contacts.put_contacts(self._link, given, merge, now, source, topics or {})
        positions.touch(self._link, changed)
        moments.note_zones(self._link, {contact.timezone for contact in given if contact.timezone}, now)
        return created, len(changed)

    def candidates(
        self, predicate: Predicate, topics: Mapping[str, Topic], now: datetime, keys: Collection[int]
    ) -> dict[int, bool]:
        """Those of these contacts for whom a condition may hold: True where it surely does."""
        return audiences.load_candidates(self._link, predicate, topics, now, keys)

    def known_events(self, message_ids: Sequence[str]) -> set[str]:
        """Those of these message ids that were taken before; after `contacts`, which locks, it stays so."""
        return events.known_ids(self._link, message_ids)

    def unconcerned(self, concern: Concern, keys: Collection[int], now: datetime) -> set[int]:
        """Those of these contacts to whom an event means nothing that no journey listens to."""
        return unconcerned.unconcerned(self._link, self._names, concern, keys, now)

    def add_events(self, given: Sequence[Event], keys: Mapping[str, int]) -> None:
        """Store events that `known_events` does not know; `keys` are those of their contacts."""
        events.add_events(self._link, given, keys)

    def take_events(self, given: Sequence[Event]) -> list[Event]:
        """Store events and return those never seen before, in order. An unknown contact is made."""
        by_id = {event.contact_id: event.received_at for event in reversed(given)}
        keys = contacts.keys_of(self._link, by_id, min(by_id.values())) if by_id else {}
        return events.take_events(self._link, given, keys)

    # --- who is to be left alone ----------------------------------------------------------------

    def suppress(
        self, given: Sequence[Suppression], now: datetime, holders: Collection[str] | None = None
    ) -> int:
        """Nothing goes to these addresses any more; how many of them that is news of.

        `holders` are the ids of contacts that are known to have one of them; without it all contacts are
        looked through. The sender goes by the address, so it is enough for it to be on the list.
        """
        count = suppressions.put(self._link, given)
        addresses = [(one.channel, one.address) for one in given if one.address is not None]
        keys = sorted(
            suppressions.holders(self._link, addresses)
            if holders is None
            else contacts.find_keys(self._link, holders).values()
        )
        self.mark_suppressed(keys, now)
        return count

    def mark_suppressed(self, keys: Sequence[int], now: datetime) -> None:
        """Let the rows of these contacts, in order of key, say what the list says of their addresses."""
        contacts.lock(self._link, keys)
        known = contacts.load_contacts(self._link, keys)
        marked = suppressions.marked(self._link, known.values())
        self._put(((key, marked[one.id]) for key, one in known.items() if one.id in marked), now)

    def known(self, ids: Collection[str]) -> dict[str, Contact]:
        """Those of these contacts that are there, by the id that was asked for."""
        keys = contacts.find_keys(self._link, ids)
        found = contacts.load_contacts(self._link, sorted(set(keys.values())))
        return {id: found[key] for id, key in keys.items() if key in found}

    def unsuppress(self, addresses: Collection[Address], now: datetime) -> list[Suppression]:
        """Take addresses off the list; those that were on it. Of an erased id (channel `id`) too."""
        gone = suppressions.remove(self._link, addresses)
        keys = suppressions.holders(self._link, addresses)
        contacts.lock(self._link, keys)
        known = contacts.load_contacts(self._link, keys)
        freed = ((key, suppressions.without(contact, addresses)) for key, contact in known.items())
        self._put(((key, new) for key, new in freed if new != known[key]), now)
        return gone

    def _put(self, changed: Iterable[tuple[int, Contact]], now: datetime) -> None:
        several = list(changed)
        contacts.save_contacts(self._link, several, now)
        positions.touch(self._link, [key for key, _ in several])

    def suppressed(self, addresses: Collection[Address]) -> dict[Address, Reason]:
        """Why nothing goes to these addresses, of those that are suppressed."""
        return suppressions.reasons(self._link, addresses)

    def meets_erased(self, told: Iterable[Contact]) -> bool:
        """Whether somebody among these people, known by id or address, was erased."""
        return suppressions.meets_erased(self._link, told)

    def refuse_erased(self, told: Iterable[Contact]) -> set[str]:
        """The ids of those of these people, known by id or address, who were erased and stay out.

        Who confirmed an opt-in after that is taken off the list, and is not among them.
        """
        return suppressions.refuse_erased(self._link, told)

    def erase(self, contact: str, now: datetime, source: str) -> Erased | None:
        """Everything about a contact goes, and a keyed hash stays; None if there is no such contact."""
        key = contacts.find_keys(self._link, [contact]).get(contact)
        return None if key is None else erasure.erase(self._link, key, now, source)

    # --- strangers and rejects -----------------------------------------------------------------

    def keep_anonymous(self, given: Sequence[Stranger]) -> None:
        """What somebody unknown did waits under their anonymous id."""
        anonymous.keep(self._link, given)

    def contacts_behind(self, anonymous_ids: Collection[str]) -> dict[str, str]:
        """Contact ids by those anonymous ids of which it is known."""
        return anonymous.contacts_behind(self._link, anonymous_ids)

    def join(self, links: Sequence[tuple[str, str]], now: datetime, topics: Mapping[str, Topic]) -> None:
        """Pairs of anonymous id and contact id: what waited becomes that contact's, without firing."""
        keys = contacts.keys_of(self._link, (id for _, id in links), now)
        changed = anonymous.join(self._link, {stranger: keys[id] for stranger, id in links}, topics)
        contacts.save_contacts(self._link, [(key, after) for key, _, after in changed], now)
        said = ((key, statements(old, new, None, "anonymous", now)) for key, old, new in changed)
        consents.put(self._link, list(said), now)
        positions.touch(self._link, [key for key, _, _ in changed])

    # --- merging -------------------------------------------------------------------------------

    def former_ids(self, ids: Collection[str]) -> dict[str, str]:
        """Those of these ids that were merged into another contact's, with its id."""
        return {one.id: one.contact for one in former.load(self._link, sorted(ids))}

    def rows_of(self, key: int) -> dict[str, int]:
        """How many events, enrollments and messages a contact has."""
        return merging.rows_of(self._link, key)

    def enrollments(self, key: int) -> list[Enrollment]:
        """All of a contact, left or not."""
        return positions.load_of_contact(self._link, key, self._names.texts(self._link))

    def messages(self, key: int) -> list[Message]:
        """All of a contact."""
        texts = self._names.texts(self._link)
        items = outbox.load_items(self._link, texts, [("m.contact = ?", key)], _MOST_MESSAGES)
        return [item.message for item in items]

    def merge(
        self,
        one: Case,
        into: Case,
        person: Contact,
        serials: Mapping[int, int],
        now: datetime,
        by: str,
        topics: Mapping[str, Topic],
    ) -> int:
        """All of the contact `one` is `into`'s from now on, which becomes `person`; its key from now on.

        Both are saved and have no two running under the same (journey, key, serial) once the `serials` are
        given out.
        """
        merging.number_anew(self._link, serials)
        ids = (one.contact.id, into.contact.id)
        key = merging.merge(self._link, (one.key, ids[0]), (into.key, ids[1]), person, now, by, topics)
        said = list(statements(into.contact, person, None, f"merged with {ids[0]}", now))
        consents.put(self._link, [(key, said)], now)
        moments.note_zones(self._link, {person.timezone} if person.timezone else set(), now)
        self._members.pop(key, None)
        for channel in CHANNELS:
            before, address = address_of(one.contact, channel), address_of(person, channel)
            if before is not None and address is not None and before != address:
                outbox.readdress(self._link, key, channel, before, address, now)
        return key

    def keep_rejected(self, rejects: Sequence[tuple[str, str]], source: str, now: datetime) -> None:
        """Pairs of reason and text, of what came from a source and cannot be taken."""
        rejected.keep(self._link, rejects, source, now)

    def keep_answer(self, key: str, status: int, answer: str) -> None:
        """What a request was answered, in the transaction that did it."""
        repeats.finish(self._link, key, status, answer)

    def consents(self, key: int) -> list[Said]:
        """Everything a contact said of topics and channels, in the order in which it came in."""
        return [record.said for record in consents.load(self._link, key)]

    # --- cases ---------------------------------------------------------------------------------

    def load(
        self,
        keys: Iterable[int],
        *,
        now: datetime,
        events: Collection[str] = (),
        sent_since: datetime | None = None,
        everything: bool = False,
        clocks: bool = False,
        kept_entries: bool = False,
        later: tuple[Collection[str], datetime] | None = None,
    ) -> list[Case]:
        """Cases in order of key, with the history of the named events; and of `later`, since an instant.

        Otherwise only enrollments due by now. `everything`: all running ones, closed ones in an open goal
        window, what re-entry asks of the past, memberships, and moments; with `clocks` those that are due at
        least. `sent_since`: the messages released since, and what is due in the rest of this minute, because
        it competes with what is due now. `kept_entries`: with everything, also those that are put off.
        """
        wanted = sorted(set(keys))
        if not self._is_to_read:
            contacts.lock(self._link, wanted)
        due_by = now if sent_since is None else minute_end(now)
        if everything:
            cases = self._load_everything(wanted, now)
        else:
            cases = self._load_due(wanted, due_by, clocks=clocks)
        if sent_since is not None:
            outbox.load_sent(self._link, cases, sent_since, self._names.texts(self._link))
        if everything and kept_entries:
            kept.load_kept(self._link, cases, self._names.texts(self._link))
            self._kept.update((key, tuple(case.kept)) for key, case in cases.items())
        if events:
            self._load_history(cases, events)
        if later is not None:
            self._load_history(cases, *later)
        for case in cases.values():
            case.stock = self._stock
            case.dealer = self._dealer
            case.trials = self._trials
        return list(cases.values())

    def looks_due(self, keys: Collection[int], now: datetime) -> set[int]:
        """Those of these contacts at whose stage or memberships one is to look again by now."""
        return members.looks_due(self._link, keys, now)

    def _load_everything(self, keys: Sequence[int], now: datetime) -> dict[int, Case]:
        cases = self._load_bare(keys)
        texts = self._names.texts(self._link)
        positions.load_everything(self._link, cases, now, texts)
        members.load_members(self._link, cases, texts)
        self._members.update((key, tuple(case.members)) for key, case in cases.items())
        self._moments |= moments.load_moments(self._link, cases, texts, None)
        return cases

    def _load_due(self, keys: Sequence[int], now: datetime, *, clocks: bool) -> dict[int, Case]:
        texts = self._names.texts(self._link)
        cases = positions.load_due(self._link, keys, now, texts)
        idle = [key for key in keys if key not in cases]
        if idle:
            cases = dict(sorted((cases | self._load_bare(idle)).items()))
        if clocks:
            self._moments |= moments.load_moments(self._link, cases, texts, now)
        return cases

    def _load_bare(self, keys: Sequence[int]) -> dict[int, Case]:
        found = contacts.load_contacts(self._link, keys)
        return {key: Case(contact, key) for key, contact in found.items()}

    def _load_history(
        self, cases: Mapping[int, Case], names: Collection[str], since: datetime | None = None
    ) -> None:
        ids = {key: case.contact.id for key, case in cases.items()}
        for key, history in events.load_history(self._link, ids, names, since).items():
            cases[key].history.update(history)

    def save(self, cases: Sequence[Case], now: datetime) -> None:
        """Write everything that came of the cases, and clear it there: they are as if loaded anew."""
        link, names = self._link, self._names
        found = positions.sort_out(cases)
        words = found.words() | outbox.words_of(cases) | traces.words_of(cases)
        words |= coupons.words_of(cases)
        ids = names.ids(link, words)
        positions.write(link, positions.rows_of(found, ids))
        positions.insert(link, found.new, ids)
        positions.settle(found)
        self._save_contacts([case for case in cases if case.is_contact_changed], now)
        self._save_said([case for case in cases if case.said or case.blocked], now)
        outbox.insert(link, outbox.rows_of(cases, ids, now))
        traces.insert(link, traces.rows_of(cases, ids))
        members.save_members(link, names, cases, self._members)
        products.watch(link, cases)
        moments.save_moments(link, names, cases, self._moments)
        if self._kept or any(case.kept for case in cases):
            kept.save_kept(link, names, cases, self._kept)
        coupons.save(link, cases, ids)
        self._trials.save(cases)
        counters.add_to_counters(link, names, write_set.counted(cases))
        self._save_told(cases)
        dealing.save(link, names, cases)
        for case in cases:
            case.is_contact_changed = case.are_members_changed = False
            case.messages, case.traces, case.crossed = [], [], []
            case.watched.clear()
            case.taken.clear()
            case.dealt.clear()
            case.joined.clear()
            case.told, case.unheard, case.redrafted = [], [], []
            case.said.clear()
            case.blocked.clear()
            case.struck.clear()
            case.counts.clear()

    def _save_told(self, cases: Sequence[Case]) -> None:
        """Events of the engine's own; the same one told again by work done again stays once."""
        told = [event for case in cases for event in case.told]
        if told:
            events.take_events(self._link, told, {case.contact.id: case.key for case in cases})

    def _save_said(self, speaking: Sequence[Case], now: datetime) -> None:
        """For the record, and for whoever gets one of these addresses next."""
        consents.put(self._link, [(case.key, case.said) for case in speaking], now)
        for case in speaking:
            for channel, source in case.blocked.items():
                contacts.block(self._link, [(case.contact, [channel])], source, now)

    def _save_contacts(self, changed: Sequence[Case], now: datetime) -> None:
        contacts.save_contacts(self._link, ((case.key, case.contact) for case in changed), now)
        moments.note_zones(self._link, {c.contact.timezone for c in changed if c.contact.timezone}, now)
        positions.touch(self._link, [case.key for case in changed])
        for case in changed:
            for enrollment in case.enrollments:
                enrollment.ver += enrollment.ver != NO_POSITION

    def pack(self, cases: Sequence[Case], now: datetime) -> WriteSet | None:
        """The same as rows that another process may write; None if only a writer can save these cases."""
        return write_set.pack(self._link, self._names, cases, now)

    def write(self, packed: WriteSet, keys: Collection[int]) -> None:
        """What another process decided about these contacts. StaleError when that was on what is past."""
        write_set.write(self._link, self._names, packed, keys)

    def count(self, deltas: Mapping[Figure, int]) -> None:
        """Add to counters by (journey, step, what)."""
        counters.add_to_counters(self._link, self._names, deltas)

    def drop_segments(self, segments: Iterable[str]) -> int:
        """Forget the members of segments that are no more; how many there were."""
        return members.drop_segments(self._link, self._names, segments)

    def drop_moments(self, clocks: Iterable[str]) -> int:
        """Forget the moments of dates and schedules that are no more; how many there were."""
        return moments.drop_moments(self._link, self._names, clocks)

    def begin_schedule(self, clock: str, at: datetime) -> None:
        """From here on it fires, if it is a new one."""
        moments.begin_schedule(self._link, self._names, clock, at)

    def call(self, clock: str, before: datetime, at: datetime, called: Mapping[str, Collection[int]]) -> None:
        """A schedule that had fired until `before` has fired, and called these contacts, by the firing's key.

        StaleError if it did already.
        """
        moments.call(self._link, self._names, clock, before, at, called)

    def keys_in_zones(
        self, zones: Sequence[str | None] | None, at: datetime, size: int
    ) -> Iterator[list[int]]:
        """Contacts that were there at an instant, in pages: of each zone (None: without one), or of all."""
        for zone in zones or ():
            yield from self._keys_of(zone, at, size, is_anywhere=False)
        if zones is None:
            yield from self._keys_of(None, at, size, is_anywhere=True)

    def _keys_of(
        self, zone: str | None, at: datetime, size: int, *, is_anywhere: bool
    ) -> Iterator[list[int]]:
        after = 0
        while keys := moments.keys_in_zone(self._link, zone, is_anywhere, at, after, size):
            yield keys
            after = keys[-1]

    # --- products ------------------------------------------------------------------------------

    def put_products(self, given: Sequence[Product], now: datetime) -> tuple[int, int]:
        """An import: how many are new, how many others changed. Whoever waits for one of them is woken."""
        return products.put_products(self._link, given, now)

    def products(self, ids: Collection[str]) -> Mapping[str, Product]:
        """Rows by id, of those that exist."""
        return products.load(self._link, ids)

    def woken(self, keys: Collection[int]) -> dict[int, datetime]:
        """Since when a change of a product is to be worked on, by contact; after `load`, which locks them."""
        products.hold(self._link)
        return products.woken(self._link, keys)

    def forget_wakes(self, woken: Mapping[int, datetime]) -> None:
        """These changes were worked on; a later one stays."""
        products.forget_wakes(self._link, woken)

    def put_coupons(self, pool: str, given: Sequence[Coupon]) -> int:
        """An import: how many codes are new in the pool."""
        return coupons.put(self._link, pool, given)

    def orders(self, since: datetime, until: datetime) -> Iterator[Event]:
        """Every `Order Completed` of that time, read in pages; its contact is not told."""
        return figures.orders(self._link, since, until)

    def put_figures(self, sold: Mapping[str, int], pairs: Mapping[tuple[str, str], int]) -> None:
        """What sells, in place of what was counted before."""
        figures.put(self._link, sold, pairs)

    # --- trials --------------------------------------------------------------------------------

    def decide_by_sends(self, record: TrialRecord, rule: TrialRule, now: datetime) -> bool:
        """Whether so many messages were released that the trial is decided now; it is looked at once."""
        return self._trials.decide_by_sends(record, rule, now)

    def wake_waiting(self, record: TrialRecord, after: int, now: datetime, size: int) -> list[int]:
        """Those who wait for the trial, of contacts after a key, are due now; the contacts. The last page is
        empty, and with it the trial is done."""
        return trials.wake(self._link, record, after, now, size)

    # --- what a change of status means -----------------------------------------------------------

    def unpark(
        self, journey: str, parked_until: datetime | None, keys: Collection[int], now: datetime
    ) -> int:
        """What these contacts owe since a pause of the journey is due now; how many enrollments that were."""
        contacts.lock(self._link, sorted(keys))
        number = self._names.find(self._link, journey)
        return positions.unpark(self._link, number, parked_until, keys, now)

    def wake_messages(self, journey: str, now: datetime) -> int:
        """Messages that rest may be taken again; how many they were."""
        return outbox.wake(self._link, self._names.find(self._link, journey), now)

    def drop_kept(self, now: datetime) -> int:
        """Forget entries whose grace is over."""
        return kept.drop_kept(self._link, now)

    def drop_kept_of(self, journey: str) -> int:
        """Forget the entries kept for a journey that is no more."""
        return kept.drop_kept_of(self._link, self._names.find(self._link, journey))

    def set_held(self, journey: str, held: Held | None, by: str | None, now: datetime) -> None:
        """A command holds the journey from now on, or lets it go (None)."""
        versions.set_held(self._link, journey, held, by, now)

    def set_settled(self, journey: str, serial: int) -> bool:
        """What its last change of status means is done; False if there was a newer one than `serial`."""
        return versions.set_settled(self._link, journey, serial)

    # --- outbox --------------------------------------------------------------------------------

    def looks(self, ids: Collection[int]) -> dict[int, Look]:
        """What the last question before DATA asks, by message id. Locks the contacts."""
        return outbox.load_looks(self._link, ids, self._names.texts(self._link))

    def messages_by_id(self, ids: Collection[int]) -> list[Message]:
        """Of the outbox, in order of id."""
        found = outbox.load_by_ids(self._link, self._names.texts(self._link), sorted(ids))
        return [item.message for item in found]

    def messages_called(self, message_ids: Collection[str]) -> list[Message]:
        """Those recent ones with these Message-IDs."""
        texts = self._names.texts(self._link)
        return [item.message for item in outbox.load_called(self._link, texts, message_ids)]

    def newest_to(self, addresses: Collection[str]) -> list[Message]:
        """The last mail that was sent to each of these addresses, written in small letters."""
        texts = self._names.texts(self._link)
        return [item.message for item in outbox.load_newest_to(self._link, texts, addresses)]

    def mark(self, updates: Sequence[MessageUpdate], now: datetime, *, worker: str | None = None) -> set[int]:
        """Write what became of messages; the ids written. With a worker, only of those still in its hands."""
        return outbox.mark(self._link, updates, now, worker)

    def decide_messages(self, ids: Collection[int], act: ByHand, now: datetime) -> list[tuple[int, str, str]]:
        """Do by hand what may be done to those of the messages whose state allows it; (id, journey, step)."""
        return list(failures.decide(self._link, self._names.texts(self._link), ids, act, now))

    def renew_messages(self, ids: Collection[int], version: str) -> None:
        """From now on they are made by this version of their journey."""
        failures.renew(self._link, ids, self._names.ids(self._link, {version})[version])

    def tally_outcomes(self, ids: Collection[int], now: datetime) -> None:
        """Count what became of marketing among them; last in a page that locks contacts."""
        tallies.add_outcomes(self._link, ids, now)

    def tally(self, counts: Mapping[tuple[str, What], int], now: datetime) -> None:
        """Count what came back later, by journey; last in a page that locks contacts."""
        tallies.add(self._link, self._names, counts, now)

    def drop_traces(self, before: datetime, size: int) -> int:
        """Forget up to so many of the oldest traces; how many it were."""
        return traces.drop_before(self._link, before, size)

    def forget_tally(self, journey: str) -> None:
        """What was counted of a journey counts no more."""
        tallies.forget(self._link, self._names.find(self._link, journey))

    def drop_tallies(self, now: datetime, kept: timedelta) -> None:
        """Forget what nobody asks for any more."""
        tallies.drop_before(self._link, now, kept)

    # --- what runs -----------------------------------------------------------------------------

    def put_version(
        self, journey: str, hash: str, compiled: Mapping[str, Any], commit: str | None, now: datetime
    ) -> None:
        """Keep the compiled form of a version; a known one stays as it is."""
        versions.put_version(self._link, journey, hash, compiled, commit, now)

    def set_journey(
        self,
        id: str,
        status: str,
        version: str | None,
        now: datetime,
        *,
        fault: str | None = None,
        fault_count: int = 0,
    ) -> None:
        """What holds for a journey from now on; `fault` tells why its newest file was not taken."""
        versions.set_journey(self._link, id, status, version, fault, fault_count, now)

    def put_setting(self, name: str, value: Any) -> None:
        """Any JSON value under a name."""
        versions.put_setting(self._link, name, value)

    def serial(self) -> int:
        """Changes with every apply, and with none until this page ends."""
        return versions.hold_serial(self._link)

    def be_alone(self) -> None:
        """For an apply, as its first word: no page that moves people is open beside this one."""
        versions.be_alone(self._link)

    def standing(self, journey: str) -> dict[tuple[str, str], int]:
        """How many stand at each (version, step), counted live."""
        texts = self._names.texts(self._link)
        return versions.count_standing(self._link, self._names.find(self._link, journey), texts)

    def released(self, enrollments: Collection[int]) -> dict[int, list[tuple[str, str]]]:
        """(step, iteration) of every message of these enrollments, whatever became of it."""
        return outbox.load_released(self._link, enrollments, self._names.texts(self._link))
