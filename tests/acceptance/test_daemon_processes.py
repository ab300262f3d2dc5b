"""The daemon as other people start it: one per database, an orderly end, back at once after a kill, quiet."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from engine.service.clock import WallClock
from engine.service.daemon import LEASE, is_alive
from engine.store.database import Store
from tests.support.smtp_server import mail_process

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 1_200

CATALOG = """\
topics: { news: { name: News, consent: opt_out } }
senders: { shop: { from: "Example Shop <hello@shop.example>" } }
"""
WELCOME = """\
dsl: 1
journey: welcome
status: live
owner: lifecycle@shop.example
trigger: [ { event: Signed Up }, { manual: true } ]
defaults: { topic: news }
steps:
  - { id: letter, send: email, subject: Welcome, body: Hello. }
  - { id: pause, wait: 30 days }
"""


class Shop:
    """A workspace, and the program at work in it."""

    def __init__(self, folder: Path, config: str = "") -> None:
        self.folder = folder
        (folder / "journeys").mkdir(parents=True)
        (folder / "journeys" / "catalog.yaml").write_text(CATALOG)
        (folder / "journeys" / "welcome.yaml").write_text(WELCOME)
        (folder / "config.yaml").write_text(config + "unsubscribe_mailto: unsubscribe@shop.example\n")

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'journeys.db'}"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "runner.py"), "--workspace", str(self.folder), *words]

    def run(self, *words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[str]]:
        """A daemon that has begun; whatever happens, it is gone afterwards."""
        daemon = subprocess.Popen(self.command("run"), stderr=subprocess.PIPE, text=True)
        try:
            assert daemon.stderr is not None
            assert select.select([daemon.stderr], [], [], 30)[0], "it never said that it runs"
            first = daemon.stderr.readline()
            assert first.startswith("running "), first
            yield daemon
        finally:
            daemon.kill()
            daemon.communicate()

    def events(self, people: int) -> Path:
        """A file of sign-ups."""
        file = self.folder / "events.jsonl"
        now = datetime.now(UTC).isoformat()
        lines = []
        for n in range(people):
            lines.append(
                {
                    "type": "identify",
                    "userId": f"u{n}",
                    "timestamp": now,
                    "traits": {"email": f"u{n}@shop.example"},
                }
            )
            lines.append(
                {
                    "type": "track",
                    "userId": f"u{n}",
                    "event": "Signed Up",
                    "timestamp": now,
                    "messageId": f"s{n}",
                }
            )
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return file

    def messages(self) -> Counter[str]:
        listed = json.loads(self.run("messages", "list", "--format", "json", "--limit", "100000").stdout)
        return Counter(message["state"] for message in listed["messages"])


def heard(daemon: subprocess.Popen[str], word: str, seconds: float = 30) -> list[str]:
    """The lines that a daemon says until one of them holds a word."""
    assert daemon.stderr is not None
    lines: list[str] = []
    while not lines or word not in lines[-1]:
        assert select.select([daemon.stderr], [], [], seconds)[0], lines
        lines.append(daemon.stderr.readline())
    return lines


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something another process does."""
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "shop")
    shop.run("apply")
    return shop


# --- what may leave ------------------------------------------------------------------------------


def test_marketing_over_a_real_relay_needs_an_unsubscribe_address(tmp_path: Path) -> None:
    """The host is of the names that never exist (RFC 6761); nothing is sent here, so nothing asks for it."""
    shop = Shop(tmp_path / "shop", "delivery: { email: smtp }\nsmtp: { host: relay.invalid }\n")
    shop.run("apply")
    shop.run("run", "--once")
    config = shop.folder / "config.yaml"
    config.write_text(config.read_text().replace("unsubscribe_mailto", "# unsubscribe_mailto"))
    refused = shop.run("run", "--once", expect=1)
    assert "unsubscribe_mailto" in refused.stderr
    assert "Traceback" not in refused.stderr
    journey = shop.folder / "journeys" / "welcome.yaml"
    journey.write_text(journey.read_text().replace("send: email,", "send: email, transactional: true,"))
    shop.run("apply")
    shop.run("run", "--once")


# --- one per database ----------------------------------------------------------------------------


def test_a_second_daemon_is_refused_and_named_the_first_and_after_a_kill_the_next_starts_at_once(
    shop: Shop,
) -> None:
    with shop.daemon() as first:
        refused = shop.run("run", expect=1)
        assert f"pid {first.pid}" in refused.stderr
        assert socket.gethostname() in refused.stderr
        shop.run("run", "--once", expect=1)
        assert first.poll() is None, "the first goes on undisturbed"
        first.kill()
        first.wait()
        began = time.monotonic()
        with shop.daemon() as second:
            assert time.monotonic() - began < 10
            assert second.poll() is None


def test_a_daemon_whose_place_was_taken_stops_by_itself(shop: Shop) -> None:
    with shop.daemon() as daemon:
        store = Store.open(shop.url)
        with closing(store):
            store.release_lease(LEASE, held_token(store))
            store.take_lease(LEASE, os.getpid(), socket.gethostname(), "another", WallClock().now(), is_alive)
            _, errors = daemon.communicate(timeout=20)
            assert daemon.returncode == 1
            assert f"pid {os.getpid()}" in errors
            found = store.lease(LEASE)
            assert found is not None
            assert found.token == "another", "it does not give away what is not its own"


def held_token(store: Store) -> str:
    found = store.lease(LEASE)
    assert found is not None
    return found.token


def test_a_predecessor_with_our_own_pid_is_dead(tmp_path: Path) -> None:
    """In a container the daemon often has the same pid each time; only the token tells them apart."""
    assert not is_alive(os.getpid(), socket.gethostname())
    assert is_alive(os.getppid(), socket.gethostname())
    assert is_alive(os.getpid(), "another-host")


# --- an orderly end ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_under_load_drains_and_leaves_nothing_in_hand(tmp_path: Path, number: signal.Signals) -> None:
    mail = tmp_path / "mail"
    with mail_process(mail) as port:
        shop = Shop(
            tmp_path / "shop",
            f"delivery: {{ email: smtp }}\nsmtp: {{ host: 127.0.0.1, port: {port}, tls: none }}\n",
        )
        shop.run("apply")
        shop.run("import", "events", str(shop.events(PEOPLE)), "--trigger")
        with shop.daemon() as daemon:
            until(lambda: sum(1 for _ in mail.glob("*.eml")) > 50)
            began = time.monotonic()
            daemon.send_signal(number)
            _, errors = daemon.communicate(timeout=20)
            took = time.monotonic() - began
        assert daemon.returncode == 0, errors
        assert took < 10
        assert "Traceback" not in errors
        states = shop.messages()
        assert states["sent"] < PEOPLE, "it was stopped in the middle"
        assert set(states) == {"ready", "sent"}
        assert states["sent"] == sum(1 for _ in mail.glob("*.eml"))
        shop.run("run", "--until-idle")
        assert shop.messages() == {"sent": PEOPLE}
    ids = Counter(str(message_from_bytes(file.read_bytes())["Message-ID"]) for file in mail.glob("*.eml"))
    assert len(ids) == PEOPLE
    assert set(ids.values()) == {1}


def test_sigterm_while_a_server_hangs_does_not_wait_for_it(tmp_path: Path) -> None:
    """A server that greets nobody may take five minutes by RFC 5321; the end may not."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        shop = Shop(
            tmp_path / "shop",
            f"delivery: {{ email: smtp }}\nsmtp: {{ host: 127.0.0.1, port: {port}, tls: none }}\n",
        )
        shop.run("apply")
        shop.run("import", "events", str(shop.events(3)), "--trigger")
        with shop.daemon() as daemon:
            connected, _ = silent.accept()
            with closing(connected):
                began = time.monotonic()
                daemon.terminate()
                _, errors = daemon.communicate(timeout=20)
                took = time.monotonic() - began
        assert daemon.returncode == 0, errors
        assert took < 10
        assert shop.messages() == {"ready": 3}


# --- trouble -------------------------------------------------------------------------------------


def test_a_database_that_another_program_holds_is_waited_for(shop: Shop) -> None:
    """Longer than SQLite itself waits; the loops say so once, and go on afterwards."""
    with shop.daemon() as daemon:
        shop.run("import", "events", str(shop.events(20)), "--trigger")
        until(lambda: shop.messages()["sent"] == 20)
        with closing(sqlite3.connect(shop.folder / "journeys.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            said = heard(daemon, "locked")  # SQLite itself waits for ten seconds
            assert daemon.poll() is None
            other.execute("ROLLBACK")
        (shop.folder / "journeys" / "welcome.yaml").write_text(
            WELCOME.replace("[ { event: Signed Up }, ", "[ ")
        )
        shop.run("apply")
        shop.run("enroll", "welcome", "u1", expect=1)
        shop.run("import", "events", str(shop.events(25)), "--trigger")
        shop.run("db", "check")
        daemon.terminate()
        _, errors = daemon.communicate(timeout=20)
        assert daemon.returncode == 0
    lines = [*said, *errors.splitlines()]
    assert not any("Traceback" in line for line in lines)
    for loop in ("send", "beat"):
        told = [line for line in lines if re.search(rf"\b{loop}: ", line)]
        assert len(told) in (0, 2), told


def test_a_quiet_day_is_quiet(shop: Shop) -> None:
    with shop.daemon() as daemon:
        store = Store.open(shop.url)
        with closing(store):
            began = store.lease(LEASE)
            assert began is not None
            until(lambda: began.beat_at + timedelta(seconds=4) < beaten(store))
        shop.run("import", "events", str(shop.events(3)), "--trigger")
        until(lambda: shop.messages()["sent"] == 3)
        daemon.terminate()
        _, errors = daemon.communicate(timeout=20)
    assert len(errors.splitlines()) <= 1, "nothing beyond the lines with which it began and ended"
    assert not re.search("WARNING|ERROR|CRITICAL", errors)
    assert sum(1 for _ in (shop.folder / "captured").glob("*.eml")) == 3


def beaten(store: Store) -> datetime:
    found = store.lease(LEASE)
    assert found is not None
    return found.beat_at


# --- once, and until idle ------------------------------------------------------------------------


def test_once_and_until_idle_end_by_themselves(shop: Shop) -> None:
    shop.run("import", "events", str(shop.events(600)), "--trigger")
    shop.run("run", "--once")
    assert shop.messages() == {"sent": 600}
    done = shop.run("run", "--until-idle")
    assert done.stdout == ""
    assert done.stderr == ""
    store = Store.open(shop.url)
    with closing(store):
        assert store.lease(LEASE) is None, "given back"


def test_a_replay_names_what_it_could_not_read(shop: Shop) -> None:
    file = shop.events(2)
    file.write_text(file.read_text() + "{this is no line\n")
    done = shop.run("run", "--replay", str(file))
    assert shop.messages() == {"sent": 2}
    assert "5" in done.stderr + done.stdout
