"""The record of consent: who said what of a channel or topic, when, where, and to which words. Rows stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.model.proof import Said
from engine.store.instants import instant, micros
from engine.store.link import Link, inserting
from engine.store.texts import cell, mapping_of, text_or_none

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
