"""The store: everything that is kept, behind model words. One object per process and database.

    with store.page() as page:            one transaction: load, change, save
        cases = page.load(keys, now=now)
        …
        page.save(cases, now)

SQLite has one writer: threads queue at a lock, processes at BEGIN IMMEDIATE. On PostgreSQL the rows of a
page's contacts are locked in order. Readers see the last commit and wait for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from engine.core.case import Case, Moment
from engine.errors import StoreError
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.message import State
from engine.model.position import Enrollment
from engine.model.suppression import Reason, Suppression
from engine.store import (
    admin_keys,
    backlog,
    checks,
    consents,
    contacts,
    counters,
    coupons,
    digests,
    dossiers,
    events,
    failures,
    former,
    kept,
    leases,
    moments,
    outbox,
    positions,
    products,
    queries,
    rejected,
    repeats,
    schema,
    suppressions,
    tallies,
    traces,
    trials,
    versions,
    write_keys,
)
from engine.store.admin_keys import AdminKey
from engine.store.backlog import Backlog
from engine.store.consents import ConsentRecord
from engine.store.counters import Figure
from engine.store.coupons import Pool
from engine.store.dossiers import Dossier
from engine.store.engines import WRITES, engine_of, file_of
from engine.store.extract import Extract
from engine.store.failures import Cause, Trouble
from engine.store.faults import explained
from engine.store.former import Former
from engine.store.leases import LeaseRecord
from engine.store.link import Link
from engine.store.names import Names
from engine.store.outbox import OnUnsure, OutboxItem, Recovered
from engine.store.pages import Page
from engine.store.queries import JourneyFigures
from engine.store.rejected import RejectedItem
from engine.store.repeats import Repeat
from engine.store.suppressions import Address
from engine.store.tallies import Tally
from engine.store.traces import TraceRecord
from engine.store.trials import TrialRecord
from engine.store.versions import JourneyRecord, VersionRecord
from engine.store.write_keys import WriteKey

PAGE_SIZE = 5_000

#: Called with "NAME:before_commit" and "NAME:after_commit" of each page; tests crash there.
CrashPoints = Callable[[str], None]


class Store:
    """Made by `Store.open`."""

    def __init__(self, url: str, crash_points: CrashPoints | None = None) -> None:
        self.url = url
        self._engine = engine_of(url)
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        self._names = Names()
        self._lock = Lock()
        self._writer: Connection | None = None
        self.crash_points = crash_points

    # --- open, upgrade, check, close -----------------------------------------------------------

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool = False,
        any_schema: bool = False,
        crash_points: CrashPoints | None = None,
    ) -> Store:
        """Open for work. `create` makes a new database; `any_schema` is for upgrade and check.

        StoreError when it is missing, from another release, or out of reach.
        """
        store = cls(url, crash_points)
        try:
            store._make_ready(create, any_schema)
        except BaseException:
            store.close()
            raise
        return store

    def _make_ready(self, create: bool, any_schema: bool) -> None:
        file = file_of(self._engine)
        if file is not None and not file.exists() and not (create or any_schema):
            raise StoreError(f"There is no database at {file}.", "Run `journeys db upgrade` to create it.")
        found = self.schema()
        if found is None and create:
            self.upgrade()
        elif not any_schema and (problem := schema.schema_problem(found)) is not None:
            raise problem

    def schema(self) -> str | None:
        """The schema found there; None for an empty database."""
        with self._reading() as link:
            return schema.found_schema(link)

    def upgrade(self) -> str:
        """Bring the database to this release's schema; the schema before, '' if there was none."""
        with self._writing() as link:
            return schema.upgrade(link)

    def check(self) -> list[str]:
        """What is wrong with the database, one sentence each."""
        with self._reading() as link:
            return checks.problems(link)

    def close(self) -> None:
        """Let go of all connections."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._engine.dispose()

    # --- pages ---------------------------------------------------------------------------------

    @contextmanager
    def page(self, name: str = "page") -> Iterator[Page]:
        """One transaction. Pages do not nest."""
        with self._writing(name) as link:
            yield Page(link, self._names)

    @contextmanager
    def snapshot(self) -> Iterator[Page]:
        """The last commit, for loading and packing; it holds up nobody, and nothing may be saved in it."""
        with self._reading() as link:
            link.hold_still()
            yield Page(link, self._names, is_to_read=True)

    @contextmanager
    def extract(self) -> Iterator[Extract]:
        """The last commit as a whole, however long reading it takes; it holds up nobody."""
        with self._reading() as link:
            link.hold_still()
            link.take_time()
            yield Extract(link, self._names)

    def due(self, now: datetime, size: int = PAGE_SIZE, *, clocks: bool = True) -> list[list[int]]:
        """Contacts with something due, sorted and cut in pages; each contact once. `clocks`: moments too."""
        with self._reading() as link:
            keys = positions.due_keys(link, now, clocks=clocks)
        return [keys[start : start + size] for start in range(0, len(keys), size)]

    def next_due(self) -> datetime | None:
        """When the next timer, segment look or moment falls due, or a change of a product is to be worked on.

        Schedules that are to fire are not here.
        """
        with self._reading() as link:
            return min(filter(None, (positions.next_due(link), products.next_wake(link))), default=None)

    def woken(self, now: datetime, size: int = PAGE_SIZE) -> list[list[int]]:
        """Contacts for whom a product changed that they wait for, sorted and cut in pages."""
        with self._reading() as link:
            keys = products.woken_keys(link, now)
        return [keys[start : start + size] for start in range(0, len(keys), size)]

    def schedules(self) -> dict[str, datetime]:
        """Until when each schedule has fired."""
        with self._reading() as link:
            return moments.load_schedules(link, self._names.texts(link))

    def zones(self) -> dict[str, datetime]:
        """The time zones that contacts have or had, as they are written, and since when."""
        with self._reading() as link:
            return moments.zones(link)

    def next_moments(self) -> dict[str, datetime]:
        """The next moment of any contact, by clock."""
        with self._reading() as link:
            return moments.next_of_clocks(link, self._names.texts(link))

    def moments(self, contact: str) -> list[Moment]:
        """When the contact enters by dates of its own, in order of time."""
        with self._reading() as link:
            keys = contacts.find_keys(link, [contact])
            cases = {
                key: Case(found, key)
                for key, found in contacts.load_contacts(link, list(keys.values())).items()
            }
            moments.load_moments(link, cases, self._names.texts(link), None)
            return sorted(moment for case in cases.values() for moment in case.moments)

    def latest_event(self) -> datetime | None:
        """When the last event was received: where an interrupted replay stood."""
        with self._reading() as link:
            return events.latest(link)

    def keys(self, ids: Collection[str]) -> dict[str, int]:
        """Keys by the shop's id, of those that exist."""
        with self._reading() as link:
            return contacts.find_keys(link, ids)

    def keys_inside(self, journey: str, size: int = PAGE_SIZE) -> Iterator[list[int]]:
        """Contacts running in a journey, in pages; each page is read when it is asked for."""

        def following(link: Link, after: int) -> list[int]:
            return versions.keys_inside(link, self._names.find(link, journey), after, size)

        return self._keyset(following)

    def keys_parked(
        self, journey: str, parked_until: datetime | None, size: int = PAGE_SIZE
    ) -> Iterator[list[int]]:
        """Contacts whose step in a journey was over in a pause, in pages."""

        def following(link: Link, after: int) -> list[int]:
            number = self._names.find(link, journey)
            return positions.keys_parked(link, number, parked_until, after, size)

        return self._keyset(following)

    def keys_of_kept(self, journey: str, size: int = PAGE_SIZE) -> Iterator[list[int]]:
        """Contacts with an entry that a pause of the journey keeps, in pages."""
        return self._keyset(
            lambda link, after: kept.keys_of_kept(link, self._names.find(link, journey), after, size)
        )

    def kept_entries(self) -> dict[str, int]:
        """How many entries each journey keeps while it is paused."""
        with self._reading() as link:
            return kept.count_kept(link, self._names.texts(link))

    def all_contact_keys(self, size: int = PAGE_SIZE) -> Iterator[list[int]]:
        """All contacts, in pages; each page is read when it is asked for."""
        return self._keyset(lambda link, after: versions.keys_of_all(link, after, size))

    def _keyset(self, following: Callable[[Link, int], list[int]]) -> Iterator[list[int]]:
        after = 0
        while True:
            with self._reading() as link:
                keys = following(link, after)
            if not keys:
                return
            yield keys
            after = keys[-1]

    # --- outbox --------------------------------------------------------------------------------

    def claim_messages(
        self, now: datetime, worker: str, limit: int, channel: str | None = None
    ) -> list[OutboxItem]:
        """Take messages for sending, of one channel or of all: those that waited longest, in order of id."""
        with self._writing("claim") as link:
            return outbox.claim(link, self._names.texts(link), now, worker, limit, channel)

    def recover_messages(
        self, alive: set[str] | None, now: datetime, on_unsure: OnUnsure = "resend"
    ) -> Recovered:
        """Give back what workers not among the living held; None: none of them lives."""
        with self._writing("recover") as link:
            return outbox.recover(link, alive, now, on_unsure)

    def outbox_due(self, now: datetime) -> int:
        """How many messages a sender could take."""
        with self._reading() as link:
            return outbox.count_due(link, now)

    def backlog(self, now: datetime) -> Backlog:
        """What is overdue, and what is still to leave."""
        with self._reading() as link:
            return backlog.load(link, now)

    def waiting_channels(self) -> frozenset[str]:
        """The channels of all messages that are to leave, now or later."""
        with self._reading() as link:
            return outbox.waiting_channels(link)

    def next_try(self) -> datetime | None:
        """When the next message may be taken."""
        with self._reading() as link:
            return outbox.next_try(link)

    def message(self, id: int) -> OutboxItem | None:
        """One message by its id."""
        with self._reading() as link:
            return next(iter(outbox.load_by_ids(link, self._names.texts(link), [id])), None)

    def messages(
        self,
        *,
        states: Collection[State] = (),
        journey: str | None = None,
        contact: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[OutboxItem]:
        """Newest first; `before` is the id of a message."""
        with self._reading() as link:
            narrow: list[tuple[str, Any]] = []
            if states:
                among = f"m.state IN (SELECT value FROM {link.these(kind='text')})"
                narrow.append((among, link.pack(states)))
            if journey is not None:
                narrow.append(("m.journey = ?", self._names.find(link, journey)))
            if contact is not None:
                key = contacts.find_keys(link, [contact]).get(contact, 0)
                narrow.append(("m.contact = ?", key))
            if before is not None:
                narrow.append(("m.id < ?", before))
            return outbox.load_items(link, self._names.texts(link), narrow, limit)

    def troubles(self) -> list[Trouble]:
        """Messages that did not leave, counted by cause."""
        with self._reading() as link:
            return failures.load_troubles(link, self._names.texts(link))

    def troubled(self) -> Iterator[list[tuple[int, Cause]]]:
        """Each of them, in pages; each page is read when it is asked for."""
        after = 0
        while True:
            with self._reading() as link:
                found = failures.load_troubled(link, self._names.texts(link), after)
            if not found:
                return
            yield found
            after = found[-1][0]

    def tallies(self, since: datetime) -> dict[str, Tally]:
        """What became of marketing by journey, counted in whole hours."""
        with self._reading() as link:
            return tallies.load(link, self._names.texts(link), since)

    # --- what runs -----------------------------------------------------------------------------

    def serial(self) -> int:
        """Changes with every apply."""
        with self._reading() as link:
            return versions.load_serial(link)

    def journeys(self) -> list[JourneyRecord]:
        """All ever applied, in order of id."""
        with self._reading() as link:
            return versions.load_journeys(link)

    def version(self, hash: str, journey: str | None = None) -> dict[str, Any] | None:
        """The compiled form of a version."""
        with self._reading() as link:
            return versions.load_compiled(link, hash, journey)

    def versions(self, journey: str) -> list[VersionRecord]:
        """The history of a journey, oldest first."""
        with self._reading() as link:
            return versions.load_versions(link, journey)

    def setting(self, name: str) -> Any:
        """What was put there, or None."""
        with self._reading() as link:
            return versions.load_setting(link, name)

    # --- who may send, and what could not be taken ---------------------------------------------

    def put_write_key(self, key: str, source: str, now: datetime) -> WriteKey:
        """Keep the hash of a new key."""
        with self._writing("write_key") as link:
            return write_keys.put(link, key, source, now)

    def write_keys(self) -> list[WriteKey]:
        """All, the oldest first, the revoked ones too."""
        with self._reading() as link:
            return write_keys.load(link)

    def revoke_write_key(self, hash: str, now: datetime) -> None:
        """From now on it opens nothing."""
        with self._writing("write_key") as link:
            write_keys.revoke(link, hash, now)

    def put_admin_key(self, key: str, source: str, scopes: Collection[str], now: datetime) -> AdminKey:
        """Keep the hash of a new key of the admin API."""
        with self._writing("admin_key") as link:
            return admin_keys.put(link, key, source, scopes, now)

    def admin_keys(self) -> list[AdminKey]:
        """All, the oldest first, the revoked ones too."""
        with self._reading() as link:
            return admin_keys.load(link)

    def revoke_admin_key(self, hash: str, now: datetime) -> None:
        """From now on it opens nothing."""
        with self._writing("admin_key") as link:
            admin_keys.revoke(link, hash, now)

    def begin_request(self, key: str, fingerprint: str, now: datetime) -> Repeat | None:
        """The request that came with this key within a day; None if there is none, and then it begins."""
        with self._writing("request") as link:
            return repeats.begin(link, key, fingerprint, now)

    def forget_request(self, key: str) -> None:
        """Nothing was done for it, so that it may come again; what was answered stays."""
        with self._writing("request") as link:
            repeats.forget(link, key)

    def rejected_items(self, limit: int) -> list[RejectedItem]:
        """What came over HTTP and could not be taken, the newest first."""
        with self._reading() as link:
            return rejected.load(link, limit)

    def rejected_count(self) -> int:
        """How many of them are kept."""
        with self._reading() as link:
            return rejected.count(link)

    # --- consent, and who is to be left alone ----------------------------------------------------

    def consents(self, contact: str) -> list[ConsentRecord]:
        """Everything a contact said of topics and channels, in the order in which it came in."""
        with self._reading() as link:
            return consents.load(link, contacts.find_keys(link, [contact]).get(contact, 0))

    def dossier(self, contact: str) -> Dossier | None:
        """Everything there is of a contact, as of one instant; None if there is no such contact."""
        with self._reading() as link:
            link.hold_still()
            return dossiers.load(link, contact, self._names.texts(link))

    def suppressions(self, size: int = PAGE_SIZE) -> Iterator[list[Suppression]]:
        """The suppression list, in pages; each page is read when it is asked for."""
        after = ("", "")
        while True:
            with self._reading() as link:
                found = suppressions.load(link, after, size)
            if not found:
                return
            yield [one for _, one in found]
            after = found[-1][0]

    def suppressions_after(self, after: Address, limit: int) -> list[tuple[Address, Suppression]]:
        """The next entries of the list, each with the place to go on from."""
        with self._reading() as link:
            return suppressions.load(link, after, limit)

    def suppression_counts(self) -> Mapping[str, int]:
        """How many addresses are suppressed, by reason."""
        with self._reading() as link:
            return suppressions.counts(link)

    def suppressed(self, addresses: Collection[Address]) -> dict[Address, Reason]:
        """Why nothing goes to these addresses, of those that are suppressed."""
        with self._reading() as link:
            return suppressions.reasons(link, addresses)

    # --- lease ---------------------------------------------------------------------------------

    def take_lease(
        self, name: str, pid: int, host: str, token: str, now: datetime, alive: Callable[[int, str], bool]
    ) -> None:
        """Become the one that works here, or LeaseError naming the one that does."""
        with self._writing("lease") as link:
            leases.take(link, name, pid, host, token, now, alive)

    def beat_lease(self, name: str, token: str, now: datetime) -> None:
        """Say that we live; LeaseError when another has taken our place."""
        with self._writing("lease") as link:
            leases.beat(link, name, token, now)

    def release_lease(self, name: str, token: str) -> None:
        """Give it back; nothing happens if it is not ours."""
        with self._writing("lease") as link:
            leases.release(link, name, token)

    def lease(self, name: str) -> LeaseRecord | None:
        """Who holds it."""
        with self._reading() as link:
            return leases.load_lease(link, name)

    # --- questions of the doors ----------------------------------------------------------------

    def contact(self, id: str) -> Contact | None:
        """By the shop's id."""
        with self._reading() as link:
            keys = contacts.find_keys(link, [id])
            return next(iter(contacts.load_contacts(link, list(keys.values())).values()), None)

    def former(self, id: str) -> Former | None:
        """What is known of an id that a contact had before it was merged into another."""
        with self._reading() as link:
            return next(iter(former.load(link, [id])), None)

    def former_ids(self, contact: str) -> list[Former]:
        """The ids that became this contact."""
        with self._reading() as link:
            return former.load_of(link, contacts.find_keys(link, [contact]).get(contact, 0))

    def contacts_after(self, key: int, limit: int) -> list[tuple[int, Contact]]:
        """The next contacts of all, with their keys, in the order in which they became known."""
        with self._reading() as link:
            return contacts.load_after(link, key, limit)

    def events_of(
        self, contact: str, before: tuple[datetime, int] | None, limit: int
    ) -> list[tuple[int, Event]]:
        """What a contact did, with row numbers, the latest first: before an instant and row, or all."""
        with self._reading() as link:
            key = contacts.find_keys(link, [contact]).get(contact, 0)
            return events.load_latest(link, key, contact, before, limit)

    def enrollments(self, contact: str) -> list[Enrollment]:
        """All of a contact, left or not, in order of entry."""
        with self._reading() as link:
            key = contacts.find_keys(link, [contact]).get(contact, 0)
            return positions.load_of_contact(link, key, self._names.texts(link))

    def traces(self, contact: str, journey: str | None = None) -> list[TraceRecord]:
        """What was done about a contact and why, in the order in which it was written."""
        with self._reading() as link:
            key = contacts.find_keys(link, [contact]).get(contact, 0)
            only = None if journey is None else self._names.find(link, journey)
            return traces.load_traces(link, key, only, self._names.texts(link))

    def last_trace(self) -> int:
        """The number of the newest row of the trace."""
        with self._reading() as link:
            return traces.last_id(link)

    def traces_since(self, after: int) -> tuple[int, list[tuple[str, TraceRecord]]]:
        """What was written after that row, with contact ids; and the number of the newest row."""
        with self._reading() as link:
            return traces.load_since(link, after, self._names.texts(link))

    def counters(self, journey: str | None = None) -> dict[Figure, int]:
        """Figures by (journey, step, what)."""
        with self._reading() as link:
            only = None if journey is None else self._names.find(link, journey)
            return counters.load_counters(link, self._names.texts(link), only)

    def figures(self) -> dict[str, JourneyFigures]:
        """Status figures by journey, counted from rows."""
        with self._reading() as link:
            return queries.load_figures(link, self._names.texts(link))

    def pools(self, now: datetime) -> list[Pool]:
        """The pools of coupon codes, by name."""
        with self._reading() as link:
            return coupons.pools(link, now)

    def trials(self) -> list[TrialRecord]:
        """Splits with a winner, by journey and step, the oldest first."""
        with self._reading() as link:
            return trials.load(link, self._names.texts(link))

    def contacts_by_stage(self) -> dict[str | None, int]:
        """How many contacts are in each stage of the lifecycle; None for those in none."""
        with self._reading() as link:
            return queries.load_stages(link)

    def counts(self) -> dict[str, int]:
        """How many rows there are of each kind."""
        with self._reading() as link:
            return queries.load_counts(link)

    def digest(self) -> str:
        """A fingerprint of who is where and how they left; the same for any run over the same facts."""
        with self._reading() as link:
            return digests.digest_enrollments(link)

    def messages_digest(self) -> str:
        """A fingerprint of what was sent and dropped."""
        with self._reading() as link:
            return digests.digest_messages(link)

    def people_digest(self) -> str:
        """A fingerprint of all that is known of contacts, and of their history; the same in any database."""
        with self._reading() as link:
            link.hold_still()
            link.take_time()
            return digests.digest_people(Extract(link, self._names))

    # --- transactions --------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Link]:
        """A snapshot; on SQLite it waits for no writer."""
        try:
            with self._engine.connect() as connection:
                yield Link(connection)
        except DBAPIError as error:
            raise explained(error) from error

    @contextmanager
    def _writing(self, name: str = "upgrade") -> Iterator[Link]:
        """Commit at the end, or roll back on any exception; the database's own complaints as StoreError."""
        try:
            with self._one_writer() as connection, connection.begin():
                yield Link(connection)
                self._pass(f"{name}:before_commit")
        except BaseException as error:
            self._names.forget()
            if isinstance(error, DBAPIError):
                raise explained(error) from error
            raise
        self._pass(f"{name}:after_commit")

    @contextmanager
    def _one_writer(self) -> Iterator[Connection]:
        if not self.is_sqlite:
            with self._engine.connect() as connection:
                yield connection
            return
        with self._lock:
            if self._writer is None:
                self._writer = self._engine.connect().execution_options(**{WRITES: True})
            yield self._writer

    def _pass(self, point: str) -> None:
        if self.crash_points is not None:
            self.crash_points(point)
