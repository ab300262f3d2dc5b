"""Abuse of the door: whatever strangers send or leave unsent, everybody else is served and the walk goes on.

Nothing here is judged by the clock. That the walk is not held up is seen in a journey that takes a step every
second while the abuse lasts; that nothing is lost or doubled in the database, read without the engine.
"""

from __future__ import annotations

import gzip
import json
import select
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil
import pytest

from tests.acceptance.test_daemon_processes import Shop, heard, until
from tests.acceptance.test_ingestion import Door, track

TICKING = """\
dsl: 1
journey: ticking
status: live
owner: lifecycle@shop.example
trigger: { event: Tick Wanted }
defaults: { topic: news }
steps:
  - id: again
    repeat:
      times: 20
      steps:
        - { id: pause, wait: 1 second }
"""
#: What a client of ours would have to send to be served; `%d` is the length of its body.
HEAD = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


class Abused(Door):
    """A running daemon, its process, and contacts that take a step every second."""

    def __init__(self, shop: Shop, daemon: subprocess.Popen[str]) -> None:
        super().__init__(shop, heard(daemon, "listening on ")[-1].split()[-1])
        self.daemon = daemon
        self.process = psutil.Process(daemon.pid)
        self._numbers = count()

    def steps(self, contact: str) -> int:
        """Lines of the trace of one contact."""
        asked = f"SELECT count(*) FROM trace t JOIN contact c ON c.key = t.contact WHERE c.id = '{contact}'"
        return int(self.rows(asked)[0][0])

    def goes_on(self) -> None:
        """An honest client is served now, and the walk takes the steps that follow."""
        who = f"honest-{next(self._numbers)}"
        event = {"userId": who, "event": "Tick Wanted", "messageId": who}
        assert self.post("/v1/track", event)[0] == 200
        assert self.rows(f"SELECT count(*) FROM event WHERE message_id = '{who}'") == [(1,)]
        before = self.steps(who)
        until(lambda: self.steps(who) >= before + 3, 60)

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def says(self, raw: bytes) -> bytes:
        """All that it answers to some bytes until it hangs up or has nothing more to say."""
        with closing(self.connected()) as connection:
            send(connection, raw)
            return everything(connection)

    def memory(self) -> int:
        return int(self.process.memory_info().rss)


def send(connection: socket.socket, raw: bytes) -> None:
    """As much as the other side takes in."""
    with suppress(OSError):  # it hung up in the middle, and may have said why before
        connection.sendall(raw)


def everything(connection: socket.socket) -> bytes:
    """Until the other side hangs up, or has said a whole answer and waits."""
    said = b""
    try:
        while part := connection.recv(65_536):
            said += part
            if is_whole(said):
                break
    except OSError:
        pass
    return said


def is_whole(said: bytes) -> bool:
    head, end, body = said.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(end) and bool(length) and len(body) >= int(length)


def status_of(said: bytes) -> int | None:
    """None where it hung up without a word."""
    return int(said[9:12]) if said else None


@contextmanager
def at_work(shop: Shop) -> Iterator[Abused]:
    with shop.daemon() as daemon:
        abused = Abused(shop, daemon)
        abused.goes_on()
        yield abused


def shop_in(folder: Path) -> Shop:
    shop = Shop(folder / "shop", "http: { port: 0 }\n")
    (shop.folder / "journeys" / "ticking.yaml").write_text(TICKING)
    shop.run("apply")
    return shop


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Abused]:
    with at_work(shop_in(tmp_path_factory.mktemp("abused"))) as abused:
        yield abused


# --- those who dawdle ------------------------------------------------------------------------------


def test_two_hundred_who_dawdle_hold_up_nobody_and_are_let_go(door: Abused) -> None:
    """A head that does not end, a body that does not, and nothing at all: no thread is theirs."""
    beginnings = [b"POST /v1/ba", HEAD % 100 + b'{"batch"', b"", HEAD % 400_000 + b"x" * 60_000]
    threads = door.process.num_threads()
    with ExitStack() as stack:
        slow = [stack.enter_context(closing(door.connected())) for _ in range(200)]
        for number, connection in enumerate(slow):
            connection.sendall(beginnings[number % len(beginnings)])
        door.goes_on()
        # the pool of those who write may still grow to its few; two hundred would be two hundred
        assert door.process.num_threads() <= threads + 10, "no thread is theirs"
        ends = [status_of(everything(connection)) for connection in slow]
    assert set(ends[0::4]) == {408}
    assert set(ends[1::4]) == {408}
    assert set(ends[2::4]) == {None}
    assert set(ends[3::4]) == {408}


def test_a_crowd_that_only_sits_there_makes_room_for_those_who_ask(door: Abused) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(closing(door.connected())) for _ in range(1_200)]
        door.goes_on()
        assert door.process.num_fds() < 1_100
        gone = select.select(idle[:100], [], [], 60)[0]
        assert gone, "whoever sat there longest had to go"
        assert everything(gone[0]) == b""


def test_a_drip_that_never_ends_is_ended(door: Abused) -> None:
    """One byte after the other of a head: time counts from the first, not from the last."""
    with closing(door.connected()) as connection:
        connection.settimeout(0.05)
        said = b""
        for byte in b"POST /v1/batch HTTP/1.1\r\n" + b"X-Slow: 1\r\n" * 10_000:
            try:
                connection.send(bytes([byte]))
                said = connection.recv(100)
            except TimeoutError:
                continue
            except OSError:
                break
            break
    assert status_of(said) in (408, None)


# --- those who pour --------------------------------------------------------------------------------


def chunked(body: bytes, size: int = 60_000) -> bytes:
    head = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = (body[start : start + size] for start in range(0, len(body), size))
    return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def zipped(plain: bytes) -> bytes:
    body = gzip.compress(plain)
    return (HEAD % len(body)).replace(b"Host: x", b"Host: x\r\nContent-Encoding: gzip") + body


LARGE = b"0" * 50_000_000
ENDLESS = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "
POURS = {
    "50 MB": (HEAD % len(LARGE) + LARGE, {413}),
    "50 MB, said to be 5 bytes": (HEAD % 5 + LARGE, {400, None}),
    "5 bytes, said to be 50 MB": (HEAD % len(LARGE) + b"00000", {413}),
    "50 MB in chunks": (chunked(LARGE), {413, None}),
    "a gzip bomb": (zipped(LARGE), {413}),
    "a gzip bomb in a gzip": (zipped(gzip.compress(LARGE)), {400}),
    "a head of megabytes": (b"POST /v1/batch HTTP/1.1\r\nX: " + LARGE[:5_000_000], {431, 400, None}),
    "heads by the thousand": (b"POST / HTTP/1.1\r\n" + b"X: 1\r\n" * 500_000, {431, 400, None}),
    "a path of megabytes": (b"GET /" + LARGE[:5_000_000] + b" HTTP/1.1\r\n\r\n", {431, 400, None}),
    "blank lines": (b"\r\n" * 500_000, {431, None}),
    "a trailer of megabytes": (ENDLESS + LARGE[:5_000_000], {431, 400, None}),
    "chunks of one byte": (chunked(b"0" * 400_000, 1), {431, 400, None}),
    "requests without waiting": (HEAD % 0 * 50_000, {400, None}),
}


@pytest.mark.parametrize("kind", POURS)
def test_who_pours_is_told_to_stop(door: Abused, kind: str) -> None:
    raw, allowed = POURS[kind]
    assert status_of(door.says(raw)) in allowed
    assert door.post("/v1/track", track("honest", f"after {kind}"))[0] == 200


def test_what_was_poured_leaves_no_memory_behind(door: Abused) -> None:
    """After the first round, which fills every pool and cache, further rounds cost nothing that stays."""

    def pour() -> int:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(door.says, [raw for raw, _ in POURS.values()] * 2))
        door.goes_on()
        return door.memory()

    first = pour()
    rounds = [pour() for _ in range(3)]
    assert min(rounds) < first + 48_000_000, (first, rounds)


def test_many_who_pour_at_once_share_what_there_is(door: Abused) -> None:
    """A hundred bodies that are almost too large and never end: together they may not fill the memory."""
    before = door.memory()
    with ExitStack() as stack:
        slow = [stack.enter_context(closing(door.connected())) for _ in range(300)]
        for connection in slow:
            send(connection, HEAD % 524_288 + b"0" * 500_000)
        door.goes_on()
        assert door.memory() < before + 300_000_000
        ends = {status_of(everything(connection)) for connection in slow}
    assert ends <= {408, 429, None}
    assert 429 in ends


# --- those who talk nonsense -----------------------------------------------------------------------

NONSENSE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # somebody speaks TLS
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x00" * 1_000,
    b"GET\r\n\r\n",
    b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n00000",
    b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
    b"POST /v1/b\xc3\xa4tch HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nContent-Length: 2\r\n\r\n{}",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("raw", NONSENSE)
def test_nonsense_is_refused_and_nothing_of_it_is_kept(door: Abused, raw: bytes) -> None:
    stored = door.rows("SELECT count(*) FROM event")
    assert status_of(door.says(raw)) in (400, 404, 405, None)
    assert door.rows("SELECT count(*) FROM event") == stored
    assert door.post("/v1/track", track("honest", f"after {raw[:60]!r}"))[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/u/../../../../etc/passwd",
        "/u/..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/v1/../../config.yaml",
        "//etc/passwd",
        "/journeys.db",
        "/config.yaml",
        "/static/..\\..\\config.yaml",
    ],
)
def test_no_path_leads_to_a_file(door: Abused, path: str) -> None:
    said = door.says(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert status_of(said) in (400, 404)
    assert b"root:" not in said
    assert b"SQLite" not in said
    assert b"http:" not in said.partition(b"\r\n\r\n")[2].replace(path.encode(), b"")


def test_a_client_that_offers_http_2_is_served_as_ever(door: Abused) -> None:
    """Java's own client sends these headers along with every first request."""
    body = json.dumps({"batch": [track("java", "h2c")]}).encode()
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB"
    assert status_of(door.says((HEAD % len(body)).replace(b"Host: x", b"Host: x\r\n" + offer) + body)) == 200
    assert ("java", "Signed Up") in door.history()


# --- too much at once ------------------------------------------------------------------------------


def batch_of(name: str, items: int, padding: int = 0) -> bytes:
    properties = {"properties": {"x": "0" * padding}} if padding else {}
    found = [
        {"type": "track", "userId": name, "event": "X", "messageId": f"{name}-{n}", **properties}
        for n in range(items)
    ]
    return json.dumps({"batch": found}).encode()


@pytest.mark.parametrize(("clients", "items", "padding"), [(12, 5_000, 0), (60, 16, 30_000)])
def test_a_full_queue_says_when_to_come_again(tmp_path: Path, clients: int, items: int, padding: int) -> None:
    """While another program holds the database, the queue fills by items or by bytes, and not beyond."""
    with at_work(shop_in(tmp_path)) as door:
        path = door.shop.folder / "journeys.db"
        with (
            closing(sqlite3.connect(path, isolation_level=None)) as other,
            ThreadPoolExecutor(clients) as pool,
        ):
            other.execute("BEGIN IMMEDIATE")
            bodies = [batch_of(f"c{n}", items, padding) for n in range(clients)]
            answers = [pool.submit(door.post, "/v1/batch", body) for body in bodies]
            until(lambda: any(one.done() for one in answers))
            other.execute("ROLLBACK")
            done = [one.result() for one in answers]
        statuses = [status for status, _, _ in done]
        assert set(statuses) == {200, 429}
        assert all(int(told["retry-after"]) > 0 for status, _, told in done if status == 429)
        taken = {f"c{n}" for n, status in enumerate(statuses) if status == 200}
        kept = dict(
            door.rows("SELECT c.id, count(*) FROM event e JOIN contact c ON c.key = e.contact GROUP BY 1")
        )
        assert {name: kept.get(name, 0) for name in taken} == dict.fromkeys(taken, items)
        assert not kept.keys() & {f"c{n}" for n in range(clients)} - taken, "who was told no left nothing"
        door.goes_on()


def test_what_was_acknowledged_outlives_a_kill_and_counts_once(tmp_path: Path) -> None:
    """Eight clients send until the daemon is killed; afterwards they send everything again."""
    shop = shop_in(tmp_path)
    acknowledged: set[str] = set()
    tried: set[str] = set()

    def track_on(client: int, door: Abused) -> None:
        for number in count():
            id = f"kill-{client}-{number}"
            tried.add(id)
            try:
                if door.post("/v1/track", track(f"k{client}", id))[0] != 200:
                    return
            except OSError:
                return
            acknowledged.add(id)

    with at_work(shop) as door, ThreadPoolExecutor(8) as pool:
        sending = [pool.submit(track_on, client, door) for client in range(8)]
        until(lambda: len(acknowledged) > 400)
        door.daemon.send_signal(signal.SIGKILL)
        for one in sending:
            one.result()
    with at_work(shop) as door:
        kept = {id for (id,) in door.rows("SELECT message_id FROM event WHERE message_id LIKE 'kill-%'")}
        assert acknowledged <= kept <= tried
        for id in sorted(tried):
            assert door.post("/v1/track", track(f"k{id.split('-')[1]}", id))[0] == 200
        again = [id for (id,) in door.rows("SELECT message_id FROM event WHERE message_id LIKE 'kill-%'")]
        assert sorted(again) == sorted(tried)
        assert door.rows("PRAGMA integrity_check") == [("ok",)]
        door.goes_on()
