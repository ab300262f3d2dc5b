"""What whoever watches the daemon is told: as Prometheus's own parser reads it, against what was done."""

from __future__ import annotations

import http.client
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.test_daemon_processes import Shop, until
from tests.acceptance.test_ingestion import Door, key_of, listening, track
from tests.acceptance.test_load import TICKING

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    shop = Shop(tmp_path / "shop", "http: { port: 0 }\n")
    shop.run("apply")
    with listening(shop) as door:
        yield door


def asked(door: Door, headers: dict[str, str] | None = None) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", door.port, timeout=30)) as connection:
        connection.request("GET", "/metrics", headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def figures(door: Door) -> Figures:
    status, text = asked(door)
    assert status == 200
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for it in families for one in it.samples}


def test_it_tells_what_came_and_what_waits(door: Door) -> None:
    who = {"type": "identify", "userId": "ada", "messageId": "i1", "traits": {"email": "ada@shop.example"}}
    assert door.post("/v1/batch", {"batch": [who, track("ada", "m1"), track("ada", "m1"), 5]})[0] == 200
    assert door.post("/v1/batch", b"rubbish")[0] == 400
    found = figures(door)
    became = {
        labels[0][1]: value for (name, labels), value in found.items() if name == "journeys_items_total"
    }
    assert became == {"change": 1, "event": 1, "duplicate": 1, "rejected": 1}
    assert found["journeys_requests_refused_total", (("status", "400"),)] == 1
    assert found["journeys_inbox_items", ()] == found["journeys_inbox_bytes", ()] == 0
    assert found["journeys_running", ()] == 1
    assert found["journeys_lateness_seconds", ()] < 3_600
    assert found["process_resident_memory_bytes", ()] > 1_000_000
    until(lambda: not [key for key in figures(door) if key[0] == "journeys_outbox_messages"])
    assert "ada" not in asked(door)[1], "no contact is named"


def test_it_tells_of_timers_that_are_overdue_and_of_messages_that_wait(tmp_path: Path) -> None:
    """Another program holds the database, so that nobody can take a step; and the relay says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        relay = f"smtp: {{ host: 127.0.0.1, port: {mute.getsockname()[1]}, tls: none }}\n"
        shop = Shop(tmp_path / "shop", "http: { port: 0 }\ndelivery: { email: smtp }\n" + relay)
        (shop.folder / "journeys" / "ticking.yaml").write_text(TICKING)
        shop.run("apply")
        with listening(shop) as door:
            watch_it_stall(door)


def watch_it_stall(door: Door) -> None:
    told = {"type": "identify", "userId": "bob", "messageId": "i2", "traits": {"email": "bob@shop.example"}}
    tick = {"type": "track", "userId": "bob", "event": "Tick Wanted", "messageId": "m3"}
    assert door.post("/v1/batch", {"batch": [told, track("bob", "m2"), tick]})[0] == 200
    until(lambda: waiting(door) == 1)
    with closing(sqlite3.connect(door.shop.folder / "journeys.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        until(lambda: figures(door)["journeys_lateness_seconds", ()] > 3)
        assert figures(door)["journeys_walk_age_seconds", ()] > 1
        other.execute("ROLLBACK")
    until(lambda: figures(door)["journeys_lateness_seconds", ()] < 3)


def waiting(door: Door) -> float:
    """Mails in the outbox, whatever their state."""
    return sum(
        value
        for (name, labels), value in figures(door).items()
        if name == "journeys_outbox_messages" and dict(labels)["channel"] == "email"
    )


def test_strangers_are_not_told(tmp_path: Path) -> None:
    """Behind a public address only an admin key reads it."""
    config = "http: { port: 0, public_url: https://mail.shop.example }\n"
    shop = Shop(tmp_path / "shop", config)
    shop.run("apply")
    create = ("keys", "create", "--admin", "--name", "prometheus", "--scope")
    reader, other = (shop.run(*create, scope).stdout.strip() for scope in ("journeys:read", "events:write"))
    sender = key_of(shop)
    with listening(shop) as door:
        assert asked(door)[0] == 401
        assert asked(door, {"Authorization": f"Bearer {sender}"})[0] == 401
        assert asked(door, {"Authorization": f"Bearer {other}"})[0] == 403
        status, text = asked(door, {"Authorization": f"Bearer {reader}"})
        assert status == 200
        assert "journeys_lateness_seconds" in text
