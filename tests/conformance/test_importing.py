"""What an import lets through, every database must be able to keep; on a SQLite file and on PostgreSQL."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.intake.rows import contact_rows, event_rows
from engine.language.catalog import Catalog
from engine.model.policy import Policy
from engine.service.import_contacts import import_contacts
from engine.service.import_events import import_events
from engine.service.importing import Import, Imported
from engine.service.running import load_running
from engine.store.database import Store

NOW = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
LONG = "𝄞" * 255  # four bytes each
STRANGE: dict[str, Any] = {
    "nothing": None,
    "zero": "a\x00b",
    "huge": 10**40,
    "small": 1e-308,
    "letters": "‮עברית 👩‍🚀 \u2028",
    "nested": [[{"a": [1, None, {"": ""}]}]],
    "": "no name",
}


def bring(store: Store, what: str, *lines: dict[str, Any], trigger: bool = False) -> Imported:
    text = "\n".join(json.dumps(line) for line in lines).encode()
    file = io.BufferedReader(io.BytesIO(text))  # type: ignore[arg-type]
    how = Import(store, load_running(store, Policy(), None), NOW, trigger)
    if what == "contacts":
        return import_contacts(how, contact_rows(file, "a.jsonl", Catalog()))
    return import_events(how, event_rows(file, "a.jsonl", Catalog(), now=NOW, early=timedelta(minutes=5)))


def track(id: str, **more: Any) -> dict[str, Any]:
    told = {"type": "track", "userId": id, "event": "Seen", "timestamp": "2026-01-05T10:00:00Z"}
    return {**told, "messageId": f"{id[:200]}-1", **more}


def test_strange_contacts_come_back_as_they_were(store: Store) -> None:
    told = {
        "topics": {"a\x00": True},
        "consent_source": "fair",
        "suppressed": {"email": "because\x00"},
        "created_at": "0001-01-01",
    }
    done = bring(store, "contacts", {"id": LONG, "email": "a@b", **told, **STRANGE}, {"email": "ü@ü.example"})
    assert (done.stored, done.rejected) == (2, 0), done.examples
    found = store.contact(LONG)
    assert found is not None
    assert dict(found.attributes) == STRANGE
    assert (dict(found.topics), dict(found.suppressed)) == ({"a\x00": True}, {"email": "because\x00"})
    assert found.created_at == datetime(1, 1, 1, tzinfo=UTC)
    assert store.contact("ü@ü.example") is not None


def test_strange_events_come_back_as_they_were(store: Store) -> None:
    lines = [
        track("u1", properties=STRANGE),
        track(LONG, event=LONG, timestamp="1900-01-01T00:00:00Z"),
        track("u2", timestamp="2026-03-28T19:59:59.999999Z", messageId=LONG),
    ]
    done = bring(store, "events", *lines)
    assert (done.stored, done.created, done.rejected) == (3, 3, 0), done.examples
    assert bring(store, "events", *lines).duplicates == 3
    with store.page() as page:
        cases = page.load(store.keys(["u1", "u2", LONG]).values(), now=NOW, events=["Seen", LONG])
    events = {case.contact.id: event for case in cases for kind in case.history.values() for event in kind}
    assert dict(events["u1"].properties) == STRANGE
    assert events["u2"].at == datetime(2026, 3, 28, 19, 59, 59, 999_999, tzinfo=UTC)
    assert events[LONG].at.year == 1900


def test_a_message_id_counts_once_whatever_comes_first(store: Store) -> None:
    said = {"type": "identify", "userId": "u1", "messageId": "i-1", "traits": {"plan": "gold"}}
    later = {"type": "identify", "userId": "u1", "messageId": "i-2", "traits": {"plan": "silver"}}
    assert bring(store, "events", track("u1"), said, track("u1"), said, later).duplicates == 2
    assert bring(store, "events", said, track("u1")).stored == 0
    assert bring(store, "events", said, trigger=True).stored == 0
    found = store.contact("u1")
    assert found is not None
    assert dict(found.attributes) == {"plan": "silver"}
