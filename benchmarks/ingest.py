"""Events over HTTP, end to end: a client's socket, the daemon, a commit on disk, the answer.

    python -m benchmarks.ingest [--small] [--rounds N]

The work: `journeys run` on the starter shop with SQLite (`synchronous=FULL`), its loops at work beside. The
yardstick: the same server, the same reading of every body and the same answer, without a store. Both get the
same requests from this process over connections that are kept open: single events, then batches of 100, as
fast as they are taken; then single events at half the floor's rate, where every request has its time and its
latency counts from there. Of 100 events 2 are orders, 8 change a cart, and 90 are looks at products, which no
journey listens to. Every event that was acknowledged is looked up in the database at the end.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil

from benchmarks.http_load import Driven, drive
from engine.intake.requests import Batch
from engine.service.take import Taken
from engine.store.write_keys import WriteKey, hash_of
from engine.web.app import app_of
from engine.web.ingestion import Ingestion
from engine.web.server import serving
from engine.web.write_keys import Keyring

PEOPLE = 10_000
#: Connections that are kept open; a shop's own servers hold a few each.
CLIENTS = 128
#: What is asked for: events a second one by one and in batches of 100, milliseconds at half of the first.
SINGLES, BATCHED, P99 = 5_000, 10_000, 50.0
KEY = "benchmark-write-key"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many events each measurement sends."""

    singles: int = 30_000
    batches: int = 600
    paced: int = 25_000


SMALL = Sizes(2_000, 20, 1_000)


@dataclass(frozen=True, slots=True)
class Measured:
    """Events a second, and microseconds of the server's processor time for each."""

    per_second: float
    cpu: float


# --- what is sent ----------------------------------------------------------------------------------


def events(prefix: str, count: int) -> Iterator[dict[str, object]]:
    """Events of a shop, as a client of the Segment family writes them."""
    chance = random.Random(prefix)
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for number in range(count):
        who = f"customer-{chance.randrange(PEOPLE)}"
        name, properties = _did(chance, number)
        yield {
            "type": "track",
            "userId": who,
            "event": name,
            "messageId": f"{prefix}-{number:08d}",
            "timestamp": now,
            "properties": properties,
            "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
            "integrations": {},
        }


def _did(chance: random.Random, number: int) -> tuple[str, dict[str, object]]:
    cart = f"cart-{chance.randrange(PEOPLE)}"
    price = chance.randrange(10, 200)
    if number % 50 == 0:
        return "Order Completed", {
            "order_id": f"o-{number}",
            "cart_id": cart,
            "total": price,
            "currency": "CHF",
        }
    if number % 12 == 0:
        return "Cart Updated", {"cart_id": cart, "items_count": 1 + number % 3, "total": price}
    return "Product Viewed", {
        "product_id": f"p-{chance.randrange(500)}",
        "name": "Thin shirt",
        "price": price,
        "url": f"https://shop.example/p/{number}",
    }


def request(path: str, plain: object) -> bytes:
    """As clients send it: the key as the user of Basic authentication, the connection kept."""
    body = json.dumps(plain).encode()
    user = base64.b64encode(f"{KEY}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: analytics-python/2.4.0\r\n"
        f"Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n"
        f"Content-Type: application/json\r\nAuthorization: Basic {user}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def singles(prefix: str, count: int) -> list[bytes]:
    return [request("/v1/track", event) for event in events(prefix, count)]


def batches(prefix: str, count: int) -> list[bytes]:
    found = list(events(prefix, count * 100))
    return [
        request("/v1/batch", {"batch": found[start : start + 100]}) for start in range(0, len(found), 100)
    ]


# --- both servers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    """A process that listens."""

    process: psutil.Process
    port: int

    def cpu(self) -> float:
        """Seconds of processor time that it and its children took."""
        all_of_them = [self.process, *self.process.children(recursive=True)]
        return sum(times.user + times.system for times in (one.cpu_times() for one in all_of_them))


@contextmanager
def started(command: Sequence[str]) -> Iterator[Server]:
    """A process of this project that says `listening on http://…` on its standard error."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Server(psutil.Process(process.pid), _port_told_by(process))
        finally:
            process.terminate()


def _port_told_by(process: subprocess.Popen[str]) -> int:
    said = []
    for line in process.stderr or ():
        if "listening on" in line:
            return int(line.split()[-1].rpartition(":")[2])
        said.append(line)
    raise RuntimeError("it does not listen: " + "".join(said))


def journeys(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "runner.py", "--workspace", str(folder), *words]


def prepare(folder: Path) -> None:
    """The starter shop, applied, with a write key and customers."""
    subprocess.run([sys.executable, "runner.py", "init", str(folder)], check=True, capture_output=True)
    (folder / "config.yaml").write_text("http: { port: 0 }\n")
    people = folder / "people.csv"
    rows = "".join(f"customer-{n},customer-{n}@shop.example\n" for n in range(PEOPLE))
    people.write_text(f"id,email\n{rows}")
    subprocess.run(journeys(folder, "import", "contacts", str(people)), check=True, capture_output=True)
    subprocess.run(journeys(folder, "apply"), check=True, capture_output=True)
    with sqlite3.connect(folder / "journeys.db") as database:
        database.execute(
            "INSERT INTO write_key (hash, source, created_at) VALUES (?, 'bench', 0)", (hash_of(KEY),)
        )
    database.close()


class NoStore:
    """Stands where inbox and store are: knows the one key, and says at once that all is well."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def write_keys(self) -> list[WriteKey]:
        return [WriteKey(hash_of(KEY), "bench", self.now())]

    async def put(self, batch: Batch, source: str, size: int) -> Taken:  # noqa: ARG002
        return Taken(len(batch.entries), 0, 0)


def serve_yardstick() -> None:
    """Until somebody ends this process."""
    nothing = NoStore()
    ingestion = Ingestion(nothing, Keyring(nothing, needs_key=True))  # type: ignore[arg-type]
    with serving(app_of([], lambda: True, ingestion.doors()), "127.0.0.1", 0) as address:
        print(f"listening on {address}", file=sys.stderr, flush=True)
        sys.stdin.read()


# --- measuring -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Side:
    """One of the two servers, and what was measured of it, round by round."""

    server: Server
    singles: list[Measured]
    batches: list[Measured]
    acknowledged: int = 0

    def drive(
        self, requests: Sequence[bytes], each: int, clients: int, rate: float | None = None
    ) -> tuple[Driven, Measured]:
        before = self.server.cpu()
        driven = drive(self.server.port, requests, clients, rate)
        count = len(requests) * each
        if set(driven.statuses) != {200}:
            raise RuntimeError(f"not everything was taken: {dict(driven.statuses)}")
        self.acknowledged += count
        return driven, Measured(count / driven.seconds, (self.server.cpu() - before) / count * 1_000_000)

    def go(self, prefix: str, sizes: Sizes) -> None:
        """One round of both kinds."""
        self.singles.append(self.drive(singles(f"{prefix}s", sizes.singles), 1, CLIENTS)[1])
        self.batches.append(self.drive(batches(f"{prefix}b", sizes.batches), 100, 8)[1])


def measure(sizes: Sizes, rounds: int) -> None:
    """Both servers in turn, round by round; then latency; prints as it goes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        prepare(folder)
        yardstick_command = [sys.executable, "-m", "benchmarks.ingest", "--serve-yardstick"]
        with started(journeys(folder, "run")) as server, started(yardstick_command) as bare:
            engine, yardstick = Side(server, [], []), Side(bare, [], [])
            for side in (engine, yardstick):
                side.drive(singles("warm", 1_000), 1, CLIENTS)
            for number in range(rounds):
                engine.go(f"r{number}", sizes)
                yardstick.go(f"r{number}", sizes)
                _print_round(number, engine, yardstick)
            paced, cost = engine.drive(singles("paced", sizes.paced), 1, CLIENTS, SINGLES / 2)
            _print(engine, yardstick)
            print(
                f"at {SINGLES // 2:,} events/s: acknowledged after {paced.at(0.5):.1f} ms (median), "
                f"{paced.at(0.99):.1f} ms (p99; {P99:.0f} allowed), {paced.at(1):.0f} ms (longest); "
                f"{cost.cpu:.0f} µs CPU an event"
            )
        print(f"{_kept(folder, engine.acknowledged):,} acknowledged, each of them once in the database")


def _kept(folder: Path, acknowledged: int) -> int:
    with sqlite3.connect(folder / "journeys.db") as database:
        asked = "SELECT count(*), count(DISTINCT message_id) FROM event "
        asked += "WHERE name IN ('Product Viewed', 'Cart Updated', 'Order Completed')"
        kept = database.execute(asked).fetchone()
    database.close()
    if kept != (acknowledged, acknowledged):
        raise RuntimeError(f"{acknowledged} were acknowledged, and {kept} are there")
    return acknowledged


def _print_round(number: int, engine: Side, yardstick: Side) -> None:
    print(
        f"round {number + 1}: singles {engine.singles[-1].per_second:,.0f}/s of "
        f"{yardstick.singles[-1].per_second:,.0f}/s, batches {engine.batches[-1].per_second:,.0f}/s of "
        f"{yardstick.batches[-1].per_second:,.0f}/s",
        flush=True,
    )


def _print(engine: Side, yardstick: Side) -> None:
    for what, floor, ours, theirs in (
        ("single events", SINGLES, engine.singles, yardstick.singles),
        ("in batches of 100", BATCHED, engine.batches, yardstick.batches),
    ):
        speed, bare = (median(one.per_second for one in side) for side in (ours, theirs))
        cpu, bare_cpu = (median(one.cpu for one in side) for side in (ours, theirs))
        print(
            f"{what}: {speed:,.0f}/s ({floor:,} asked for), {cpu:.0f} µs CPU; without a store "
            f"{bare:,.0f}/s, {bare_cpu:.0f} µs; ratio {speed / bare:.2f}, by CPU {bare_cpu / cpu:.2f}"
        )


def main() -> None:
    """Prints each round, then medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="quick, to see that it runs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve-yardstick", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve_yardstick:
        serve_yardstick()
    else:
        print("clients: raw sockets in one Python process (benchmarks/http_load.py), on this machine too")
        measure(SMALL if asked.small else Sizes(), 1 if asked.small else asked.rounds)


if __name__ == "__main__":
    main()
