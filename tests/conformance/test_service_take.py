"""Taking and replaying: order within an instant, duplicates, the future, broken work, continuing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from engine.channels.capture import CaptureChannel
from engine.errors import RefusedError
from engine.intake.lines import LineError
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.clock import VirtualClock
from engine.service.daemon import Daemon
from engine.service.events_file import read_items
from engine.service.replay import replay
from engine.service.take import Item, enroll, take
from engine.store.database import Store
from tests.support.shops import START, Shop, journey

CANCELLED = journey(
    "reminder",
    """\
trigger: { event: A }
exit_when: [ { event: C } ]
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 hour }
  - { id: letter, send: email, subject: Hi, body: Hi. }
""",
)
NEEDS_NICK = journey(
    "nicks",
    """\
trigger: { event: A }
defaults: { topic: news }
steps:
  - { id: greet, update: { contact.nick: "{{ contact.nick }}!" } }
  - { id: letter, send: email, subject: Hi, body: Hi. }
""",
)
PLAIN = NEEDS_NICK.replace("journey: nicks", "journey: plain").replace(
    '  - { id: greet, update: { contact.nick: "{{ contact.nick }}!" } }\n', ""
)


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


# --- order ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
def test_at_one_instant_all_events_come_before_the_timers(shop: Shop, together: bool) -> None:
    """Something else, then the order, at the very instant of the reminder: the order still cancels it."""
    shop.apply(reminder=CANCELLED)
    shop.known()
    shop.does("A")
    shop.clock.go(hours=1)
    events = [shop.event("B"), shop.event("C")]
    if together:
        shop.take(*events)
    else:
        shop.take(events[1])
    shop.daemon().until_idle()
    assert shop.outbox() == []
    (enrollment,) = shop.store.enrollments("ada")
    assert enrollment.reason == "exit"


def replayed(shop: Shop, items: list[Item], until: datetime | None = None) -> Daemon:
    clock = VirtualClock(max(items[0].received_at, shop.store.latest_event() or items[0].received_at))
    daemon = Daemon(shop.store, CaptureChannel(shop.folder / "captured"), Policy(), clock=clock)
    daemon.begin()
    try:
        replay(daemon, clock, items, until)
    finally:
        daemon.end()
    return daemon


def test_in_a_replay_too_however_many_there_are(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """More items of one instant than a page holds."""
    monkeypatch.setattr("engine.service.replay._PAGE", 2)
    shop.apply(reminder=CANCELLED)
    items: list[Item] = [shop.told("ada"), shop.event("A")]
    shop.clock.go(hours=1)
    items += [*(shop.event("B", f"other{n}") for n in range(5)), shop.event("C")]
    replayed(shop, items, shop.clock.at + timedelta(days=1))
    assert shop.outbox() == []


def test_what_follows_an_event_is_timed_by_its_receipt(shop: Shop) -> None:
    shop.apply(reminder=CANCELLED)
    shop.known()
    shop.clock.go(minutes=10)
    event = shop.event("A")
    shop.clock.go(minutes=40)
    shop.take(event)
    (enrollment,) = shop.store.enrollments("ada")
    assert enrollment.due_at == START + timedelta(hours=1, minutes=10)


# --- what comes twice, early and late ------------------------------------------------------------


def test_the_same_message_counts_once_within_a_page_and_across_pages(shop: Shop) -> None:
    shop.apply(reminder=CANCELLED)
    shop.known()
    event = shop.event("A")
    taken = take(shop.store, shop.running(), [event, event], shop.clock.at)
    assert (taken.events, taken.duplicates) == (1, 1)
    assert take(shop.store, shop.running(), [event], shop.clock.at).duplicates == 1
    assert len(shop.store.enrollments("ada")) == 1


def test_an_event_from_the_future_counts_as_of_its_receipt_also_later(shop: Shop) -> None:
    """History is loaded again for the second event; what was dated ahead must not be ahead there either."""
    text = CANCELLED.replace(
        "trigger: { event: A }", "trigger: { event: A }\nenter_when: { did: B, within: 1 day }"
    )
    shop.apply(reminder=text)
    shop.known()
    early = shop.event("B")
    shop.take(replace(early, at=early.at + timedelta(days=30)))
    assert ("", "warned") in shop.did()
    shop.clock.go(hours=2)
    shop.does("A")
    assert shop.stands_at() == ["pause"]
    shop.clock.go(days=29)
    shop.does("A", "bob")
    assert ("", "not_entered") in shop.did("bob")


def test_an_event_older_than_late_after_triggers_nothing(shop: Shop) -> None:
    shop.apply(reminder=CANCELLED)
    shop.known()
    event = shop.event("A")
    shop.take(replace(event, at=event.at - timedelta(hours=24, seconds=1)))
    assert shop.store.enrollments("ada") == []


# --- broken work ---------------------------------------------------------------------------------


def test_whose_work_breaks_keeps_its_events_and_delays_neither_others_nor_its_other_journeys(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.apply(nicks=NEEDS_NICK, plain=PLAIN)
    shop.known("ada")
    shop.take(shop.told("bob", attributes={"nick": "Bob"}))
    shop.take(shop.event("A", "ada"), shop.event("A", "bob"))
    entered = {id: sorted(e.journey for e in shop.store.enrollments(id)) for id in ("ada", "bob")}
    assert entered == {"ada": ["plain"], "bob": ["nicks", "plain"]}
    (line,) = [record for record in shop.store.traces("ada") if record.line.did == "warned"]
    assert line.journey == "nicks"
    assert "nick" in line.line.why
    assert shop.store.counts()["event"] == 4
    assert sum("set aside" in record.message for record in caplog.records) == 1
    assert shop.store.check() == []


def test_history_is_as_it_was_also_when_the_work_is_done_again(shop: Shop) -> None:
    """Without the broken journey the two events are lived through once more: the first is still the first."""
    first = journey(
        "first",
        """\
trigger: { event: A }
enter_when: { did: A, count: { eq: 1 } }
re_entry: always
steps:
  - { id: pause, wait: 1 day }
""",
    )
    shop.apply(nicks=NEEDS_NICK, first=first)
    shop.known()
    shop.take(shop.event("A"), shop.event("A"))
    assert [e.journey for e in shop.store.enrollments("ada")] == ["first"]


# --- enroll --------------------------------------------------------------------------------------


def test_by_command_only_into_a_journey_that_allows_it(shop: Shop) -> None:
    manual = CANCELLED.replace("trigger: { event: A }", "trigger: { manual: true }")
    shop.apply(reminder=manual, nicks=NEEDS_NICK)
    shop.known()
    assert enroll(shop.store, shop.running(), "reminder", "ada", {}, shop.clock.at).refused == ()
    again = enroll(shop.store, shop.running(), "reminder", "ada", {}, shop.clock.at)
    assert again.refused == ("re_entry: one is running",)
    for journey_id, contact in (("nicks", "ada"), ("nobody", "ada"), ("reminder", "nobody")):
        with pytest.raises(RefusedError):
            enroll(shop.store, shop.running(), journey_id, contact, {}, shop.clock.at)
    shop.apply(reminder=manual.replace("status: live", "status: stopping"))
    shop.known("bob")
    assert enroll(shop.store, shop.running(), "reminder", "bob", {}, shop.clock.at).refused == ("stopping",)


# --- replay --------------------------------------------------------------------------------------

LIFE = journey(
    "life",
    """\
trigger: { event: A }
re_entry: { after: 0 seconds, if_running: restart }
exit_when: [ { event: C } ]
defaults: { topic: news, quiet_hours: 21:00-08:00 }
steps:
  - { id: pause, wait: 6 hours }
  - { id: letter, send: email, subject: Hi, body: Hi. }
  - id: more
    wait_for: B
    up_to: 1 day
    then: [ { id: thanks, send: email, subject: Thanks, body: Thanks. } ]
""",
)


def lives(shop: Shop) -> list[Item]:
    """Four people for three weeks, something every seven hours, some of it in the night."""
    items: list[Item] = [shop.told(f"c{n}") for n in range(4)]
    for n in range(70):
        shop.clock.go(hours=7)
        items.append(shop.event("AABCBA"[n % 6], f"c{n % 4}"))
    return items


class Crash(BaseException):
    """Nobody catches it, as nobody catches a kill."""


def test_interrupted_at_any_commit_and_continued_it_comes_to_the_same(
    database_url: str, tmp_path: Path
) -> None:
    """A crash after every few commits, also with messages under way, and then on with the same file."""
    passed, crash_at = 0, 0

    def maybe_crash(point: str) -> None:
        nonlocal passed
        if not point.startswith("lease"):
            passed += 1
            if passed == crash_at:
                raise Crash(point)

    store = Store.open(database_url, crash_points=maybe_crash)
    shop = Shop(store, tmp_path)
    shop.apply(life=LIFE)
    items = lives(shop)
    until = shop.clock.at + timedelta(days=3)
    crashes = 0
    for number in cycle((17, 18, 21, 24, 29, 30)):
        passed, crash_at = 0, number
        try:
            replayed(shop, items, until)
        except Crash:
            crashes += 1
        else:
            break
    broken = (store.digest(), store.messages_digest())
    assert store.check() == []
    assert crashes > 10
    assert {state for _, state, _ in shop.states()} == {"sent"}
    store.close()

    calm_folder = tmp_path / "calm"
    calm_folder.mkdir()
    calm = Store.open(f"sqlite:///{calm_folder / 'calm.db'}", create=True)
    other = Shop(calm, calm_folder)
    other.apply(life=LIFE)
    replayed(other, items, until)
    assert (calm.digest(), calm.messages_digest()) == broken
    assert other.store.counts()["message"] > 20
    calm.close()


def test_a_file_older_than_the_database_is_received_now_and_triggers_nothing(shop: Shop) -> None:
    shop.apply(reminder=CANCELLED)
    old = [replace(shop.event("A"), at=START - timedelta(days=30), received_at=START - timedelta(days=30))]
    shop.clock.go(days=1)
    shop.known("bob")
    replayed(shop, [*old, shop.event("A", "bob")])
    assert shop.store.enrollments("ada") == []
    (line,) = [record.line for record in shop.store.traces("ada")]
    assert line.why.startswith("late")
    assert shop.stands_at("bob") == ["pause"]


def test_what_was_replayed_is_skipped_the_next_time(shop: Shop) -> None:
    shop.apply(life=LIFE)
    items = lives(shop)
    until = shop.clock.at + timedelta(days=3)
    replayed(shop, items, until)
    before = (shop.store.digest(), shop.store.messages_digest(), shop.store.counts())
    clock = VirtualClock(until)
    daemon = shop.daemon()
    daemon.clock = clock
    done = replay(daemon, clock, items, until)
    assert (done.events, done.duplicates) == (0, len(items))
    assert (shop.store.digest(), shop.store.messages_digest(), shop.store.counts()) == before


def test_lines_that_cannot_be_read_are_told_and_the_rest_is_taken(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    good = {
        "type": "track",
        "userId": "ada",
        "event": "A",
        "timestamp": "2026-03-02T09:00:00Z",
        "messageId": "1",
    }
    file.write_bytes(
        json.dumps(good).encode()
        + b"\n{broken\n\xff\xfe\n"
        + json.dumps({**good, "messageId": "2"}).encode()
        + b"\n"
    )
    rejected: list[LineError] = []
    items = list(read_items(file, rejected.append))
    shop.apply(reminder=CANCELLED)
    replayed(shop, items)
    assert [error.line for error in rejected] == [2, 3]
    assert shop.store.counts()["event"] == 2


def test_without_until_it_ends_with_the_last_event(shop: Shop) -> None:
    shop.apply(reminder=CANCELLED)
    items: list[Item] = [shop.told("ada"), shop.event("A")]
    replayed(shop, items)
    assert shop.outbox() == []
    assert shop.stands_at() == ["pause"]


def test_until_is_inclusive(shop: Shop) -> None:
    shop.apply(reminder=CANCELLED)
    items: list[Item] = [shop.told("ada"), shop.event("A")]
    replayed(shop, items, START + timedelta(hours=1))
    assert shop.states() == [("letter", "sent", None)]


def test_an_event_beyond_until_is_not_taken(shop: Shop) -> None:
    shop.apply(reminder=CANCELLED)
    items: list[Item] = [shop.told("ada"), replace(shop.event("A"), received_at=START + timedelta(seconds=1))]
    replayed(shop, items, START)
    assert shop.store.counts()["event"] == 1
    assert isinstance(items[1], Event)
