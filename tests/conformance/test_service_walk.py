"""The walk on a clock that is late, jumps ahead and goes back; and what a broken contact may delay."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Thread
from zoneinfo import ZoneInfo

import pytest

from engine.service.take import take
from engine.service.walk import walk, walk_page
from engine.store.database import Store
from engine.store.faults import StaleError
from tests.support.shops import START, Clock, Shop, journey

ZURICH = ZoneInfo("Europe/Zurich")

TWO_LETTERS = journey(
    "two",
    """\
trigger: { event: A }
re_entry: always
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 day }
  - { id: one, send: email, subject: One, body: One. }
  - { id: pause-again, wait: 1 day }
  - { id: two, send: email, subject: Two, body: Two. }
""",
)
DAYS = 12
DAILY = journey(
    "daily",
    "trigger: { event: A }\ndefaults: { topic: news, timezone: contact }\nsteps:\n"
    + "".join(
        f"  - {{ id: morning-{n}, wait: 1 hour, until: 09:30 }}\n"
        f"  - {{ id: letter-{n}, send: email, subject: Day {n}, body: Good morning. }}\n"
        for n in range(DAYS)
    ),
)


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def released_at(shop: Shop) -> list[datetime]:
    return [item.message.at for item in shop.outbox() if item.message.state != "dropped"]


# --- a late daemon -------------------------------------------------------------------------------


def test_two_seconds_late_shifts_nothing(shop: Shop) -> None:
    shop.apply(two=TWO_LETTERS)
    shop.known()
    shop.does("A")
    daemon = shop.daemon()
    shop.clock.go(days=1, seconds=2)
    daemon.once()
    assert released_at(shop) == [START + timedelta(days=1)]
    (enrollment,) = shop.store.enrollments("ada")
    assert enrollment.due_at == START + timedelta(days=2)


def test_more_than_an_hour_late_counts_the_next_wait_from_the_real_time(shop: Shop) -> None:
    shop.apply(two=TWO_LETTERS)
    shop.known()
    shop.does("A")
    late = shop.clock.go(days=2, hours=5)
    shop.daemon().until_idle()
    assert released_at(shop) == [late], "the second letter must not follow the first at once"
    (enrollment,) = shop.store.enrollments("ada")
    assert enrollment.due_at == late + timedelta(days=1)


def test_what_is_too_late_is_dropped_and_the_journey_goes_on(shop: Shop) -> None:
    shop.apply(two=TWO_LETTERS)
    shop.known()
    shop.does("A")
    shop.clock.go(days=1, hours=72, seconds=1)
    daemon = shop.daemon()
    daemon.until_idle()
    assert shop.states() == [("one", "dropped", "too_late")]
    shop.clock.go(days=1)
    daemon.until_idle()
    assert shop.states()[1:] == [("two", "sent", None)]


def test_exactly_at_the_limit_it_still_goes(shop: Shop) -> None:
    shop.apply(two=TWO_LETTERS)
    shop.known()
    shop.does("A")
    shop.clock.go(days=1, hours=72)
    shop.daemon().until_idle()
    assert shop.states() == [("one", "sent", None)]


# --- somebody moves the clock --------------------------------------------------------------------


def test_going_back_sends_nothing_again(shop: Shop) -> None:
    shop.apply(two=TWO_LETTERS)
    shop.known()
    shop.does("A")
    daemon = shop.daemon()
    shop.clock.go(days=1)
    daemon.until_idle()
    for back in (timedelta(hours=1), timedelta(days=1), timedelta(days=3650)):
        shop.clock.at = START + timedelta(days=1) - back
        daemon.until_idle()
        shop.clock.at = START + timedelta(days=1)
        daemon.until_idle()
    assert shop.states() == [("one", "sent", None)]
    shop.clock.go(days=1)
    daemon.until_idle()
    assert shop.states() == [("one", "sent", None), ("two", "sent", None)]


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1), timedelta(days=3650)])
def test_a_jump_ahead_releases_each_due_timer_once_and_in_order(shop: Shop, jump: timedelta) -> None:
    """Three journeys of one contact, due an hour apart, all within the jump."""
    texts = {
        f"j{n}": journey(
            f"j{n}",
            f"""\
trigger: {{ event: A }}
priority: {n}
defaults: {{ topic: news, max_lateness: 20000 days }}
steps:
  - {{ id: pause, wait: {60 - 10 * n} minutes }}
  - {{ id: letter, send: email, subject: Hi, body: Hi. }}
""",
        )
        for n in range(3)
    }
    shop.apply(**texts)
    shop.known()
    shop.does("A")
    shop.clock.at += jump
    daemon = shop.daemon()
    daemon.until_idle()
    daemon.until_idle()
    assert [item.message.journey for item in shop.outbox()] == ["j2", "j1", "j0"]
    assert {state for _, state, _ in shop.states()} == {"sent"}
    shop.clock.at -= jump
    daemon.until_idle()
    assert len(shop.outbox()) == 3


def test_there_and_back_again_leaves_the_sender_able_to_send(shop: Shop) -> None:
    """A pause that was begun ten years ahead must not last ten years."""
    shop.apply(two=TWO_LETTERS)
    shop.known()
    shop.does("A")
    daemon = shop.daemon()
    sender = daemon.sender()
    shop.clock.go(days=3650)
    sender.paused_from, sender.paused_until = shop.clock.at, shop.clock.at + timedelta(minutes=5)
    assert sender.is_paused()
    shop.clock.at = START + timedelta(days=1)
    daemon.until_idle()
    assert shop.states() == [("one", "sent", None)]


def walks(kind: str) -> Iterator[timedelta]:
    chance = Random(7)
    while True:
        match kind:
            case "each minute":
                yield timedelta(minutes=1)
            case "hourly":
                yield timedelta(hours=1)
            case "irregular":
                yield timedelta(minutes=chance.choice([1, 5, 30, 59]), seconds=chance.randint(0, 59))
            case _:
                yield timedelta(seconds=chance.choice([-90, -3600, 60, 1800, 7200]))


@pytest.mark.parametrize("kind", ["hourly", "irregular", "back and forth"])
def test_a_daily_letter_goes_once_per_local_day(shop: Shop, kind: str) -> None:
    """Over the end of winter time, however often and however irregularly the daemon looks."""
    shop.clock.at = datetime(2026, 3, 24, 5, 0, tzinfo=UTC)
    shop.apply(daily=DAILY)
    shop.known(timezone="Europe/Zurich")
    shop.does("A")
    daemon = shop.daemon()
    for step in walks(kind):
        shop.clock.at += step
        daemon.once()
        if shop.clock.at > datetime(2026, 4, 6, tzinfo=UTC):
            break
    local = [at.astimezone(ZURICH) for at in released_at(shop)]
    days = [at.date() for at in local]
    assert len(days) == DAYS
    assert days == sorted(set(days)), "twice on one day"
    if kind != "back and forth":
        assert {(at.hour, at.minute) for at in local} == {(9, 30)}
        assert days == [days[0] + timedelta(days=n) for n in range(DAYS)]
    assert all(at.hour > 9 or (at.hour, at.minute) >= (9, 30) for at in local), "never early"


# --- broken contacts -----------------------------------------------------------------------------

#: An update whose text needs a value that some contacts lack: its work breaks, by a mistake in the journey.
NEEDS_NICK = journey(
    "nicks",
    """\
trigger: { event: A }
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 hour }
  - { id: greet, update: { contact.nick: "{{ contact.nick }}!" } }
  - { id: letter, send: email, subject: Hi, body: "Hi {{ contact.nick }}" }
""",
)
PLAIN = journey(
    "plain",
    """\
trigger: { event: A }
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 hour }
  - { id: letter, send: email, subject: Hi, body: Hi. }
""",
)


def nicked(shop: Shop, *contacts: str) -> None:
    for contact in contacts:
        shop.take(shop.told(contact, attributes={"nick": contact.title()}))


def test_a_broken_contact_is_set_aside_with_its_reason_and_the_others_go_on(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.apply(nicks=NEEDS_NICK)
    people = [f"c{n}" for n in range(20)]
    nicked(shop, *people[1:])
    shop.known("c0")
    shop.take(*(shop.event("A", id) for id in people))
    shop.clock.go(hours=1)
    shop.daemon().until_idle()
    assert sorted(item.message.contact_id for item in shop.outbox()) == sorted(people[1:])
    (line,) = [r.line for r in shop.store.traces("c0") if r.line.did == "warned"]
    assert line.why.startswith("set aside: ")
    assert "nick" in line.why
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert errors[0].exc_info in (None, False), "a mistake in a journey is no traceback"


def test_what_was_set_aside_is_tried_again_and_less_and_less_often(shop: Shop) -> None:
    shop.apply(nicks=NEEDS_NICK)
    shop.known()
    shop.does("A")
    daemon = shop.daemon()
    tries = []
    shop.clock.go(hours=1)
    for _ in range(8):
        daemon.until_idle()
        (enrollment,) = shop.store.enrollments("ada")
        assert enrollment.due_at is not None
        tries.append(enrollment.due_at - shop.clock.at)
        shop.clock.at = enrollment.due_at
    assert tries[0] == timedelta(minutes=5)
    assert tries == sorted(tries)
    assert tries[-1] <= timedelta(hours=6)
    shop.take(shop.told("ada", attributes={"nick": "Ada"}))
    shop.clock.go(hours=6)
    daemon.until_idle()
    assert shop.states() == [("letter", "sent", None)]


def test_a_broken_journey_delays_none_of_the_contacts_other_journeys(shop: Shop) -> None:
    shop.apply(nicks=NEEDS_NICK, plain=PLAIN)
    shop.known()
    shop.does("A")
    shop.clock.go(hours=1)
    daemon = shop.daemon()
    daemon.until_idle()
    assert [(i.message.journey, i.message.state) for i in shop.outbox()] == [("plain", "sent")]
    assert shop.store.check() == []


def test_a_journey_that_this_release_cannot_read_keeps_its_people_and_delays_nobody(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.apply(nicks=PLAIN.replace("plain", "nicks"), plain=PLAIN)
    shop.known()
    shop.does("A")
    (record,) = [record for record in shop.store.journeys() if record.id == "nicks"]
    assert record.version is not None
    compiled = shop.store.version(record.version, "nicks")
    assert compiled is not None
    with shop.store.page() as page:
        page.put_version(
            "nicks",
            "newer",
            {
                **compiled,
                "exit_when": [{"event": "B", "nobody": "knows"}],
                "first": 1,
                "steps": [{"id": "pause", "verb": "teleport", "next": None, "data": {}, "targets": {}}],
            },
            None,
            START,
        )
        page.set_journey("nicks", "live", "newer", START)
    daemon = shop.daemon()
    shop.clock.go(hours=1)
    daemon.until_idle()
    shop.does("A", "bob")
    assert [(i.message.journey, i.message.state) for i in shop.outbox()] == [("plain", "sent")]
    with shop.store.page() as page:
        page.set_journey("nicks", "live", record.version, START)
    shop.clock.go(minutes=10)
    daemon.until_idle()
    assert sorted((i.message.journey, i.message.state) for i in shop.outbox("ada")) == [
        ("nicks", "sent"),
        ("plain", "sent"),
    ]
    assert "does not run" in caplog.text


# --- more than one worker ------------------------------------------------------------------------


@pytest.fixture
def crowd(database_url: str, tmp_path: Path) -> Iterator[tuple[Shop, list[Store]]]:
    """A shop with people due, and two stores that know nothing of each other, as in two processes."""
    stores = [Store.open(database_url) for _ in range(3)]
    shop = Shop(stores[0], tmp_path)
    yield shop, stores[1:]
    for store in stores:
        store.close()


def test_two_walkers_advance_nobody_twice(crowd: tuple[Shop, list[Store]]) -> None:
    shop, stores = crowd
    shop.apply(two=TWO_LETTERS, plain=PLAIN)
    people = [f"c{n}" for n in range(300)]
    shop.known(*people)
    shop.take(*(shop.event("A", id) for id in people))
    trouble: list[BaseException] = []

    def work(store: Store) -> None:
        mine = Shop(store, shop.folder, shop.files, Clock(shop.clock.at))
        try:
            for _ in range(3):
                while keys := [key for page in store.due(mine.clock.at, 40) for key in page]:
                    for at in range(0, len(keys), 40):
                        walk_page(store, mine.running(), keys[at : at + 40], mine.clock.at)
                mine.clock.go(days=1)
        except BaseException as error:  # noqa: BLE001  # shown by the test itself
            trouble.append(error)

    shop.clock.go(days=1)
    threads = [Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    each = Counter((i.message.contact_id, i.message.journey, i.message.step) for i in shop.outbox())
    assert set(each.values()) == {1}
    assert len(each) == 3 * len(people)
    assert shop.store.check() == [], "counters equal rows"


def test_a_page_that_another_worker_made_stale_is_done_again(
    crowd: tuple[Shop, list[Store]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard refuses it, and the loop neither ends nor does it twice."""
    shop, (store, _) = crowd
    shop.apply(two=TWO_LETTERS)
    shop.known()
    shop.does("A")
    shop.clock.go(days=1)
    refused: list[int] = []
    whole = type(store).page

    def interrupted(self: Store, name: str = "page") -> object:
        if name == "walk" and not refused:
            refused.append(1)
            raise StaleError("1 of 1 enrollments were advanced by another worker in the meantime.")
        return whole(self, name)

    monkeypatch.setattr(Store, "page", interrupted)
    assert walk(store, shop.running(), shop.clock.at) == 1
    assert refused
    assert [state for _, state, _ in shop.states()] == ["ready"]


def test_a_page_is_never_worked_on_under_a_version_that_was_replaced(shop: Shop) -> None:
    """Apply comes between loading what runs and the page: the step that is gone is not entered any more."""
    shop.apply(two=TWO_LETTERS)
    shop.known()
    before = shop.running()
    shop.apply(two=TWO_LETTERS.replace("  - { id: pause, wait: 1 day }\n", ""))
    shop.daemon().until_idle()
    take(shop.store, before, [shop.event("A")], shop.clock.at)
    assert shop.stands_at() == ["pause-again"]
