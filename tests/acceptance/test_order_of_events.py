"""A daemon that is told everything at once, twice, out of order, too late, and partly nonsense, over HTTP.

`python -m tests.acceptance.test_order_of_events 100000` does the same with more events, and says how long it
took; the suite does it with fewer.
"""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tests.acceptance.test_daemon_processes import Shop, heard, until
from tests.support import messy

BATCH, CLIENTS = 100, 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a database says of it. What was dated ahead counts as of its receipt, which no two runs share."""

    history: set[tuple[str, str, str, datetime]]
    members: set[tuple[str, str]]
    standing: messy.Standing
    rejected: int


def send(port: int, batches: Sequence[list[dict[str, Any]]]) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for batch in batches:
            body = json.dumps({"batch": batch}).encode()
            until(partial(is_taken, connection, body), seconds=120)


def is_taken(connection: http.client.HTTPConnection, body: bytes) -> bool:
    """Whether it is; while too much is waiting, a client comes again."""
    connection.request("POST", "/v1/batch", body)
    answer = connection.getresponse()
    answer.read()
    assert answer.status in (200, 429), answer.status
    return answer.status == 200


def run(folder: Path, messages: Sequence[dict[str, Any]], clients: int, start: datetime) -> Outcome:
    shop = Shop(folder, "http: { port: 0 }\n")
    for path, text in messy.files().items():
        (folder / path).write_bytes(text)
    (folder / "journeys" / "welcome.yaml").unlink()
    shop.run("apply")
    batches = [list(messages[begin : begin + BATCH]) for begin in range(0, len(messages), BATCH)]
    with shop.daemon() as daemon:
        port = int(heard(daemon, "listening on ")[-1].rpartition(":")[2])
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(lambda one: send(port, batches[one::clients]), range(clients)))
        until(lambda: not looks_due(folder))
    assert "sound" in shop.run("db", "check").stdout
    return outcome(folder, start)


def looks_due(folder: Path) -> bool:
    now = int(time.time() * 1_000_000)
    return bool(rows(folder, "SELECT count(*) FROM segment_member WHERE look_at <= ?", now)[0][0])


def rows(folder: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "journeys.db")) as database:
        return database.execute(sql, values).fetchall()


def outcome(folder: Path, start: datetime) -> Outcome:
    def at(micros: int) -> datetime:
        return min(_EPOCH + timedelta(microseconds=micros), start)

    events = rows(
        folder,
        "SELECT e.message_id, c.id, e.name, e.at FROM event e JOIN contact c ON c.key = e.contact "
        "WHERE e.message_id LIKE 'm%'",
    )
    members = rows(
        folder,
        "SELECT c.id, n.text FROM segment_member m JOIN contact c ON c.key = m.contact "
        "JOIN name n ON n.id = m.segment WHERE m.is_member",
    )
    passes = rows(
        folder,
        "SELECT c.id, n.text, e.entry_key, e.reason, e.triggered_at, e.triggered_by FROM enrollment e "
        "JOIN contact c ON c.key = e.contact JOIN name n ON n.id = e.journey "
        "WHERE n.text <> 'followers' ORDER BY e.left_at IS NULL, e.id",
    )
    standing: messy.Standing = {}
    for contact, journey, key, reason, triggered_at, trigger in passes:
        inside = ("in", at(triggered_at), json.loads(trigger).get("n"))
        standing[contact, journey, key] = inside if reason is None else (reason, None, None)
    rejected = rows(folder, "SELECT count(*) FROM rejected_item")[0][0]
    return Outcome({(*one[:3], at(one[3])) for one in events}, set(members), standing, rejected)


def expected(delivery: messy.Delivery, now: datetime) -> Outcome:
    clean = delivery.clean
    return Outcome(messy.history(clean), messy.members(clean, now), messy.standing(clean), delivery.spoiled)


def try_it(folder: Path, count: int, *, also_sorted: bool) -> None:
    start = datetime.now(UTC)
    delivery = messy.delivery(20260302, count, start, timedelta(0))
    messages = [item for _, item in delivery.messages]
    random.Random(1).shuffle(messages)
    found = run(folder / "messy", messages, CLIENTS, start)
    wanted = expected(delivery, datetime.now(UTC))
    assert found.rejected == wanted.rejected
    assert found.history == wanted.history
    assert found.members == wanted.members
    assert found.standing == wanted.standing
    if also_sorted:
        clean = [one.item() for one in sorted(delivery.clean, key=lambda one: one.at)]
        calm = run(folder / "sorted", clean, 1, start)
        assert (calm.history, calm.members, calm.standing) == (found.history, found.members, found.standing)


def test_what_comes_out_of_order_comes_to_the_same(tmp_path: Path) -> None:
    try_it(tmp_path, 3_000, also_sorted=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        began = time.monotonic()
        try_it(Path(name), int(sys.argv[1]), also_sorted=False)
        print(f"{int(sys.argv[1]):,} events came to the same, in {time.monotonic() - began:.0f} s")
