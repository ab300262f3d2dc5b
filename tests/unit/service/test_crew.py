"""The crew: pages decided in other processes leave the same rows, and whatever comes between is noticed."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import engine.service.decide as deciding
import engine.service.walk as walking
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.journey import Held
from engine.model.policy import Policy
from engine.service.applying import apply
from engine.service.config_caps import read_caps
from engine.service.crew import Crew, size_for
from engine.service.decide import Decided
from engine.service.running import Running, load_running
from engine.service.take import take
from engine.service.walk import BURST, walk, walk_page
from engine.store.database import Store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SIZE, PEOPLE = 5, 33

CATALOG = b"""\
contact: { plan: text }
events: { Joined: {}, Bought: {} }
topics: { news: { name: News, consent: opt_out } }
senders: { shop: { from: shop@shop.example } }
"""
MAIN = b"""\
dsl: 1
journey: main
status: live
owner: a@shop.example
trigger: { event: Joined }
defaults: { topic: news }
goal: { event: Bought, within: 5 days }
steps:
  - { id: pause, wait: 1 day }
  - id: choice
    branch:
      - if: { contact.plan: gold }
        then:
          - { id: letter, send: email, subject: "Hello {{ contact.plan }}", body: "News." }
      - if: { did: Bought }
        then: [{ id: bought, end: bought }]
      - else: []
  - { id: rest, wait: 1 day }
"""
#: As MAIN, and everybody gets a letter.
NEXT = MAIN.replace(b"- else: []", b'- else: [{ id: other, send: email, subject: "Hi", body: "News." }]')
CHANGING = b"""\
dsl: 1
journey: changing
status: live
owner: a@shop.example
trigger: { event: Bought }
steps:
  - { id: nap, wait: 1 day }
  - { id: promote, update: { contact.plan: silver } }
"""
FIRST = b"{ finished: main }"
STEPS = ("pause", "choice", "letter", "rest", "bought", "other")
TABLES = (
    "contact",
    "enrollment",
    "position",
    "trace",
    "message",
    "counter",
    "segment_member",
    "name",
    "event",
)


def apply_files(store: Store, main: bytes, now: datetime, **more: bytes) -> Running:
    sources = {"catalog": CATALOG, "main": main, "changing": CHANGING, **more}
    files = {f"journeys/{name}.yaml": text for name, text in sources.items()}
    workspace = read_workspace(files)
    assert not [fault for fault in workspace.all_faults() if fault.severity == "error"]
    apply(store, workspace, files, Policy(), None, None, now)
    return load_running(store, Policy(), None)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PEOPLE due after a day; every third has the gold plan, which c30 loses at that moment and so ends."""
    file = tmp_path_factory.mktemp("crew") / "original.db"
    store = Store.open(f"sqlite:///{file}", create=True)
    running = apply_files(store, MAIN, START)
    ids = [f"c{n:02}" for n in range(PEOPLE)]
    with store.page() as page:
        page.put_contacts([Contact(id, f"{id}@shop.example", attributes=plan(id)) for id in ids], START)
        # names get their numbers when they are first written; here they have them from the beginning
        page.count({("main", step, "seen"): 1 for step in STEPS})
    take(store, running, [Event(f"j{id}", id, "Joined", START, START) for id in ids], START)
    take(store, running, [Event("b30", "c30", "Bought", START, START)], START)
    store.close()
    return file


def plan(id: str) -> dict[str, object]:
    return {"plan": "gold"} if int(id[1:]) % 3 == 0 else {}


@pytest.fixture
def store(original: Path, tmp_path: Path) -> Iterator[Store]:
    yield from opened(original, tmp_path / "beside.db")


@pytest.fixture
def plain(original: Path, tmp_path: Path) -> Iterator[Store]:
    """The same people, for the writer alone."""
    yield from opened(original, tmp_path / "plain.db")


def opened(original: Path, file: Path) -> Iterator[Store]:
    shutil.copy(original, file)
    store = Store.open(f"sqlite:///{file}")
    yield store
    store.close()


@dataclass(slots=True)
class Watched(Crew):
    """A real crew. `meanwhile` happens when the first page has been decided and not yet written."""

    meanwhile: Callable[[], object] | None = None
    decided: int = 0

    def decide(
        self, serial: int, pages: Sequence[list[int]], now: datetime
    ) -> Iterator[tuple[list[int], Decided | None]]:
        for keys, decided in Crew.decide(self, serial, pages, now):
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile is not None:
                meanwhile()
            self.decided += decided is not None
            yield keys, decided


@pytest.fixture
def crew(store: Store) -> Iterator[Watched]:
    crew = Watched(store.url, Policy(), 2)
    assert crew.call(60)
    yield crew
    crew.close()


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    db = sqlite3.connect(store.url.removeprefix("sqlite:///"))
    found = {table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in TABLES}
    # who is left out of a page comes last in it, so that only the order within each contact is the same
    found["trace"] = sorted((row[1:] for row in found["trace"]), key=lambda row: row[0])
    db.close()
    return found


def same(store: Store, plain: Store) -> None:
    assert rows(store) == rows(plain)
    assert (store.digest(), store.messages_digest()) == (plain.digest(), plain.messages_digest())


def walk_beside(store: Store, crew: Crew, days: int = 1, running: Running | None = None) -> int:
    now = START + days * DAY
    return walk(store, running or load_running(store, Policy(), None), now, crew=crew, size=SIZE)


def walk_alone(store: Store, days: int = 1) -> int:
    return walk(store, load_running(store, Policy(), None), START + days * DAY, size=SIZE)


def test_the_same_rows_as_a_writer_alone_leaves(store: Store, plain: Store, crew: Watched) -> None:
    for days, people in ((1, PEOPLE), (2, PEOPLE - 1)):
        assert walk_beside(store, crew, days) == walk_alone(plain, days) == people
        same(store, plain)
    assert crew.decided == 2 * -(-PEOPLE // SIZE)
    assert store.counts()["message"] == PEOPLE // 3 - 1


def test_a_new_name_is_given_out_by_the_writer(store: Store, plain: Store, crew: Watched) -> None:
    for one in (store, plain):
        db = sqlite3.connect(one.url.removeprefix("sqlite:///"))
        db.execute("DELETE FROM counter WHERE what = 'seen'")
        db.execute("DELETE FROM name WHERE text IN ('choice', 'letter', 'rest', 'bought', 'other')")
        db.commit()
        db.close()
    assert walk_beside(store, crew) == walk_alone(plain) == PEOPLE
    same(store, plain)
    assert 0 < crew.decided < -(-PEOPLE // SIZE)


def test_under_frequency_caps_the_writer_works_alone(store: Store, crew: Watched) -> None:
    """Whatever is released meanwhile counts, and a page decided beside the writer would not know it."""
    running = load_running(store, Policy(caps=read_caps("email", "1 per week")), None)
    assert walk_beside(store, crew, 1, running) == PEOPLE
    assert crew.decided == 0
    assert store.counts()["message"] == PEOPLE // 3 - 1


def test_where_releases_are_listened_to_contacts_are_the_writers(
    store: Store, plain: Store, crew: Watched
) -> None:
    """What is released may move the contact elsewhere, and only the writer has loaded that."""
    asking = MAIN.replace(b"goal:", b"exit_when: [ { when: { received: main/letter } } ]\ngoal:")
    for one in (store, plain):
        apply_files(one, asking, START)
    assert walk_beside(store, crew) == walk_alone(plain) == PEOPLE
    same(store, plain)
    assert [one.reason for one in store.enrollments("c03")] == ["exit"]


def test_a_small_round_is_the_writers_own(store: Store, crew: Watched) -> None:
    pages = load_running(store, Policy(), None)
    assert walk(store, pages, START + DAY, crew=crew, size=PEOPLE // (BURST - 1)) == PEOPLE
    assert crew.decided == 0


def test_a_broken_contact_is_set_aside_and_its_page_goes_on(
    store: Store, plain: Store, crew: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = walking.fire_timers

    def fire(case: object, *rest: object) -> None:
        if case.contact.id == "c07":  # type: ignore[attr-defined]
            raise ValueError("broken")
        real(case, *rest)  # type: ignore[arg-type]

    class Leaving(Watched):
        """Leaves c07 out, as a process does in which its work breaks."""

        def decide(
            self, serial: int, pages: Sequence[list[int]], now: datetime
        ) -> Iterator[tuple[list[int], Decided | None]]:
            running = load_running(store, Policy(), None)
            for keys, _ in Crew.decide(self, serial, pages, now):
                yield keys, deciding.decide(store, running, keys, now)

    monkeypatch.setattr(walking, "fire_timers", fire)
    monkeypatch.setattr(deciding, "fire_timers", fire)
    beside = Leaving(store.url, Policy(), 2, crew.members)
    assert walk_beside(store, beside) == walk_alone(plain) == PEOPLE
    same(store, plain)
    assert "set aside: ValueError: broken" in [found.line.why for found in store.traces("c07")]


# --- what comes between ------------------------------------------------------------------------


def test_a_contact_that_changed_meanwhile_is_decided_again(store: Store, crew: Watched) -> None:
    def meanwhile() -> None:
        with store.page() as page:
            page.put_contacts([Contact("c01", attributes={"plan": "gold"})], START + DAY)

    crew.meanwhile = meanwhile
    assert walk_beside(store, crew) == PEOPLE
    assert [item.message.values["contact"] for item in store.messages(contact="c01")] == [{"plan": "gold"}]


def test_an_event_stored_meanwhile_is_seen(store: Store, crew: Watched) -> None:
    def meanwhile() -> None:
        with store.page() as page:
            page.take_events([Event("late", "c01", "Bought", START, START + DAY)])

    crew.meanwhile = meanwhile
    assert walk_beside(store, crew) == PEOPLE
    assert [one.outcome for one in store.enrollments("c01")] == ["bought"]


def test_a_conversion_meanwhile_is_not_undone(store: Store, crew: Watched) -> None:
    """It changes the enrollment and leaves the position where it is."""

    def meanwhile() -> None:
        with store.page() as page:
            (case,) = page.load(store.keys(["c01"]).values(), now=START, everything=True)
            (enrollment,) = case.enrollments
            enrollment.converted_at, enrollment.is_changed = START + DAY / 2, True
            page.save([case], START + DAY)

    crew.meanwhile = meanwhile
    assert walk_beside(store, crew) == PEOPLE
    assert walk_beside(store, crew, 2) == PEOPLE - 1
    assert [one.converted_at for one in store.enrollments("c01")] == [START + DAY / 2]


def test_a_page_advanced_meanwhile_is_not_advanced_twice(store: Store, plain: Store, crew: Watched) -> None:
    running = load_running(store, Policy(), None)
    first = store.due(START + DAY, SIZE)[0]
    crew.meanwhile = lambda: walk_page(store, running, first, START + DAY)
    walk_beside(store, crew)
    walk_alone(plain)
    same(store, plain)


def test_another_apply_is_noticed(store: Store, plain: Store, crew: Watched) -> None:
    for one in (store, plain):
        apply_files(one, NEXT, START)
    assert walk_beside(store, crew) == walk_alone(plain) == PEOPLE
    assert store.counts()["message"] == PEOPLE - 1
    same(store, plain)
    assert crew.decided > 0


def test_pinned_people_are_decided_by_the_version_that_they_are_on(
    store: Store, plain: Store, crew: Watched
) -> None:
    for one in (store, plain):
        apply_files(one, NEXT.replace(b"status: live", b"status: live\nin_flight: pin"), START)
    assert walk_beside(store, crew) == walk_alone(plain) == PEOPLE
    assert 0 < store.counts()["message"] < PEOPLE / 2, "only the gold plan gets the letter of their version"
    same(store, plain)
    assert crew.decided > 0


def test_an_apply_that_the_writer_has_not_read_yet(store: Store, plain: Store, crew: Watched) -> None:
    """Nobody is moved by a version that was replaced."""
    old = load_running(store, Policy(), None)
    apply_files(store, NEXT, START)
    apply_files(plain, NEXT, START)
    assert walk_beside(store, crew, 1, old) == walk_alone(plain) == PEOPLE
    assert store.counts()["message"] == PEOPLE - 1
    assert store.digest() == plain.digest()


def test_a_journey_that_another_one_follows_is_the_writers_own(
    store: Store, plain: Store, crew: Watched
) -> None:
    after = MAIN.replace(b"journey: main", b"journey: after").replace(
        b"event: Joined", b"journey: %s" % FIRST
    )
    for one in (store, plain):
        apply_files(one, MAIN, START, after=after)
    for days in (1, 2):
        assert walk_beside(store, crew, days) == walk_alone(plain, days)
        same(store, plain)
    inside = [one for one in store.enrollments("c01") if one.journey == "after"]
    assert [(one.entered_at, one.step) for one in inside] == [(START + 2 * DAY, "pause")]


def test_with_a_lifecycle_the_crew_decides_all_whose_stage_is_not_due(
    store: Store, plain: Store, crew: Watched
) -> None:
    lifecycle = b"""\
stages:
  - { id: gold, when: { contact.plan: gold } }
  - { id: fresh, when: { did: Joined, within: 36 hours } }
  - { id: known, when: { did: Joined } }
"""
    known = MAIN.replace(b"journey: main", b"journey: known").replace(
        b"event: Joined", b"stage: { enters: known }"
    )
    for one in (store, plain):
        apply_files(one, MAIN, START, lifecycle=lifecycle, known=known)
    for days in (1, 2, 3):
        assert walk_beside(store, crew, days) == walk_alone(plain, days)
        same(store, plain)
        if days == 1:
            assert crew.decided == -(-PEOPLE // SIZE)
    assert [store.contact(id).stage for id in ("c00", "c01")] == ["gold", "known"]  # type: ignore[union-attr]
    assert [one.journey for one in store.enrollments("c01")] == ["main", "known"]


# --- ends --------------------------------------------------------------------------------------


def test_a_dead_process_is_made_up_for(
    store: Store, plain: Store, crew: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    crew.meanwhile = lambda: os.kill(crew.members[1].process.pid or 0, signal.SIGKILL)
    with caplog.at_level(logging.ERROR, "engine.service.crew"):
        assert walk_beside(store, crew) == walk_alone(plain) == PEOPLE
        same(store, plain)
        assert walk_beside(store, crew, 2) == walk_alone(plain, 2)
    same(store, plain)
    assert not crew.call()
    assert len(caplog.records) == 1


def test_a_stop_ends_the_walk_after_the_page_and_the_next_one_goes_on(
    store: Store, plain: Store, crew: Watched
) -> None:
    running, may_go_on = load_running(store, Policy(), None), [True]
    crew.meanwhile = lambda: may_go_on.__setitem__(0, False)
    assert walk(store, running, START + DAY, may_go_on=may_go_on, crew=crew, size=SIZE) == SIZE
    assert walk_beside(store, crew) == PEOPLE - SIZE
    walk_alone(plain)
    same(store, plain)


def test_signals_to_the_group_are_left_to_the_daemon(store: Store, crew: Watched) -> None:
    processes = [member.process for member in crew.members]
    for process in processes:
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(process.pid or 0, number)
    assert walk_beside(store, crew) == PEOPLE
    crew.close()
    assert [process.exitcode for process in processes] == [0, 0]


def test_nobody_outlives_a_daemon_that_was_killed(store: Store) -> None:
    """The processes share its standard output, which ends when the last of them is gone."""
    program = (
        "import sys; from engine.model.policy import Policy; from engine.service.crew import Crew\n"
        "if __name__ == '__main__':\n"
        "    crew = Crew(sys.argv[1], Policy(), 2)\n"
        "    crew.call(60)\n"
        "    print('ready', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, store.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == "ready\n"
        daemon.kill()
        assert daemon.stdout.read() == ""


def test_one_core_has_no_crew() -> None:
    assert [size_for(cores) for cores in (1, 2, 8)] == [0, 2, 3]


# --- statuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", ["paused", "stopping", "stopped"])
def test_a_held_journey_is_decided_beside_as_alone(
    store: Store, plain: Store, crew: Watched, held: Held
) -> None:
    """`stopped` is not worked out yet: whoever is due leaves when the walk comes."""
    for one in (store, plain):
        with one.page() as page:
            page.set_held("main", held, "ada", START)
    assert walk_beside(store, crew) == walk_alone(plain) == PEOPLE
    same(store, plain)
    assert crew.decided == -(-PEOPLE // SIZE)
    assert (store.next_due() is None) == (held != "stopping")


def test_a_journey_in_shadow_is_decided_beside_as_alone(store: Store, plain: Store, crew: Watched) -> None:
    for one in (store, plain):
        apply_files(one, MAIN.replace(b"status: live", b"status: shadow"), START)
    assert walk_beside(store, crew) == walk_alone(plain) == PEOPLE
    same(store, plain)
    assert crew.decided > 0
    assert {item.message.state for item in store.messages(limit=PEOPLE)} == {"draft"}


def test_a_pause_meanwhile_is_noticed(store: Store, crew: Watched) -> None:
    def meanwhile() -> None:
        with store.page() as page:
            page.set_held("main", "paused", "ada", START + DAY)

    crew.meanwhile = meanwhile
    assert walk_beside(store, crew) == PEOPLE
    assert store.messages() == []
