"""The record of consent: who said what of a channel or topic, when, where, and to which words. Rows stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.calendar.instants import as_instant
from engine.model.contact import Contact
from engine.model.proof import Proof, Said
from engine.store.instants import instant, micros
from engine.store.link import Link, inserting
from engine.store.texts import cell, mapping_of, text_or_none

#: A channel or a topic.
About = tuple[str | None, str | None]

#: The source of a yes that is older than the record.
BEFORE_RECORDS: Final = "before there was a record"

_INSERT = inserting(
    "consent",
    {
        "contact": "bigint",
        "channel": "text",
        "topic": "text",
        "state": "text",
        "source": "text",
        "at": "bigint",
        "recorded_at": "bigint",
        "wording": "text",
        "proof": "text",
    },
)


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A statement, and when we heard of it."""

    said: Said
    recorded_at: datetime


def put(link: Link, said: Sequence[tuple[int, Iterable[Said]]], now: datetime) -> None:
    """Statements by contact, in order."""
    rows = [
        (
            key,
            cell(one.channel),
            cell(one.topic),
            one.state,
            cell(one.source),
            micros(one.at),
            micros(now),
            cell(one.wording),
            text_or_none(one.details),
        )
        for key, statements in said
        for one in statements
    ]
    link.run_many(_INSERT, rows)


def load(link: Link, contact: int) -> list[ConsentRecord]:
    """All of a contact, in the order in which they came in."""
    sql = (
        "SELECT channel, topic, state, source, at, wording, proof, recorded_at FROM consent "
        "WHERE contact = ? ORDER BY id"
    )
    return [
        ConsentRecord(
            Said(channel, topic, state, source, instant(at), wording, mapping_of(proof)), instant(recorded_at)
        )
        for channel, topic, state, source, at, wording, proof, recorded_at in link.rows(sql, contact)
    ]


def load_proofs(link: Link, known: Mapping[int, Contact]) -> dict[int, Proof]:
    """What shows that the yes of these contacts was one, for those who said yes to anything.

    Where one row cannot say it of all their answers, its source names all of them.
    """
    last = _load_last(link, known)
    found = {key: _proof_of(one, last.get(key, {})) for key, one in known.items()}
    return {key: proof for key, proof in found.items() if proof is not None}


def news(
    link: Link, said: Sequence[tuple[int, Sequence[Said]]], now: datetime
) -> list[tuple[int, list[Said]]]:
    """What is not on record yet: a file that is imported every night says nothing new.

    The same answer from the same source, without a time of its own, is the same statement.
    """
    last = _load_last(link, {key for key, statements in said if statements})

    def is_known(key: int, one: Said) -> bool:
        before = last.get(key, {}).get((one.channel, one.topic))
        if before is None or one.at not in (before.at, now):
            return False
        return _without_time(before) == _without_time(one)

    return [(key, [one for one in statements if not is_known(key, one)]) for key, statements in said]


def _without_time(said: Said) -> tuple[object, ...]:
    return said.state, said.source, said.wording, dict(said.details)


def _load_last(link: Link, keys: Collection[int]) -> dict[int, dict[About, Said]]:
    """What contacts said last, by key, of each channel and topic."""
    if not keys:
        return {}
    sql = (
        "SELECT c.contact, c.channel, c.topic, c.state, c.source, c.at, c.wording, c.proof FROM "
        f"{link.these()} CROSS JOIN consent c WHERE c.contact = k.value ORDER BY c.contact, c.id"
    )
    last: dict[int, dict[About, Said]] = {}
    for key, channel, topic, state, source, at, wording, proof in link.rows(sql, link.pack(keys)):
        said = Said(channel, topic, state, source, instant(at), wording, mapping_of(proof))
        last.setdefault(key, {})[channel, topic] = said
    return last


def _proof_of(contact: Contact, last: Mapping[About, Said]) -> Proof | None:
    wanted: list[About] = [(None, topic) for topic, answer in contact.topics.items() if answer]
    wanted += [(channel, None) for channel, answer in contact.consents.items() if answer]
    if not wanted:
        return None
    proofs = [
        _as_proof(last[one]) if one in last and last[one].state == "yes" else Proof(BEFORE_RECORDS)
        for one in wanted
    ]
    if all(proof == proofs[0] for proof in proofs):
        return proofs[0]
    return Proof("; ".join(dict.fromkeys(proof.source or "" for proof in proofs)))


def _as_proof(said: Said) -> Proof:
    details = dict(said.details)
    confirmed_at = details.pop("confirmed_at", None)
    return Proof(said.source, said.at, said.wording, as_instant(confirmed_at), details)
