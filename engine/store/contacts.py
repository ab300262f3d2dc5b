"""Contacts: found or made by the shop's id, loaded by key, saved when changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace

from engine.model.consent import statements, to_be_confirmed
from engine.model.contact import Contact
from engine.model.policy import Topic
from engine.model.proof import Said
from engine.model.suppression import Suppression, addresses_of, as_reason
from engine.store import consents, former, suppressions
from engine.store.faults import StaleError
from engine.store.instants import EPOCH, MICROSECOND, micros, micros_or_none
from engine.store.link import Link, Row, inserting, updating
from engine.store.texts import text_or_none, value_of

T = TypeVar("T")

#: What `contact_of` reads, in its order; so many they are.
COLUMNS = (
    "c.id, c.email, c.phone, c.timezone, c.locale, c.stage, c.created_at, "
    "c.attributes, c.topics, c.consents, c.suppressed, c.paused_until"
)
WIDTH = 12
_VALUES = {
    "email": "text",
    "phone": "text",
    "timezone": "text",
    "locale": "text",
    "stage": "text",
    "created_at": "bigint",
    "attributes": "text",
    "topics": "text",
    "consents": "text",
    "suppressed": "text",
    "paused_until": "bigint",
    "updated_at": "bigint",
}
_UPDATE = updating("contact", _VALUES, {"key": "bigint"})
_INSERT = inserting("contact", {"id": "text", **_VALUES}, "ON CONFLICT (id) DO NOTHING")


def contact_of(row: Row) -> Contact:
    """A contact from a row of COLUMNS. Runs once for every advance."""
    # fmt: off
    (
        id, email, phone, timezone, locale, stage, created_at,
        attributes, topics, consents, suppressed, paused_until,
    ) = row
    # fmt: on
    return Contact(
        id,
        email,
        phone,
        timezone,
        locale,
        stage,
        None if created_at is None else EPOCH + created_at * MICROSECOND,
        {} if attributes is None else value_of(attributes),
        {} if topics is None else value_of(topics),
        {} if consents is None else value_of(consents),
        {} if suppressed is None else value_of(suppressed),
        None if paused_until is None else EPOCH + paused_until * MICROSECOND,
    )


def lock(link: Link, keys: Collection[int]) -> Collection[int]:
    """Two processes never work on one contact at once; those that are still there. SQLite has one writer
    anyway."""
    if not (link.is_postgres and keys):
        return keys
    sql = "SELECT key FROM contact WHERE key = ANY(?) ORDER BY key FOR UPDATE"
    return {row[0] for row in link.rows(sql, sorted(keys))}


def load_contacts(link: Link, keys: Sequence[int]) -> dict[int, Contact]:
    """By key, in the order of keys."""
    sql = (
        f"SELECT c.key, {COLUMNS} FROM {link.these()} CROSS JOIN contact c WHERE c.key = k.value"
        f"{link.order('c.key')}"
    )
    return {row[0]: contact_of(row[1:]) for row in link.rows(sql, link.pack(keys))}


def load_after(link: Link, key: int, size: int) -> list[tuple[int, Contact]]:
    """The next contacts of all, in order of key."""
    sql = f"SELECT c.key, {COLUMNS} FROM contact c WHERE c.key > ? ORDER BY c.key LIMIT ?"
    return [(row[0], contact_of(row[1:])) for row in link.rows(sql, key, size)]


def find_keys(link: Link, ids: Iterable[str]) -> dict[str, int]:
    """The keys of those that exist, by each id that they have or had before they were merged."""
    wanted = list(dict.fromkeys(ids))
    sql = f"SELECT c.id, c.key FROM {link.these(kind='text')} CROSS JOIN contact c WHERE c.id = k.value"
    known: dict[str, int] = dict(link.rows(sql, link.pack(wanted)))
    unknown = [id for id in wanted if id not in known]
    return known | former.keys_of(link, unknown) if unknown else known


def keys_of(link: Link, ids: Iterable[str], now: datetime) -> dict[str, int]:
    """The keys of all; an unknown id becomes a contact. Locks them."""
    wanted, seen = list(dict.fromkeys(ids)), frozenset[str]()
    while True:
        known = find_keys(link, wanted)
        if not seen <= known.keys():
            raise StaleError("A contact was erased in the meantime.", "Load the page again.")
        missing = sorted(id for id in wanted if id not in known)
        if missing:
            _insert(link, [Contact(id, created_at=now) for id in missing], now)
            known = find_keys(link, wanted)
        if _are_all_locked(link, known):
            return known
        seen = frozenset(known)


def _are_all_locked(link: Link, known: Mapping[str, int]) -> bool:
    """False if one of them was merged into another contact while we waited: then look again."""
    keys = set(known.values())
    return len(lock(link, keys)) == len(keys)


def save_contacts(link: Link, contacts: Iterable[tuple[int, Contact]], now: datetime) -> None:
    """All values of contacts that exist, by key. Who has a suppressed address is suppressed from now on."""
    several = list(contacts)
    marked = _marked(link, [contact for _, contact in several])
    rows = [(*_values(marked.get(contact.id, contact), now), key) for key, contact in several]
    link.run_many(_UPDATE, rows)


def _marked(link: Link, contacts: Sequence[Contact]) -> dict[str, Contact]:
    reachable = [one for one in contacts if one.email or one.phone or one.attributes]
    return suppressions.marked(link, reachable) if reachable else {}


def put_contacts(
    link: Link,
    contacts: Sequence[Contact],
    merge: bool,
    now: datetime,
    source: str,
    topics: Mapping[str, Topic],
) -> tuple[int, list[int]]:
    """An import: how many were new, and the keys of those others that came out different."""
    ids = [contact.id for contact in contacts]
    known = find_keys(link, ids)
    unknown = _joined((one for one in contacts if one.id not in known), merge, lambda one: one.id)
    created = [
        replace(to_be_confirmed(one, Contact(one.id), topics), created_at=one.created_at or now)
        for _, one in sorted(unknown.items())
    ]
    _insert(link, created, now)
    while not _are_all_locked(link, known):
        known = {id: key for id, key in find_keys(link, ids).items() if id not in unknown}
    told = _joined((one for one in contacts if one.id in known), merge, lambda one: known[one.id])
    changed: list[tuple[int, Contact]] = []
    said: list[tuple[int, list[Said]]] = []
    blocked: list[tuple[Contact, Collection[str]]] = [(one, one.suppressed) for one in created]
    for key, old in load_contacts(link, sorted(told)).items():
        news = to_be_confirmed(told[key], old, topics)
        new = old.told(news) if merge else replace(news, id=old.id, created_at=old.created_at, proof=None)
        said.append((key, list(statements(old, new, news, source, now))))
        blocked.append((new, news.suppressed))
        if new != old:
            changed.append((key, new))
    block(link, blocked, source, now)
    save_contacts(link, changed, now)
    consents.put(link, consents.news(link, said, now) + _said_by_new(link, created, source, now), now)
    return len(created), [key for key, _ in changed]


def _said_by_new(
    link: Link, created: Sequence[Contact], source: str, now: datetime
) -> list[tuple[int, list[Said]]]:
    speaking = {one.id: one for one in created if one.topics or one.consents}
    keys = find_keys(link, speaking) if speaking else {}
    return [(keys[id], list(statements(Contact(id), one, one, source, now))) for id, one in speaking.items()]


def block(link: Link, told: Iterable[tuple[Contact, Collection[str]]], source: str, now: datetime) -> None:
    """The addresses of contacts of whom it was told that these channels are suppressed go onto the list.
    Where there is no address yet, the contact's own row says it."""
    blocked = [
        Suppression(channel, address, as_reason(contact.suppressed[channel]), now, source)
        for contact, channels in told
        if channels
        for channel, address in addresses_of(contact).items()
        if channel in channels
    ]
    suppressions.put(link, blocked)


def _joined(contacts: Iterable[Contact], merge: bool, who: Callable[[Contact], T]) -> dict[T, Contact]:
    """One contact may stand several times in a file; the later line speaks last."""
    given: dict[T, Contact] = {}
    for contact in contacts:
        earlier = given.get(who(contact))
        joined = earlier.told(contact) if earlier and merge else contact
        given[who(contact)] = replace(joined, proof=contact.proof or (earlier and earlier.proof))
    return given


def _insert(link: Link, contacts: Sequence[Contact], now: datetime) -> None:
    marked = _marked(link, contacts)
    rows = [(one.id, *_values(marked.get(one.id, one), now)) for one in contacts]
    link.run_many(_INSERT, rows)


def _values(contact: Contact, now: datetime) -> tuple[Any, ...]:
    return (
        contact.email,
        contact.phone,
        contact.timezone,
        contact.locale,
        contact.stage,
        micros_or_none(contact.created_at),
        text_or_none(contact.attributes),
        text_or_none(contact.topics),
        text_or_none(contact.consents),
        text_or_none(contact.suppressed),
        micros_or_none(contact.paused_until),
        micros(now),
    )
