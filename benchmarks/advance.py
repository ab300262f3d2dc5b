"""Advancing 100,000 due of 1,000,000 positions on SQLite, beside two yardsticks in the same run.

    python -m benchmarks.advance [--positions N] [--due N] [--rounds N]

The work: the daemon's own walk, in pages: load, advance through wait → branch → (3 of 8: send) → wait,
save position, trace, outbox and counters. Yardsticks: set-based SQL that asks the same questions and writes
the same rows in one transaction, and an ORM session per contact. All start from copies of one file, on
connections set up alike; that the first two leave the same rows behind is checked in the first round.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlmodel import Session

from engine.language.workspace import read_workspace
from engine.model.policy import Policy
from engine.service.applying import apply
from engine.service.crew import Crew, cores
from engine.service.running import Running, load_running
from engine.service.walk import walk
from engine.store.database import Store
from engine.store.engines import engine_of
from engine.store.tables.enrollments import PositionRow, TraceRow
from engine.store.tables.messages import MessageRow
from engine.store.tables.people import ContactRow

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NOW = START + timedelta(days=1)

#: In the measure of the database.
HOUR, DAY = 3_600_000_000, 86_400_000_000

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
          - id: letter
            send: email
            subject: "Hello {{ contact.first_name }}"
            body: "We have news."
      - else: []
  - { id: second-wait, wait: 1 day }
"""
CONDITION = "contact.n is less than 3"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: how many were advanced, and the seconds on the wall's and on the processor's clock."""

    advanced: int
    wall: float
    cpu: float

    @property
    def per_second(self) -> float:
        """Advances per second on the wall."""
        return self.advanced / self.wall


@dataclass(frozen=True, slots=True)
class Round:
    """The work and both yardsticks, one after the other on the same machine."""

    engine: Measured
    sql: Measured
    orm: Measured


@dataclass(frozen=True, slots=True)
class Ratios:
    """Medians over the rounds."""

    to_sql: float
    to_sql_by_cpu: float
    to_orm: float


def micros(at: datetime) -> int:
    """The database's own measure of time."""
    return int(at.timestamp() * 1_000_000)


# --- the database ------------------------------------------------------------------------------


def prepare(path: Path, positions: int, due: int) -> None:
    """A database with so many sleepers, of whom `due`, spread evenly, fell due shortly before NOW."""
    store = Store.open(f"sqlite:///{path}", create=True)
    files = {"journeys/catalog.yaml": CATALOG.encode(), "journeys/bench.yaml": JOURNEY.encode()}
    apply(store, read_workspace(files), files, Policy(), None, None, START)
    with store.page() as page:
        page.count({("bench", "first-wait", "inside"): positions, ("bench", "", "entered"): positions})
    store.close()
    db = sqlite3.connect(path)
    seed(db, positions, positions // due)
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def seed(db: sqlite3.Connection, positions: int, every: int) -> None:
    """Contacts, enrollments and positions, written straight into the tables; one in `every` is due."""
    version = db.execute("SELECT version FROM journey").fetchone()[0]
    words = [(text,) for text in ("bench", version, "first-wait", "choice", "letter", "second-wait")]
    db.executemany("INSERT OR IGNORE INTO name (text) VALUES (?)", words)
    names = dict(db.execute("SELECT text, id FROM name"))
    db.executemany(
        "INSERT INTO contact (key, id, email, timezone, attributes, created_at, updated_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (_contact(n, n // every % 8) for n in range(1, positions + 1)),
    )
    db.executemany(
        "INSERT INTO enrollment (id, contact, journey, version, entry_key, serial, entered_at, triggered_at) "
        "VALUES (?, ?, ?, ?, '', 0, ?, ?)",
        (
            (n, n, names["bench"], names[version], due_at - DAY, due_at - DAY)
            for n, due_at in due_times(positions, every)
        ),
    )
    seed_positions(db, due_times(positions, every), names[version], names["first-wait"])


def seed_positions(
    db: sqlite3.Connection, due_times: Iterator[tuple[int, int]], version: int, step: int
) -> None:
    """Position rows alone: one for each contact key and due time."""
    db.executemany(
        "INSERT INTO position (contact, enrollment, arrived_at, due_at, version, step, ver) "
        "VALUES (?, ?, ?, ?, ?, ?, 0)",
        ((n, n, due_at - DAY, due_at, version, step) for n, due_at in due_times),
    )


def due_times(positions: int, every: int | None) -> Iterator[tuple[int, int]]:
    """No two alike, as in life: due ones lie in the last half hour, the others within the next month."""
    now = micros(NOW)
    for n in range(1, positions + 1):
        scattered = n * 2_654_435_761
        is_due = every is not None and n % every == 0
        yield n, (now - scattered % (HOUR // 2)) if is_due else now + HOUR + scattered % (30 * DAY)


def _contact(key: int, n: int) -> tuple[Any, ...]:
    attributes = f'{{"n":{n},"first_name":"Ada{key % 97}"}}'
    at = micros(START)
    return key, f"c{key}", f"c{key}@customers.example", "Europe/Zurich", attributes, at, at


# --- the work ----------------------------------------------------------------------------------


def the_engine(path: Path) -> Measured:
    """The daemon's walk, with its crew: warm, as the daemon keeps it from the first burst on."""
    url, limits = f"sqlite:///{path}", Policy()
    store, crew = Store.open(url), Crew(url, limits)
    running: Running = load_running(store, limits, None)
    crew.call(patience=60)

    def close() -> None:
        crew.close()
        store.close()

    helpers = [clock_of(member.process.pid) for member in crew.members]
    return _timed(lambda: walk(store, running, NOW, crew=crew), close, helpers)


def clock_of(pid: int | None) -> int:
    """The clock that counts another process's time on the processor (Linux: clock_getcpuclockid(3))."""
    return (~(pid or 0) << 3) | 2


def _timed(work: Callable[[], int], close: Callable[[], object], helpers: Sequence[int] = ()) -> Measured:
    """Processor time is that of all processes together."""
    clocks = (time.CLOCK_PROCESS_CPUTIME_ID, *helpers)
    wall, cpu = time.perf_counter(), sum(map(time.clock_gettime, clocks))
    count = work()
    measured = Measured(count, time.perf_counter() - wall, sum(map(time.clock_gettime, clocks)) - cpu)
    close()
    return measured


# --- yardstick: statements over whole sets -----------------------------------------------------

#: Who is due, in order of contact, which costs half of any other order; then what of the contact decides.
_DUE = """
CREATE TEMP TABLE due AS
SELECT contact, enrollment, due_at AS at FROM position WHERE due_at <= :now ORDER BY contact
"""
_DECIDED = """
CREATE TEMP TABLE decided AS
SELECT d.contact, d.enrollment, d.at, c.email, c.locale, c.timezone, c.attributes,
    json_extract(c.attributes, '$.n') < 3 AS is_chosen,
    json_extract(c.attributes, '$.n') < 3
    AND c.email IS NOT NULL
    AND json_extract(c.suppressed, '$.email') IS NULL
    AND coalesce(json_extract(c.consents, '$.email'), 1)
    AND coalesce(json_extract(c.topics, '$.news'), json_extract(c.topics, '$."*"'), 1) AS is_sent
FROM due d CROSS JOIN contact c WHERE c.key = d.contact
"""
_TRACE = """
INSERT INTO trace (contact, enrollment, journey, at, lines)
SELECT contact, enrollment, :bench, at,
    '[[' || at || ',"first-wait","passed","1 day"],'
    || '[' || at || ',"choice","chose","' || CASE WHEN is_chosen THEN :condition ELSE 'else' END || '"],'
    || CASE WHEN is_sent THEN '[' || at || ',"letter","sent","email"],' ELSE '' END
    || '[' || at || ',"second-wait","waiting","1 day",' || (at + :day) || ']]'
FROM decided
"""
_MESSAGE = """
INSERT INTO message (contact, enrollment, journey, version, step, iteration, entry_key, channel, state,
    at, recipient, message_id, topic, is_transactional, template_values, late_at, zone, attempts,
    next_try_at, may_be_double, changed_at)
SELECT contact, enrollment, :bench, :version, :letter, '', '', 'email', 'ready',
    at, email, lower(hex(randomblob(16))) || '@shop.example', 'news', 0,
    json_object('_', json_object('locale', locale, 'timezone', timezone),
        'contact', json_object('first_name', json_extract(attributes, '$.first_name'))),
    at + :lateness, 'contact', 0, at, 0, :now
FROM decided WHERE is_sent
"""
_POSITION = """
UPDATE position SET step = :second, arrived_at = d.at, due_at = d.at + :day, ver = position.ver + 1,
    memory = CASE WHEN d.is_sent THEN '{"t":[' || d.at || ']}' END
FROM decided d WHERE position.contact = d.contact AND position.enrollment = d.enrollment
"""
_COUNTER = """
INSERT INTO counter (journey, step, what, n) SELECT :bench, step, what, n FROM (
    SELECT :first AS step, 'passed' AS what, count(*) AS n FROM decided
    UNION ALL SELECT :choice, 'passed', count(*) FROM decided
    UNION ALL SELECT :letter, 'passed', sum(is_chosen) FROM decided
    UNION ALL SELECT :letter, 'sent', sum(is_sent) FROM decided
    UNION ALL SELECT :first, 'inside', -count(*) FROM decided
    UNION ALL SELECT :second, 'inside', count(*) FROM decided
) WHERE true ON CONFLICT (journey, step, what) DO UPDATE SET n = counter.n + excluded.n
"""


def set_based(path: Path) -> Measured:
    """The same rows by statements over whole sets, in one transaction."""
    engine = engine_of(f"sqlite:///{path}")
    connection = engine.raw_connection()

    def close() -> None:
        connection.close()
        engine.dispose()

    return _timed(lambda: _advance_all(connection.driver_connection), close)


def _advance_all(db: Any) -> int:
    names = dict(db.execute("SELECT text, id FROM name"))
    steps = {"first": "first-wait", "choice": "choice", "letter": "letter", "second": "second-wait"}
    values = {parameter: names[step] for parameter, step in steps.items()}
    values |= {"bench": names["bench"], "version": _version(db, names)}
    values |= {"now": micros(NOW), "day": DAY, "lateness": 72 * HOUR}
    db.execute("BEGIN IMMEDIATE")
    for statement in (_DUE, _DECIDED, _TRACE, _MESSAGE, _POSITION, _COUNTER):
        db.execute(statement, {**values, "condition": CONDITION})
    count = db.execute("SELECT count(*) FROM decided").fetchone()[0]
    db.execute("COMMIT")
    return int(count)


def _version(db: sqlite3.Connection, names: Mapping[str, int]) -> int:
    return names[db.execute("SELECT version FROM journey").fetchone()[0]]


# --- yardstick: a session per contact ----------------------------------------------------------


def orm_per_contact(path: Path, sample: int = 2_000) -> Measured:
    """A session per contact: get contact and position, decide, add trace and message, commit."""
    engine = engine_of(f"sqlite:///{path}")
    db = sqlite3.connect(path)
    names = dict(db.execute("SELECT text, id FROM name"))
    version = _version(db, names)
    sql = "SELECT contact, enrollment FROM position WHERE due_at <= ? ORDER BY due_at LIMIT ?"
    due = db.execute(sql, (micros(NOW), sample)).fetchall()
    db.close()

    def work() -> int:
        for key, enrollment in due:
            with Session(engine) as session:
                _advance_one(session, key, enrollment, names, version)
                session.commit()
        return len(due)

    return _timed(work, engine.dispose)


def _advance_one(session: Session, key: int, enrollment: int, names: Mapping[str, int], version: int) -> None:
    contact = session.get_one(ContactRow, key)
    position = session.get_one(PositionRow, (key, enrollment))
    at = position.due_at or 0
    attributes = json.loads(contact.attributes or "{}")
    lines: list[Any] = [[at, "first-wait", "passed", "1 day"]]
    if attributes.get("n", 9) < 3:
        lines += [[at, "choice", "chose", CONDITION], [at, "letter", "sent", "email"]]
        session.add(_message(contact, enrollment, at, attributes["first_name"], names, version))
        position.memory = json.dumps({"t": [at]})
    else:
        lines.append([at, "choice", "chose", "else"])
    lines.append([at, "second-wait", "waiting", "1 day", at + DAY])
    text = json.dumps(lines)
    session.add(TraceRow(contact=key, enrollment=enrollment, journey=names["bench"], at=at, lines=text))
    position.step, position.arrived_at, position.due_at = names["second-wait"], at, at + DAY
    position.ver += 1


def _message(
    contact: ContactRow, enrollment: int, at: int, first_name: str, names: Mapping[str, int], version: int
) -> MessageRow:
    return MessageRow(
        contact=contact.key,
        enrollment=enrollment,
        journey=names["bench"],
        version=version,
        step=names["letter"],
        iteration="",
        entry_key="",
        channel="email",
        state="ready",
        at=at,
        recipient=contact.email,
        message_id=f"{enrollment}@shop.example",
        topic="news",
        is_transactional=False,
        template_values=json.dumps({"contact": {"first_name": first_name}}),
        late_at=at + 72 * HOUR,
        zone="contact",
        attempts=0,
        next_try_at=at,
        may_be_double=False,
        changed_at=micros(NOW),
    )


# --- side by side ------------------------------------------------------------------------------

#: Everything that the work leaves behind, but for Message-IDs, which SQL draws by lot.
_LEFT_BEHIND = (
    "SELECT * FROM position ORDER BY contact, enrollment",
    "SELECT contact, enrollment, journey, at, lines FROM trace ORDER BY contact, enrollment",
    "SELECT contact, enrollment, journey, version, step, iteration, entry_key, channel, state, reason, at, "
    "recipient, topic, is_transactional, template_values, late_at, quiet_hours, zone, subject, attempts, "
    "next_try_at, claimed_by, may_be_double, changed_at FROM message ORDER BY contact, enrollment",
    "SELECT * FROM counter WHERE n <> 0 ORDER BY journey, step, what",
)


def run_round(original: Path, *, is_first: bool) -> Round:
    """Each on a fresh copy."""
    ours, left = _run(the_engine, original)
    sql, left_by_sql = _run(set_based, original)
    if is_first:
        compare(left, left_by_sql)
    return Round(ours, sql, _run(orm_per_contact, original)[0])


def _run(work: Callable[[Path], Measured], original: Path) -> tuple[Measured, Path]:
    copy = original.with_name(f"{work.__name__}.db")
    for file in original.parent.glob(f"{copy.name}*"):
        file.unlink()
    shutil.copy(original, copy)
    return work(copy), copy


def compare(one: Path, other: Path) -> None:
    """Both databases hold the same rows, and every message has an id of its own; otherwise RuntimeError."""
    first, second = sqlite3.connect(one), sqlite3.connect(other)
    for sql in _LEFT_BEHIND:
        for ours, theirs in zip(first.execute(sql), second.execute(sql), strict=True):
            if ours != theirs:
                raise RuntimeError(f"the engine left {ours}\nSQL left {theirs}")
    for db in (first, second):
        total, different = db.execute("SELECT count(*), count(DISTINCT message_id) FROM message").fetchone()
        if not 0 < total == different:
            raise RuntimeError(f"{total} messages with {different} Message-IDs")
        db.close()


def measure(positions: int, due: int, rounds: int) -> Ratios:
    """Prints each round."""
    done: list[Round] = []
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / "original.db"
        prepare(original, positions, due)
        for number in range(1, rounds + 1):
            one = run_round(original, is_first=number == 1)
            done.append(one)
            print(
                f"round {number}: engine {one.engine.per_second:,.0f}/s, set-based SQL"
                f" {one.sql.per_second:,.0f}/s, ORM session per contact {one.orm.per_second:,.0f}/s",
                flush=True,
            )
    return Ratios(
        median(one.engine.per_second / one.sql.per_second for one in done),
        median((one.sql.cpu / one.sql.advanced) / (one.engine.cpu / one.engine.advanced) for one in done),
        median(one.engine.per_second / one.orm.per_second for one in done),
    )


def main() -> None:
    """Prints advances per second of each, and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--positions", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    ratios = measure(asked.positions, asked.due, asked.rounds)
    by_cpu = f"; by processor time of all processes {ratios.to_sql_by_cpu:.2f}, on {cores()} cores"
    print(f"engine / set-based SQL: {ratios.to_sql:.2f} (floor 0.5, target 0.8){by_cpu}")
    print(f"engine / ORM session per contact: {ratios.to_orm:.0f} (floor 20, target 80)")


if __name__ == "__main__":
    main()
