"""Dates and schedules in a database: who is called, what a crash leaves, what is made up, what begins."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import engine.service.schedules as schedules
from engine.intake.rows import Row
from engine.model.contact import Contact
from engine.service.decide import decide
from engine.service.import_contacts import import_contacts
from engine.service.importing import Import
from engine.service.next_entries import next_entries, next_of_contact
from engine.service.walk import walk
from engine.store.database import Store
from tests.support.shops import START, Shop, journey

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PEOPLE = [f"c{number}" for number in range(7)]


def weekly(schedule: str, more: str = "") -> str:
    letter = "steps:\n  - { id: letter, send: email, subject: Hello, body: Hello. }\n"
    return journey(
        "weekly", f"trigger: {{ schedule: {{ {schedule} }} }}\n{more}defaults: {{ topic: news }}\n{letter}"
    )


#: START is a Monday, 08:00 UTC and 09:00 in Zürich.
NOON = weekly("every: monday, at: 12:00, timezone: UTC, audience: { contact.n: { gte: 1 } }")
FIRES = START + 4 * HOUR


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def birthday(rest: str) -> str:
    date = f"date: {{ attribute: contact.born, every: year, {rest} }}"
    return journey("birthday", f"trigger: {{ {date} }}\nsteps: [{{ id: a, wait: 1 day }}]\n")


def know(shop: Shop, *ids: str, zone: str | None = None, **attributes: object) -> None:
    shop.known(*ids, timezone=zone, attributes=attributes)


def entered(shop: Shop) -> dict[str, list[datetime]]:
    found = {id: [one.entered_at for one in shop.store.enrollments(id)] for id in shop.store.keys(PEOPLE)}
    return {id: at for id, at in found.items() if at}


def go(shop: Shop, at: datetime, size: int = 2) -> None:
    """Walk as of an instant, page by page of two."""
    shop.clock.at = at
    while walk(shop.store, shop.running(), at, size=size):
        pass


# --- crashes -------------------------------------------------------------------------------------


class Crash(BaseException):
    """The process is gone."""


POINTS = [
    (name, when, nth)
    for name, nths in (("call", (1,)), ("walk", (1, 2, 3)))
    for when in ("before_commit", "after_commit")
    for nth in nths
]


@pytest.mark.parametrize(("name", "when", "nth"), POINTS)
def test_a_crash_anywhere_loses_and_doubles_nobody(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str, when: str, nth: int
) -> None:
    monkeypatch.setattr(schedules, "PAGE_SIZE", 2)
    shop.apply(weekly=NOON.replace("steps:", "re_entry: always\nsteps:"))
    know(shop, *PEOPLE[1:], n=1)
    know(shop, PEOPLE[0], n=0)
    met: Counter[str] = Counter()

    def crash(point: str) -> None:
        met[point] += 1
        if point == f"{name}:{when}" and met[point] == nth:
            raise Crash

    shop.store.crash_points = crash
    with pytest.raises(Crash):
        go(shop, FIRES)
    shop.store.crash_points = None
    go(shop, FIRES + 3 * MINUTE)
    assert entered(shop) == {id: [FIRES] for id in PEOPLE[1:]}
    assert len(shop.outbox()) == len(PEOPLE) - 1
    assert shop.store.next_due() is None
    assert shop.store.check() == []


def test_the_audience_is_fixed_as_of_the_firing(shop: Shop) -> None:
    """Between the pages two change sides: one who was called enters, one who was not does not."""
    shop.apply(weekly=NOON)
    know(shop, *PEOPLE[:4], n=1)
    know(shop, *PEOPLE[4:], n=0)
    running = shop.running()
    (firing,) = schedules.due_firings(shop.store, running, FIRES)
    assert schedules.call_audience(shop.store, running, firing) == 4
    shop.clock.at = FIRES + MINUTE
    know(shop, PEOPLE[6], n=5)
    with shop.store.page() as page:
        page.put_contacts([Contact(PEOPLE[3], attributes={"n": 0})], shop.clock.at)
    assert schedules.call_audience(shop.store, running, firing) == 0
    go(shop, FIRES + 2 * MINUTE)
    assert entered(shop) == {id: [FIRES] for id in PEOPLE[:4]}


def test_an_event_behind_the_firing_finds_the_contact_inside(shop: Shop) -> None:
    """Called and not yet entered: it enters before the event is taken, which then ends it."""
    more = "exit_when: [{ event: A }]\n"
    text = weekly("every: monday, at: 12:00, timezone: UTC", more).replace(
        "steps:\n", "steps:\n  - { id: pause, wait: 1 hour }\n"
    )
    shop.apply(weekly=text)
    know(shop, *PEOPLE[:2], n=1)
    running = shop.running()
    for firing in schedules.due_firings(shop.store, running, FIRES):
        schedules.call_audience(shop.store, running, firing)
    shop.clock.at = FIRES + timedelta(seconds=1)
    shop.does("A", PEOPLE[0])
    go(shop, FIRES + MINUTE)
    go(shop, FIRES + HOUR)
    assert [e.reason for e in shop.store.enrollments(PEOPLE[0])] == ["exit"]
    assert [e.reason for e in shop.store.enrollments(PEOPLE[1])] == ["completed"]


# --- missed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "is_made_up"), [(59, True), (60, True), (61, False)])
def test_what_was_missed_is_made_up_within_the_grace(shop: Shop, late: int, is_made_up: bool) -> None:
    shop.apply(weekly=NOON)
    know(shop, PEOPLE[0], n=1)
    go(shop, FIRES + late * MINUTE)
    assert entered(shop) == ({PEOPLE[0]: [FIRES]} if is_made_up else {})
    go(shop, FIRES + timedelta(days=7))
    assert entered(shop)[PEOPLE[0]][-1] == FIRES + timedelta(days=7)


def test_the_grace_is_a_setting(shop: Shop) -> None:
    shop.limits = replace(shop.limits, misfire_grace=2 * HOUR)
    shop.apply(weekly=NOON)
    know(shop, PEOPLE[0], n=1)
    go(shop, FIRES + 119 * MINUTE)
    assert list(entered(shop)) == [PEOPLE[0]]


def test_of_many_that_were_missed_the_last_is_made_up(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.apply(weekly=weekly('cron: "*/10 * * * *"'))
    know(shop, PEOPLE[0])
    with caplog.at_level(logging.WARNING):
        go(shop, FIRES + 5 * MINUTE)
    assert entered(shop) == {PEOPLE[0]: [FIRES]}
    assert "not made up" in caplog.text
    go(shop, FIRES + 10 * MINUTE)
    assert entered(shop) == {PEOPLE[0]: [FIRES, FIRES + 10 * MINUTE]}


def test_who_came_after_the_firing_was_not_there(shop: Shop) -> None:
    shop.apply(weekly=NOON)
    know(shop, PEOPLE[0], n=1)
    shop.clock.at = FIRES + MINUTE
    know(shop, PEOPLE[1], n=1)
    go(shop, FIRES + 2 * MINUTE)
    assert list(entered(shop)) == [PEOPLE[0]]


def test_a_date_is_late_after_a_day(shop: Shop) -> None:
    text = weekly("every: day, at: 09:00").replace(
        "schedule: { every: day, at: 09:00 }", "date: { attribute: contact.born, every: year }"
    )
    shop.apply(weekly=text)
    know(shop, PEOPLE[0], born="1990-03-05", zone="UTC")
    know(shop, PEOPLE[1], born="1990-03-04", zone="UTC")
    go(shop, datetime(2026, 3, 5, 23, 0, tzinfo=UTC))
    assert entered(shop) == {PEOPLE[0]: [datetime(2026, 3, 5, 23, 0, tzinfo=UTC)]}
    (line,) = [record.line for record in shop.store.traces(PEOPLE[1])]
    assert (line.did, line.why.partition(":")[0]) == ("not_entered", "late")
    assert shop.store.next_due() == datetime(2027, 3, 4, tzinfo=UTC)


# --- zones ---------------------------------------------------------------------------------------


def test_zone_by_zone_and_each_minute_of_the_day(shop: Shop) -> None:
    """Nine o'clock comes six times around the world; names that nobody knows live where the shop does."""
    zones = [
        "Pacific/Auckland",
        "Asia/Kathmandu",
        "Europe/Zurich",
        "America/St_Johns",
        None,
        "Mars/Olympus",
        "UTC",
    ]
    shop.apply(weekly=weekly("every: tuesday, at: 09:00"))
    for id, zone in zip(PEOPLE, zones, strict=True):
        know(shop, id, zone=zone)
    daemon, hours = shop.daemon(), {}
    while shop.clock.at < START + timedelta(days=2):
        daemon.walk_once()
        shop.clock.go(minutes=15)
    hours = {id: f"{at:%d %H:%M}" for id, (at,) in entered(shop).items()}
    expected = ["02 20:00", "03 03:15", "03 08:00", "03 12:30", "03 08:00", "03 08:00", "03 09:00"]
    assert hours == dict(zip(PEOPLE, expected, strict=True))
    keys = {one.entry_key for id in PEOPLE for one in shop.store.enrollments(id)}
    assert keys == {"2026-03-03T09:00"}


# --- apply ---------------------------------------------------------------------------------------


def test_an_apply_fires_nothing_that_is_past(shop: Shop) -> None:
    know(shop, PEOPLE[0], n=1)
    shop.clock.at = FIRES + MINUTE
    shop.apply(weekly=NOON)
    go(shop, FIRES + 2 * MINUTE)
    shop.apply(weekly=NOON)
    shop.apply(weekly=NOON.replace("12:00", "12:01"))
    go(shop, FIRES + 3 * MINUTE)
    assert entered(shop) == {}
    go(shop, FIRES + timedelta(days=7))
    assert entered(shop) == {}
    go(shop, FIRES + timedelta(days=7, minutes=1))
    assert list(entered(shop)) == [PEOPLE[0]]


def test_what_was_called_by_a_journey_that_is_gone_is_forgotten(shop: Shop) -> None:
    shop.apply(weekly=NOON)
    know(shop, PEOPLE[0], n=1)
    running = shop.running()
    for firing in schedules.due_firings(shop.store, running, FIRES):
        schedules.call_audience(shop.store, running, firing)
    assert shop.store.next_due() == FIRES
    shop.apply(weekly="")
    assert shop.store.next_due() is None
    assert shop.store.schedules() == {}


def test_dates_of_everybody_are_worked_out_when_a_journey_is_applied(shop: Shop) -> None:
    """And again where the shop's own zone changes, for those who have none."""
    text = birthday("at: 09:00")
    know(shop, *PEOPLE[:3], born="1990-03-04")
    know(shop, PEOPLE[3])
    know(shop, PEOPLE[4], born="1990-03-04", zone="Asia/Tokyo")
    shop.apply(birthday=text)
    assert shop.store.next_due() == datetime(2026, 3, 4, 0, 0, tzinfo=UTC)
    assert shop.store.moments(PEOPLE[0])[0].at == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    assert shop.store.moments(PEOPLE[3]) == []
    catalog = shop.files["journeys/catalog.yaml"].decode()
    shop.apply(catalog=catalog.replace("Europe/Zurich", "UTC"))
    assert shop.store.moments(PEOPLE[0])[0].at == datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    assert shop.store.moments(PEOPLE[4])[0].at == datetime(2026, 3, 4, 0, 0, tzinfo=UTC)
    shop.apply(birthday=text.replace("status: live", "status: draft"))
    assert shop.store.moments(PEOPLE[0]) == []


def test_an_import_brings_dates_and_fires_nothing(shop: Shop) -> None:
    text = birthday("at: 09:00")
    shop.apply(birthday=text)
    how = Import(shop.store, shop.running(), shop.clock.at)
    told = [Contact(id, attributes={"born": f"1990-03-0{3 + n}"}) for n, id in enumerate(PEOPLE[:2])]
    import_contacts(how, [Row(n, {}, contact) for n, contact in enumerate(told)])
    assert [shop.store.moments(id)[0].key for id in PEOPLE[:2]] == ["2026-03-03", "2026-03-04"]
    go(shop, datetime(2026, 3, 3, 9, tzinfo=UTC))
    assert list(entered(shop)) == [PEOPLE[0]]


# --- beside --------------------------------------------------------------------------------------


def test_the_crew_leaves_moments_to_the_writer(shop: Shop) -> None:
    shop.apply(weekly=NOON)
    know(shop, *PEOPLE[:2], n=1)
    running = shop.running()
    for firing in schedules.due_firings(shop.store, running, FIRES):
        schedules.call_audience(shop.store, running, firing)
    keys = sorted(shop.store.keys(PEOPLE).values())
    decided = decide(shop.store, running, keys, FIRES)
    assert decided is None or decided.left_out == keys


def test_a_page_of_other_journeys_asks_for_no_moments(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this costs a query where no date or schedule runs."""
    import engine.store.moments as kept

    def never(*_: object) -> object:
        raise AssertionError

    other = journey(
        "other", "trigger: { event: A }\nsteps: [{ id: a, wait: 1 day }, { id: b, wait: 1 day }]\n"
    )
    shop.apply(other=other)
    know(shop, PEOPLE[0])
    shop.does("A", PEOPLE[0])
    monkeypatch.setattr(kept, "load_moments", never)
    go(shop, START + timedelta(days=1))
    assert shop.stands_at(PEOPLE[0]) == ["b"]


def test_people_are_told_what_comes_next(shop: Shop) -> None:
    born = birthday("offset: -1 days")
    shop.apply(weekly=NOON, birthday=born)
    know(shop, PEOPLE[0], n=1, born="1990-03-05")
    contact = shop.store.contact(PEOPLE[0])
    assert contact is not None
    told = [(one.journey, one.at, one.text) for one in next_of_contact(shop.store, shop.limits, contact)]
    eve = datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
    assert told == [
        ("weekly", FIRES, "every monday at 12:00, UTC"),
        ("birthday", eve, "1 days before contact.born, every year"),
    ]
    assert next_entries(shop.store, shop.limits) == {"weekly": FIRES, "birthday": eve}


def test_who_moves_behind_a_firing_was_not_there(shop: Shop) -> None:
    """The first contact of a zone comes when it has fired there already."""
    shop.apply(weekly=weekly("every: monday, at: 17:30"))  # 08:30 UTC in Tokyo, 15:30 UTC in Helsinki
    know(shop, PEOPLE[0])
    shop.clock.at = START + HOUR
    know(shop, PEOPLE[0], zone="Asia/Tokyo")
    know(shop, PEOPLE[1], zone="Europe/Helsinki")
    go(shop, START + HOUR)
    go(shop, START + 8 * HOUR)
    assert entered(shop) == {PEOPLE[1]: [START + timedelta(hours=7, minutes=30)]}
