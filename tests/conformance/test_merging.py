"""Merging two contacts: everything of the one is the other's afterwards, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from msgspec.structs import replace

from engine.calendar.durations import read_duration
from engine.core.live import fire_timers
from engine.errors import RefusedError
from engine.intake.requests import read_body
from engine.model.event import Event
from engine.model.policy import Cap, Policy
from engine.model.stock import Coupon
from engine.service.erasing import erase
from engine.service.inbox import Inbox
from engine.service.merging import Merged, merge
from engine.service.take import take
from engine.store.database import Store
from engine.store.faults import StaleError
from engine.store.merging import FOLLOWING
from engine.store.tables import METADATA
from tests.support.shops import CATALOG, START, Shop, journey

WELCOME = journey(
    "welcome",
    """\
trigger: { event: A }
exit_when: [ { event: C } ]
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 day }
  - { id: letter, send: email, subject: Hi, body: Hi. }
  - { id: rest, wait: 10 days }
""",
)
KEYED = WELCOME.replace("trigger: { event: A }", "trigger: { event: A, key: event.key }").replace(
    "journey: welcome", "journey: keyed"
)
TWICE = KEYED.replace("journey: keyed", "journey: twice").replace(
    "exit_when", "re_entry: { after: 0 seconds, if_running: parallel }\nexit_when"
)
AT_ONCE = journey(
    "at-once",
    """\
trigger: { event: B }
re_entry: always
defaults: { topic: news }
steps:
  - { id: letter, send: email, subject: Hi, body: Hi. }
""",
)


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def merged(shop: Shop, one: str = "old", into: str = "ada", **how: Any) -> Merged:
    return merge(shop.store, shop.running(), one, into, "ana", shop.clock.at, **how)


def left(shop: Shop, contact: str = "ada") -> list[tuple[str, str | None]]:
    return [(e.entry_key, e.reason) for e in shop.store.enrollments(contact)]


def problems(shop: Shop) -> list[str]:
    """Counters against rows, orphans and the like."""
    return shop.store.check()


BOTH_WAYS = pytest.mark.parametrize("first", ["old", "ada"])


# --- what is known -------------------------------------------------------------------------------


@BOTH_WAYS
def test_its_own_values_win_and_what_it_lacks_is_filled_in(shop: Shop, first: str) -> None:
    """Whichever of the two was there first, and so has the lower key."""
    shop.apply(welcome=WELCOME)
    shop.known(first)
    shop.clock.go(hours=1)
    shop.take(
        shop.told("old", email="old@shop.example", phone="+41791234567", attributes={"n": 1, "nick": "O"})
    )
    shop.take(shop.told("ada", email="ada@shop.example", attributes={"n": 2}, suppressed={"sms": "manual"}))
    merged(shop)
    ada = shop.store.contact("ada")
    assert ada is not None
    assert (ada.id, ada.email, ada.phone) == ("ada", "ada@shop.example", "+41791234567")
    assert (ada.attributes, ada.suppressed) == ({"n": 2, "nick": "O"}, {"sms": "manual"})
    assert ada.created_at == START
    assert shop.store.contact("old") == ada
    assert [one.id for one in shop.store.former_ids("ada")] == ["old"]
    assert problems(shop) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "becomes"),
    [
        ({"news": True}, {"news": False}, {"news": False}),
        ({"news": False}, {"news": True}, {"news": False}),
        ({"news": True}, {"*": False}, {"news": False, "*": False}),
        ({"*": False}, {"news": True}, {"news": False, "*": False}),
        ({"news": True}, {"offers": False}, {"news": True, "offers": False}),
        ({}, {"news": True}, {"news": True}),
    ],
)
def test_a_no_is_not_lost_to_a_yes_of_which_nobody_knows_when(
    shop: Shop, ours: dict[str, bool], theirs: dict[str, bool], becomes: dict[str, bool]
) -> None:
    """An import states what is, without a time."""
    shop.apply(welcome=WELCOME)
    with shop.store.page() as page:
        page.put_contacts(
            [
                shop.told("ada", topics=ours, consents={"sms": True, "email": False}).traits,
                shop.told("old", topics=theirs, consents={"sms": False, "email": True}).traits,
            ],
            shop.clock.at,
        )
    merged(shop)
    ada = shop.store.contact("ada")
    assert ada is not None
    assert ada.topics == becomes
    assert ada.consents == {"sms": False, "email": False}


@pytest.mark.parametrize("yes_is_later", [True, False])
def test_of_two_answers_with_a_time_the_later_one_holds(shop: Shop, yes_is_later: bool) -> None:
    shop.apply(welcome=WELCOME)
    yes, no = ("ada", True), ("old", False)
    for contact, answer in (no, yes) if yes_is_later else (yes, no):
        shop.known(contact, topics={"news": answer}, consents={"sms": answer})
        shop.clock.go(hours=1)
    merged(shop)
    ada = shop.store.contact("ada")
    assert ada is not None
    assert (ada.topics, ada.consents) == ({"news": yes_is_later}, {"sms": yes_is_later})


def test_a_bounce_belongs_to_its_address_and_a_complaint_to_the_person(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.known("old", suppressed={"email": "hard_bounce", "sms": "complaint"})
    shop.known("ada", phone="+41790000001")
    merged(shop)
    ada = shop.store.contact("ada")
    assert ada is not None
    assert ada.suppressed == {"sms": "complaint"}
    with shop.store.page() as page:
        assert page.suppressed([("sms", "+41790000001")]) == {("sms", "+41790000001"): "complaint"}


def test_without_an_address_of_its_own_it_takes_the_bounce_over(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.known("old", suppressed={"email": "hard_bounce"})
    shop.does("A", "ada")
    merged(shop)
    ada = shop.store.contact("ada")
    assert ada is not None
    assert (ada.email, ada.suppressed) == ("old@shop.example", {"email": "hard_bounce"})


# --- where it stands -----------------------------------------------------------------------------


@BOTH_WAYS
def test_places_and_history_come_along(shop: Shop, first: str) -> None:
    shop.apply(keyed=KEYED)
    shop.known(first)
    shop.known("old", "ada")
    shop.does("A", "old", key="k1")
    shop.does("A", "ada", key="k2")
    done = merged(shop)
    assert done.came == {"events": 1, "enrollments": 1, "messages": 0}
    assert sorted(left(shop)) == [("k1", None), ("k2", None)]
    assert shop.stands_at() == ["pause", "pause"]
    shop.clock.go(days=1, hours=1)
    shop.daemon().until_idle()
    assert [item.message.to for item in shop.outbox()] == ["ada@shop.example"] * 2
    assert problems(shop) == []


@BOTH_WAYS
@pytest.mark.parametrize("older", ["old", "ada"])
def test_of_two_in_one_journey_the_older_stays(shop: Shop, first: str, older: str) -> None:
    shop.apply(welcome=WELCOME)
    shop.known(first)
    shop.known("old", "ada")
    shop.does("A", older)
    shop.clock.go(hours=1)
    shop.does("A", "ada" if older == "old" else "old")
    done = merged(shop)
    assert [e.reason for e in done.left] == ["merged"]
    (running,) = [e for e in shop.store.enrollments("ada") if e.is_running]
    assert running.entered_at == START
    assert sorted(str(reason) for _, reason in left(shop)) == ["None", "merged"]
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert shop.states() == [("letter", "sent", None)]
    assert problems(shop) == []


def test_where_two_may_run_both_go_on(shop: Shop) -> None:
    shop.apply(twice=TWICE)
    shop.known("old", "ada")
    for contact in ("old", "old", "ada"):
        shop.does("A", contact, key="k")
        shop.clock.go(minutes=1)
    merged(shop)
    assert sorted(e.serial for e in shop.store.enrollments("ada") if e.is_running) == [0, 1, 2]
    shop.does("A", "ada", key="k")
    assert len(shop.stands_at()) == 4
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert len(shop.outbox()) == 4
    assert problems(shop) == []


def test_who_ordered_under_one_name_is_not_reminded_under_the_other(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.known("old", "ada")
    shop.does("A", "ada")
    shop.clock.go(hours=1)
    shop.does("C", "old")
    merged(shop)
    (enrollment,) = shop.store.enrollments("ada")
    assert enrollment.reason == "exit"
    assert "under another id" in enrollment.detail


def test_what_came_before_the_entry_ends_nothing(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.known("old", "ada")
    shop.does("C", "old")
    shop.clock.go(hours=1)
    shop.does("A", "ada")
    merged(shop)
    assert shop.stands_at() == ["pause"]


def test_a_merge_lets_nobody_in(shop: Shop) -> None:
    """Together they are in the segment, and neither was."""
    shop.files["journeys/segments.yaml"] = b"busy: { when: { did: B, count: { gte: 2 } } }\n"
    text = journey(
        "busy-ones",
        "trigger: { segment: { enters: busy } }\ndefaults: { topic: news }\nsteps:\n"
        "  - { id: letter, send: email, subject: Hi, body: Hi. }\n",
    )
    shop.apply(busy_ones=text)
    shop.known("old", "ada")
    shop.does("B", "old")
    shop.does("B", "ada")
    merged(shop)
    shop.daemon().until_idle()
    assert shop.store.enrollments("ada") == []
    shop.does("B", "ada")
    assert shop.store.enrollments("ada") == [], "and is in it from then on"


def test_whoever_waits_for_what_the_other_brought_goes_on(shop: Shop) -> None:
    text = journey(
        "patient",
        "trigger: { event: A }\ndefaults: { topic: news }\nsteps:\n"
        "  - { id: named, wait_for: { condition: { contact.nick: { exists: true } } }, up_to: 5 days }\n"
        "  - { id: rest, wait: 1 day }\n",
    )
    shop.apply(patient=text)
    shop.known("ada")
    shop.does("A", "ada")
    shop.known("old", attributes={"nick": "O"})
    merged(shop)
    assert shop.stands_at() == ["rest"]


# --- what is sent --------------------------------------------------------------------------------


def test_what_waits_in_the_outbox_goes_to_the_one_address(shop: Shop) -> None:
    shop.apply(at_once=AT_ONCE)
    shop.known("old", "ada")
    shop.does("B", "old")
    merged(shop)
    shop.daemon().until_idle()
    assert [(item.message.to, item.message.state) for item in shop.outbox()] == [("ada@shop.example", "sent")]


def test_the_same_letter_does_not_come_twice(shop: Shop) -> None:
    shop.apply(at_once=AT_ONCE)
    shop.known("old", "ada")
    shop.does("B", "ada")
    shop.clock.go(minutes=1)
    shop.does("B", "old")
    assert merged(shop).dropped == 1
    shop.daemon().until_idle()
    assert [(i.message.at, i.message.state, i.message.reason) for i in shop.outbox()] == [
        (START, "sent", None),
        (START + timedelta(minutes=1), "dropped", "merged"),
    ]


def test_what_a_sender_has_in_hand_is_taken_from_it(shop: Shop) -> None:
    shop.apply(at_once=AT_ONCE)
    shop.known("old", "ada")
    shop.does("B", "old")
    (item,) = shop.store.claim_messages(shop.clock.at, "worker", 10)
    merged(shop)
    found = shop.message("ada")
    assert (found.message.state, found.message.to, found.claimed_by) == ("ready", "ada@shop.example", None)
    assert item.message.to == "old@shop.example"


def test_what_one_was_sent_counts_for_the_caps_of_both(shop: Shop) -> None:
    shop.limits = Policy(caps=(Cap(1, read_duration("7 days")),))
    shop.apply(welcome=WELCOME, at_once=AT_ONCE)
    shop.known("old", "ada")
    shop.does("B", "old")
    merged(shop)
    shop.does("B", "ada")
    assert [item.message.reason for item in shop.outbox()] == [None, "capped"]


# --- the old id answers --------------------------------------------------------------------------


def test_the_old_id_goes_on_to_answer(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.known("old", "ada")
    merged(shop)
    shop.does("A", "old")
    shop.take(shop.told("old", email="new@shop.example"))
    assert shop.stands_at("ada") == ["pause"] == shop.stands_at("old")
    ada = shop.store.contact("ada")
    assert ada is not None
    assert ada.email == "new@shop.example"
    with shop.store.page() as page:
        page.put_contacts([shop.told("old", attributes={"n": 7}).traits], shop.clock.at)
    assert shop.store.contact("ada") == replace(ada, attributes={"n": 7}, email="old@shop.example")
    assert shop.store.counts()["contact"] == 1


def test_chains_and_circles(shop: Shop) -> None:
    shop.apply(keyed=KEYED)
    for contact in ("a", "b", "c"):
        shop.known(contact)
        shop.does("A", contact, key=contact)
    assert merged(shop, "a", "b").is_news
    assert merged(shop, "b", "c").is_news
    assert not merged(shop, "c", "a").is_news
    assert not merged(shop, "a", "c").is_news
    assert {one.id for one in shop.store.former_ids("c")} == {"a", "b"}
    assert len(shop.stands_at("a")) == 3
    shop.does("C", "a")
    assert shop.stands_at("c") == []
    assert problems(shop) == []


def test_who_is_not_known_is_not_merged(shop: Shop) -> None:
    shop.known("ada")
    with pytest.raises(RefusedError, match="no contact `old`"):
        merged(shop)
    with pytest.raises(RefusedError, match="one contact already"):
        merged(shop, "ada", "ada")


def test_a_dry_run_writes_nothing(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.known("old", "ada")
    shop.does("A", "old")
    before = shop.store.digest()
    assert merged(shop, is_dry=True).came["enrollments"] == 1
    assert (shop.store.digest(), shop.store.former("old")) == (before, None)


def test_the_trace_tells_of_it(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.known("old", "ada")
    shop.does("A", "old")
    merged(shop)
    told = [record.line for record in shop.store.traces("ada") if record.line.did == "merged"]
    assert [line.why for line in told] == [
        "`old` is this contact from now on, by ana; 1 event, 1 enrollment and 0 messages came along"
    ]


# --- over HTTP -----------------------------------------------------------------------------------


def posted(shop: Shop, *items: dict[str, Any]) -> None:
    inbox = Inbox(shop.store, shop.running, shop.clock.now)
    body = json.dumps({"batch": list(items)}).encode()
    asyncio.run(inbox.put(read_body(body, None, shop.clock.now()), "web"))


def alias(one: str, into: str) -> dict[str, Any]:
    return {"type": "alias", "previousId": one, "userId": into}


def identify(id: str, anonymous: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": id, "anonymousId": anonymous, "traits": traits}


def track(id: str, event: str, anonymous: str | None = None) -> dict[str, Any]:
    return {"type": "track", "userId": id, "event": event, "anonymousId": anonymous}


def names(shop: Shop, contact: str) -> set[str]:
    return {one.id for one in shop.store.former_ids(contact)}


def test_an_alias_merges_two_contacts_and_what_follows_in_the_batch_is_the_one_s(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    posted(shop, track("old", "A"), alias("old", "ada"), track("old", "B"), track("ada", "B"))
    assert names(shop, "ada") == {"old"}
    assert shop.stands_at() == ["pause"]
    posted(shop, alias("old", "ada"), alias("ada", "old"))
    assert shop.store.counts()["contact"] == 1
    assert shop.store.rejected_count() == 0


def test_a_chain_of_aliases_in_one_batch(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    posted(shop, track("a", "A"), alias("b", "c"), alias("a", "b"), track("b", "B"))
    assert names(shop, "c") == {"a", "b"}
    assert shop.stands_at("c") == ["pause"]


def test_an_identify_whose_anonymous_id_is_a_contact_merges_them(shop: Shop) -> None:
    """Clients that had nothing better called the visitor by the anonymous id."""
    shop.apply(welcome=WELCOME)
    posted(shop, track("an-1", "A"))
    posted(shop, identify("ada", "an-1", email="ada@shop.example"))
    assert (names(shop, "ada"), shop.stands_at()) == ({"an-1"}, ["pause"])
    posted(shop, {"type": "track", "anonymousId": "an-1", "event": "C"})
    assert shop.stands_at() == []


def test_that_something_happened_does_not_merge(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    posted(shop, track("an-1", "A"))
    posted(shop, track("ada", "B", anonymous="an-1"))
    assert (names(shop, "ada"), shop.stands_at("an-1")) == (set(), ["pause"])


def test_two_with_addresses_are_merged_by_an_alias_and_not_by_an_identify(shop: Shop) -> None:
    """On a machine that several people use, the second who signs in is not the first."""
    shop.known("old", "ada")
    posted(shop, identify("ada", "old"))
    assert names(shop, "ada") == set()
    (item,) = shop.store.rejected_items(10)
    assert "addresses of their own" in item.reason
    posted(shop, alias("old", "ada"))
    assert names(shop, "ada") == {"old"}


def test_who_was_erased_does_not_come_back_by_saying_who_is_who(shop: Shop) -> None:
    shop.known("ada", "eve")
    erase(shop.store, "ada", shop.clock.at, "ana", None)
    posted(shop, identify("ada", "an-9"), alias("eve", "ada"), identify("eve", "an-8"))
    assert shop.store.contact("ada") is None
    assert shop.store.contact("eve") is not None


def test_whoever_comes_to_the_same_machine_later_is_not_merged_into_it(shop: Shop) -> None:
    posted(shop, track("an-1", "A"))
    posted(shop, identify("ada", "an-1"))
    posted(shop, identify("eve", "an-1"))
    assert (names(shop, "ada"), names(shop, "eve")) == ({"an-1"}, set())
    posted(shop, {"type": "track", "anonymousId": "an-1", "event": "B"})
    assert shop.store.counts()["contact"] == 2


# --- in one piece, and beside others ---------------------------------------------------------------

KILLED = """
import os, signal, sys
from datetime import datetime
from engine.model.policy import Policy
from engine.service.merging import merge
from engine.service.running import load_running
from engine.service.take import take
from engine.store.database import Store

def cut(point):
    if point == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

store = Store.open(sys.argv[1], crash_points=cut)
merge(store, load_running(store, Policy(), None), "old", "ada", "ana", datetime.fromisoformat(sys.argv[3]))
"""


@pytest.mark.parametrize("point", ["merge:before_commit", "merge:after_commit"])
def test_a_kill_leaves_two_whole_contacts_or_one(shop: Shop, point: str) -> None:
    shop.apply(keyed=KEYED)
    shop.known("old", "ada")
    shop.does("A", "old", key="k1")
    shop.does("A", "ada", key="k2")
    before = shop.store.digest()
    command = [sys.executable, "-c", KILLED, shop.store.url, point, shop.clock.at.isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (shop.store.digest() == before) is (point == "merge:before_commit")
    assert merged(shop).is_news is (point == "merge:before_commit")
    assert sorted(left(shop)) == [("k1", None), ("k2", None)]
    assert problems(shop) == []


def test_a_page_that_was_decided_before_is_not_written_after_it(shop: Shop) -> None:
    """What a process of the crew decided on a snapshot is stale, for both of them."""
    shop.apply(keyed=KEYED)
    shop.known("eve")
    shop.does("A", "eve", key="k0")
    shop.clock.go(days=2)
    shop.daemon().until_idle()  # every name has its number now
    shop.known("old", "ada")
    shop.does("A", "old", key="k1")
    shop.does("A", "ada", key="k2")
    shop.clock.go(days=2)
    running, now = shop.running(), shop.clock.at
    decided = []
    for key in shop.store.keys(["old", "ada"]).values():
        with shop.store.snapshot() as page:
            (case,) = page.load([key], now=now, **running.reach(now))
            fire_timers(case, running.world, now, now)
            decided.append((page.pack([case], now), key))
    merged(shop)
    for rows, key in decided:
        assert rows is not None
        with pytest.raises(StaleError), shop.store.page() as page:
            page.write(rows, [key])


def test_events_that_come_in_meanwhile_are_not_lost(shop: Shop) -> None:
    """Many pairs are merged while two others send events for both of each."""
    shop.apply(welcome=WELCOME)
    pairs = [(f"old{n}", f"new{n}") for n in range(20)]
    shop.known(*(id for pair in pairs for id in pair))
    now, trouble = shop.clock.at, []

    def send(name: str) -> None:
        try:
            for n, pair in enumerate(pairs * 3):
                items = [Event(f"{name}-{n}-{id}", id, "B", now, now) for id in pair]
                take(shop.store, shop.running(), items, now)
        except Exception as error:  # noqa: BLE001  # told below
            trouble.append(error)

    threads = [Thread(target=send, args=(name,)) for name in ("x", "y")]
    for thread in threads:
        thread.start()
    for one, into in pairs:
        merged(shop, one, into)
    for thread in threads:
        thread.join()
    assert trouble == []
    assert shop.store.counts()["contact"] == len(pairs)
    with shop.store.page() as page:
        keys = page.contacts([into for _, into in pairs], now)
        cases = page.load(keys.values(), now=now, events={"B"})
    assert [len(case.history["B"]) for case in cases] == [12] * len(pairs)


def test_whom_a_schedule_has_called_meanwhile_it_has_called_as_the_one(shop: Shop) -> None:
    shop.known("old", "ada")
    keys = shop.store.keys(["old", "ada"])
    with shop.store.page() as page:
        page.begin_schedule("daily#x", START)
    merged(shop)
    with shop.store.page() as page:
        page.call("daily#x", START, START + timedelta(hours=1), {"today": list(keys.values())})
    assert [moment.key for moment in shop.store.moments("ada")] == ["today"]
    assert problems(shop) == []


# --- all that a contact has ----------------------------------------------------------------------


def test_every_table_with_rows_of_a_contact_follows() -> None:
    """A new table with a column `contact` belongs into `FOLLOWING`."""
    of_contacts = {name for name, table in METADATA.tables.items() if "contact" in table.columns}
    assert of_contacts == set(FOLLOWING)


RICH = journey(
    "rich",
    """\
trigger:
  - { event: A }
  - { date: { attribute: contact.born, every: year, at: 09:00 } }
  - { schedule: { every: day, at: 23:00, timezone: UTC } }
defaults: { topic: news }
steps:
  - { id: code, coupon: { pool: gifts, as: gift } }
  - { id: owner, assign: { attribute: contact.nick, among: [ana, ben], by: round_robin } }
  - id: stocked
    wait_for: { condition: { some: trigger.products, where: { item.product.stock: { gte: 1 } } } }
    up_to: 9 days
""",
)

SELLS = CATALOG.replace("A: { n: number, key: text }", "A: { n: number, key: text, products: list }")


@BOTH_WAYS
def test_codes_people_products_and_dates_come_along(shop: Shop, first: str) -> None:
    shop.apply(rich=RICH, catalog=SELLS)
    with shop.store.page() as page:
        page.put_coupons("gifts", [Coupon("G1", START + timedelta(days=99))])
        page.put_products([{"id": "p1", "stock": 0}], shop.clock.at)
    shop.known(first)
    shop.take(shop.told("old", attributes={"born": "1990-03-04"}))
    shop.known("ada")
    shop.does("A", "old", products=[{"product_id": "p1"}])
    assert shop.stands_at("old") == ["stocked"]
    merged(shop)
    assert shop.stands_at() == ["stocked"]
    assert [moment.at.day for moment in shop.store.moments("ada")] == [4]
    ada = shop.store.contact("ada")
    assert ada is not None
    assert ada.attributes == {"born": "1990-03-04", "nick": "ana"}
    with shop.store.page() as page:
        page.put_products([{"id": "p1", "stock": 3}], shop.clock.at)
    shop.daemon().until_idle()
    assert left(shop) == [("", "completed")]
    assert problems(shop) == []


@BOTH_WAYS
def test_of_two_birthdays_the_one_that_stays_counts(shop: Shop, first: str) -> None:
    shop.apply(rich=RICH, catalog=SELLS)
    shop.known(first)
    shop.take(shop.told("old", attributes={"born": "1990-03-04"}))
    shop.take(shop.told("ada", attributes={"born": "1990-03-06"}))
    merged(shop)
    assert [moment.at.day for moment in shop.store.moments("ada")] == [6]


def test_an_entry_that_a_pause_keeps_comes_along(shop: Shop) -> None:
    shop.apply(welcome=WELCOME.replace("status: live", "status: paused"))
    shop.known("old", "ada")
    shop.does("A", "old")
    merged(shop)
    shop.apply(welcome=WELCOME)
    shop.daemon().until_idle()
    assert shop.stands_at() == ["pause"]
