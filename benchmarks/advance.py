"""Advancing 100,000 due of 1,000,000 positions on SQLite, beside two yardsticks in the same run.

    python -m benchmarks.advance [--positions N] [--due N] [--rounds N]

The work: the daemon's own walk, in pages: load, advance through wait → branch → (3 of 8: send) → wait,
save position, trace, outbox and counters. Yardsticks: set-based SQL that makes the same writes in one
transaction, and an ORM session per contact. All three start from copies of the same file.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlmodel import Session, create_engine

from engine.language.workspace import read_workspace
from engine.model.policy import Policy
from engine.service.applying import apply
from engine.service.running import Running, load_running
from engine.service.walk import walk
from engine.store.database import Store
from engine.store.tables import ContactRow, MessageRow, PositionRow, TraceRow

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NOW = START + timedelta(days=1)

CATALOG = """\
contact: { n: number, first_name: text }
events: { Signed Up: {} }
topics: { news: { name: News, consent: opt_out } }
senders: { shop: { from: shop@shop.example } }
"""

JOURNEY = """\
dsl: 1
journey: bench
status: live
owner: bench@shop.example
trigger: { event: Signed Up }
defaults: { topic: news }
steps:
  - { id: first-wait, wait: 1 day }
  - id: choice
    branch:
      - if: { contact.n: { lt: 3 } }
        then:
          - { id: letter, send: email, subject: "Hello {{ contact.first_name }}", body: "We have news." }
      - else: []
  - { id: second-wait, wait: 1 day }
"""


def micros(at: datetime) -> int:
    """The database's own measure of time."""
    return int(at.timestamp() * 1_000_000)


def prepare(path: Path, positions: int, due: int) -> None:
    """A database with so many sleepers, of whom `due`, spread evenly, fall due at NOW."""
    store = Store.open(f"sqlite:///{path}", create=True)
    files = {"journeys/catalog.yaml": CATALOG.encode(), "journeys/bench.yaml": JOURNEY.encode()}
    apply(store, read_workspace(files), files, Policy(), None, None, START)
    with store.page() as page:
        page.count({("bench", "first-wait", "inside"): positions, ("bench", "", "entered"): positions})
        page.contacts(["c0"], START)
    store.close()
    seed(path, positions, due)


def seed(path: Path, positions: int, due: int) -> None:
    """Contacts, enrollments and positions, written straight into the tables."""
    db = sqlite3.connect(path)
    db.execute("DELETE FROM contact")
    names = dict(db.execute("SELECT text, id FROM name"))
    version = db.execute("SELECT version FROM journey").fetchone()[0]
    for text in ("bench", version, "first-wait", "choice", "letter", "second-wait"):
        if text not in names:
            names[text] = db.execute("INSERT INTO name (text) VALUES (?)", (text,)).lastrowid
    every = positions // due
    at, due_at, later = micros(START), micros(NOW), micros(NOW + timedelta(days=30))
    db.executemany(
        "INSERT INTO contact (key, id, email, timezone, attributes, created_at, updated_at) VALUES (?,?,?,?,?,?,?)",
        (
            (n, f"c{n}", f"c{n}@customers.example", "Europe/Zurich", f'{{"n":{n // every % 8},"first_name":"Ada"}}', at, at)
            for n in range(1, positions + 1)
        ),
    )
    db.executemany(
        "INSERT INTO enrollment (id, contact, journey, version, entry_key, serial, entered_at, triggered_at) "
        f"VALUES (?,?,{names['bench']},{names[version]},'',0,?,?)",
        ((n, n, at, at) for n in range(1, positions + 1)),
    )
    db.executemany(
        f"INSERT INTO position (contact, enrollment, arrived_at, due_at, version, step, ver) "
        f"VALUES (?,?,?,?,{names[version]},{names['first-wait']},0)",
        ((n, n, at, due_at if n % every == 0 else later) for n in range(1, positions + 1)),
    )
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


# --- the work and its yardsticks: each answers the seconds it took and how many it advanced ------


def the_engine(path: Path) -> tuple[float, int]:
    """The daemon's walk."""
    store = Store.open(f"sqlite:///{path}")
    running: Running = load_running(store, Policy(), None)
    began = time.perf_counter()
    count = walk(store, running, NOW)
    took = time.perf_counter() - began
    assert store.counters("bench")["bench", "letter", "sent"] == count * 3 // 8
    store.close()
    return took, count


def set_based(path: Path) -> tuple[float, int]:
    """The same rows by statements over whole sets, in one transaction."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    names = dict(db.execute("SELECT text, id FROM name"))
    version = db.execute("SELECT version FROM journey").fetchone()[0]
    now, then = micros(NOW), micros(NOW + timedelta(days=1))
    lines = json.dumps([[now, "first-wait", "passed", "1 day"], [now, "choice", "chose", "else"], [now, "second-wait", "waiting", "1 day", then]])
    values = json.dumps({"_": {"timezone": "Europe/Zurich"}, "contact": {"first_name": "Ada"}})
    began = time.perf_counter()
    db.execute("BEGIN IMMEDIATE")
    db.execute(f"CREATE TEMP TABLE due AS SELECT contact, enrollment FROM position WHERE due_at <= {now} ORDER BY contact")
    count = db.execute("SELECT count(*) FROM due").fetchone()[0]
    db.execute(
        "INSERT INTO trace (contact, enrollment, journey, at, lines) SELECT contact, enrollment, ?, ?, ? FROM due",
        (names["bench"], now, lines),
    )
    db.execute(
        "INSERT INTO message (contact, enrollment, journey, version, step, iteration, entry_key, channel, state, at, recipient, "
        "message_id, topic, is_transactional, template_values, late_at, zone, attempts, next_try_at, may_be_double, changed_at) "
        "SELECT d.contact, d.enrollment, ?, ?, ?, '', '', 'email', 'ready', ?, c.email, lower(hex(randomblob(16))) || '@shop.example', "
        "'news', 0, ?, ?, 'contact', 0, ?, 0, ? FROM due d JOIN contact c ON c.key = d.contact "
        "WHERE json_extract(c.attributes, '$.n') < 3",
        (names["bench"], names[version], names["letter"], now, values, then, now, now),
    )
    db.execute(
        "UPDATE position SET step = ?, arrived_at = ?, due_at = ?, memory = CASE WHEN (SELECT json_extract(c.attributes, '$.n') FROM contact c "
        "WHERE c.key = position.contact) < 3 THEN ? ELSE NULL END, ver = ver + 1 "
        "WHERE (contact, enrollment) IN (SELECT contact, enrollment FROM due)",
        (names["second-wait"], now, then, json.dumps({"sent_at": [now]})),
    )
    db.execute("COMMIT")
    took = time.perf_counter() - began
    db.close()
    return took, count


def orm_per_contact(path: Path, sample: int = 2_000) -> tuple[float, int]:
    """A session per contact: get contact and position, decide, add trace and message, commit."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})
    db = sqlite3.connect(path)
    names = dict(db.execute("SELECT text, id FROM name"))
    version = db.execute("SELECT version FROM journey").fetchone()[0]
    now, then = micros(NOW), micros(NOW + timedelta(days=1))
    due = db.execute("SELECT contact, enrollment FROM position WHERE due_at <= ? ORDER BY due_at LIMIT ?", (now, sample)).fetchall()
    db.close()
    began = time.perf_counter()
    for contact_key, enrollment in due:
        with Session(engine) as session:
            contact = session.get_one(ContactRow, contact_key)
            position = session.get_one(PositionRow, (contact_key, enrollment))
            if json.loads(contact.attributes or "{}").get("n", 9) < 3:
                session.add(
                    MessageRow(
                        contact=contact_key, enrollment=enrollment, journey=names["bench"], version=names[version],
                        step=names["letter"], iteration="", entry_key="", channel="email", state="ready", at=now,
                        recipient=contact.email, message_id=f"{enrollment}@shop.example", topic="news",
                        is_transactional=False, template_values="{}", late_at=then, zone="contact", attempts=0,
                        next_try_at=now, may_be_double=False, changed_at=now,
                    )
                )
            session.add(TraceRow(contact=contact_key, enrollment=enrollment, journey=names["bench"], at=now, lines="[]"))
            position.step, position.arrived_at, position.due_at = names["second-wait"], now, then
            position.ver += 1
            session.commit()
    took = time.perf_counter() - began
    engine.dispose()
    return took, len(due)


def measure(work: Callable[[Path], tuple[float, int]], original: Path, folder: Path) -> float:
    """Advances per second on a fresh copy."""
    copy = folder / "copy.db"
    for file in folder.glob("copy.db*"):
        file.unlink()
    shutil.copy(original, copy)
    took, count = work(copy)
    return count / took


def main() -> None:
    """Prints advances per second of each, and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--positions", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        original = folder / "original.db"
        prepare(original, asked.positions, asked.due)
        against_sql, against_orm = [], []
        for number in range(1, asked.rounds + 1):
            ours = measure(the_engine, original, folder)
            sql = measure(set_based, original, folder)
            orm = measure(orm_per_contact, original, folder)
            against_sql.append(ours / sql)
            against_orm.append(ours / orm)
            print(f"round {number}: engine {ours:,.0f}/s, set-based SQL {sql:,.0f}/s, ORM session per contact {orm:,.0f}/s")
        print(f"engine / set-based SQL: {median(against_sql):.2f} (floor 0.5, target 0.8)")
        print(f"engine / ORM session per contact: {median(against_orm):.0f} (floor 20, target 80)")


if __name__ == "__main__":
    main()
