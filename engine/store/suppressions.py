"""The suppression list: by address, so that it holds for whoever has the address, now or later.

Addresses are found by a keyed hash (HMAC-SHA256, RFC 2104), under a key of this database that never changes:
of erased people nothing else is kept, and without the key nobody can try addresses out. What the contact's
own row says of it is a copy, for the release of messages and for people; the sender asks the list itself.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from msgspec import structs

from engine.model.contact import Contact
from engine.model.suppression import ID, REASONS, Reason, Suppression, addresses_of, normalised, stronger
from engine.store.instants import instant, micros
from engine.store.link import Link, inserting
from engine.store.texts import cell, mapping_of
from engine.store.versions import load_setting, put_setting

#: The setting that holds the key. Losing it would let erased people in again.
KEY = "suppression_key"

_INSERT = inserting(
    "suppression",
    {
        "channel": "text",
        "mark": "text",
        "address": "text",
        "reason": "text",
        "at": "bigint",
        "source": "text",
        "detail": "text",
    },
    "ON CONFLICT (channel, mark) DO UPDATE SET address = excluded.address, reason = excluded.reason, "
    "at = excluded.at, source = excluded.source, detail = excluded.detail",
)
_PAGE = 5_000

#: A channel and an address, or the shop's id of somebody (channel `ID`).
Address = tuple[str, str]


class Marks:
    """Makes keyed hashes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mark(self, address: Address) -> str:
        """SMS and WhatsApp have one number, but each its own mark."""
        channel, text = address
        said = f"{channel}\n{normalised(channel, text)}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, said, sha256).hexdigest()


def marks_of(link: Link) -> Marks:
    """With the key of this database; the first time one is drawn by lot."""
    key = load_setting(link, KEY)
    if key is None:
        key = secrets.token_hex(32)
        put_setting(link, KEY, key)
    return Marks(bytes.fromhex(key))


def is_empty(link: Link) -> bool:
    """Whether nobody at all is suppressed, as in a new shop."""
    return link.value("SELECT 1 FROM suppression LIMIT 1") is None


def has_erased(link: Link) -> bool:
    """Whether anybody was ever erased."""
    return link.value("SELECT 1 FROM suppression WHERE channel = ? LIMIT 1", ID) is not None


# --- write ---------------------------------------------------------------------------------------


def put(link: Link, given: Sequence[Suppression]) -> int:
    """Suppress addresses; how many were not suppressed for that or a stronger reason already."""
    if not given:
        return 0
    marks = marks_of(link)
    wanted: dict[Address, Suppression] = {}
    for one in given:
        if one.address is not None:
            at = (one.channel, marks.mark((one.channel, one.address)))
            known = wanted.get(at)
            wanted[at] = one if known is None or stronger(one.reason, known.reason) != known.reason else known
    there = _reasons(link, wanted)
    news = {at: one for at, one in wanted.items() if _is_news(one, there.get(at))}
    rows = [(*at, *_columns(one)) for at, one in sorted(news.items(), key=lambda item: item[0])]
    link.run_many(_INSERT, rows)
    return len(news)


def _is_news(one: Suppression, there: Reason | None) -> bool:
    return there is None or (one.reason != there and stronger(one.reason, there) == one.reason)


def _columns(one: Suppression) -> tuple[object, ...]:
    address = None if one.reason == "erased" else cell(one.address)
    return (address, one.reason, micros(one.at), cell(one.source), cell(one.detail))


def remove(link: Link, addresses: Collection[Address]) -> list[Suppression]:
    """Take addresses off the list; those that were on it, as they stood there."""
    marks = marks_of(link)
    gone = []
    for channel, address in addresses:
        sql = (
            "DELETE FROM suppression WHERE channel = ? AND mark = ? "
            "RETURNING channel, address, reason, at, source, detail"
        )
        gone += [_suppression(row) for row in link.rows(sql, channel, marks.mark((channel, address)))]
    return gone


# --- ask -----------------------------------------------------------------------------------------


def reasons(link: Link, addresses: Collection[Address]) -> dict[Address, Reason]:
    """Why nothing goes to these addresses, of those that are suppressed."""
    if not addresses or is_empty(link):
        return {}
    marks = marks_of(link)
    by_mark = {address: (address[0], marks.mark(address)) for address in addresses}
    there = _reasons(link, set(by_mark.values()))
    return {address: there[mark] for address, mark in by_mark.items() if mark in there}


def _reasons(link: Link, marks: Collection[Address]) -> dict[Address, Reason]:
    """By channel and mark."""
    found: dict[Address, Reason] = {}
    for channel in sorted({channel for channel, _ in marks}):
        sql = (
            f"SELECT s.mark, s.reason FROM {link.these(kind='text')} CROSS JOIN suppression s "
            "WHERE s.channel = ? AND s.mark = k.value"
        )
        given = link.pack(sorted(mark for of, mark in marks if of == channel))
        found |= {(channel, mark): reason for mark, reason in link.rows(sql, given, channel)}
    return found


def meets_erased(link: Link, told: Iterable[Contact]) -> bool:
    """Whether somebody among them was erased, by id or address; nobody is let in by asking."""
    if not has_erased(link):
        return False
    marks = marks_of(link)
    return bool(_erased_at(link, {(of, marks.mark((of, at))) for one in told for of, at in _names_of(one)}))


def refuse_erased(link: Link, told: Iterable[Contact]) -> set[str]:
    """The ids of those who were erased, by id or address. Who confirmed an opt-in later is let in."""
    if not has_erased(link):
        return set()
    marks = marks_of(link)
    names = [(one, {(of, marks.mark((of, at))) for of, at in _names_of(one)}) for one in told]
    erased_at = _erased_at(link, {mark for _, those in names for mark in those})
    refused: set[str] = set()
    for one, those in names:
        met = those & erased_at.keys()
        if not met:
            continue
        confirmed_at = None if one.proof is None else one.proof.confirmed_at
        if confirmed_at is None or confirmed_at <= max(erased_at[mark] for mark in met):
            refused.add(one.id)
        else:
            _delete(link, met)
            erased_at = {mark: at for mark, at in erased_at.items() if mark not in met}
    return refused


def _names_of(contact: Contact) -> list[Address]:
    """What somebody is known by who was erased."""
    return [(ID, contact.id), *addresses_of(contact).items()]


def _erased_at(link: Link, marks: Collection[Address]) -> dict[Address, datetime]:
    found: dict[Address, datetime] = {}
    for channel in sorted({channel for channel, _ in marks}):
        sql = (
            f"SELECT s.mark, s.at FROM {link.these(kind='text')} CROSS JOIN suppression s "
            "WHERE s.channel = ? AND s.mark = k.value AND s.reason = 'erased'"
        )
        given = link.pack(sorted(mark for of, mark in marks if of == channel))
        found |= {(channel, mark): instant(at) for mark, at in link.rows(sql, given, channel)}
    return found


def _delete(link: Link, marks: Collection[Address]) -> None:
    for channel, mark in sorted(marks):
        link.run("DELETE FROM suppression WHERE channel = ? AND mark = ?", channel, mark)


def marked(link: Link, contacts: Iterable[Contact]) -> dict[str, Contact]:
    """Those of these contacts, by id, whose addresses are suppressed and whose row does not say so yet."""
    several = list(contacts)
    wanted = {contact.id: addresses_of(contact) for contact in several}
    found = reasons(link, {item for addresses in wanted.values() for item in addresses.items()})
    if not found:
        return {}
    changed = {}
    for contact in several:
        why = {
            channel: found[channel, address]
            for channel, address in wanted[contact.id].items()
            if (channel, address) in found and contact.suppressed.get(channel) in (None, *REASONS)
        }
        if not why.items() <= contact.suppressed.items():
            changed[contact.id] = structs.replace(contact, suppressed={**contact.suppressed, **why})
    return changed


def load(link: Link, after: Address = ("", ""), limit: int = _PAGE) -> list[tuple[Address, Suppression]]:
    """A part of the list, in order of channel and mark; with the place to go on from."""
    sql = (
        "SELECT channel, address, reason, at, source, detail, mark FROM suppression "
        "WHERE (channel, mark) > (?, ?) ORDER BY channel, mark LIMIT ?"
    )
    return [((row[0], row[6]), _suppression(row[:6])) for row in link.rows(sql, *after, limit)]


def entries(link: Link, addresses: Collection[Address]) -> list[Suppression]:
    """What the list holds of these addresses; of an erased one without the address."""
    if not addresses or is_empty(link):
        return []
    marks = marks_of(link)
    sql = (
        "SELECT channel, address, reason, at, source, detail FROM suppression WHERE channel = ? AND mark = ?"
    )
    return [
        _suppression(row)
        for channel, address in addresses
        for row in link.rows(sql, channel, marks.mark((channel, address)))
    ]


def counts(link: Link) -> Mapping[str, int]:
    """How many addresses are suppressed, by reason."""
    return dict(link.rows("SELECT reason, count(*) FROM suppression WHERE channel <> ? GROUP BY reason", ID))


def _suppression(row: Sequence[object]) -> Suppression:
    channel, address, reason, at, source, detail = row
    return Suppression(channel, address, reason, instant(at), source, detail)  # type: ignore[arg-type]


# --- whose they are ------------------------------------------------------------------------------


def holders(link: Link, addresses: Collection[Address]) -> list[int]:
    """The contacts that have one of these addresses: one look at all of them, however many addresses."""
    wanted = {(channel, normalised(channel, address)) for channel, address in addresses}
    channels = {channel for channel, _ in wanted}
    return [
        key
        for key, contact in _reachable(link, with_push="push" in channels)
        if any((of, normalised(of, at)) in wanted for of, at in addresses_of(contact).items())
    ]


def _reachable(link: Link, *, with_push: bool) -> Iterator[tuple[int, Contact]]:
    """All contacts with what their addresses are made of, in pages."""
    attributes = "attributes" if with_push else "NULL"
    sql = f"SELECT key, email, phone, {attributes} FROM contact WHERE key > ? ORDER BY key LIMIT ?"
    after = 0
    while rows := link.rows(sql, after, _PAGE):
        for key, email, phone, text in rows:
            yield key, Contact("", email, phone, attributes=mapping_of(text))
        after = rows[-1][0]


def without(contact: Contact, addresses: Collection[Address]) -> Contact:
    """The contact's copy of the list without these addresses."""
    gone = {(channel, normalised(channel, address)) for channel, address in addresses}
    its = {of for of, at in addresses_of(contact).items() if (of, normalised(of, at)) in gone}
    kept = {channel: why for channel, why in contact.suppressed.items() if channel not in its}
    return structs.replace(contact, suppressed=kept)
