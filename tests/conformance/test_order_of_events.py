"""Late, early, doubled and shuffled events: the same comes of them as of clean ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest

from engine.intake.requests import read_body
from engine.model.consent import topic_answer
from engine.service.inbox import Inbox
from engine.store.database import Store
from tests.support import messy
from tests.support.shops import START, Shop, journey


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def standing(shop: Shop, contacts: set[str]) -> messy.Standing:
    """The newest pass of each journey and key; of one that is over, how it ended."""
    found: messy.Standing = {}
    for contact in contacts:
        for e in sorted(shop.store.enrollments(contact), key=lambda e: (e.is_running, e.id)):
            is_in = e.is_running
            value = ("in", e.triggered_at, e.trigger.get("n")) if is_in else (str(e.reason), None, None)
            if e.journey != "followers":
                found[contact, e.journey, e.entry_key] = value
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_same_comes_of_it_in_whichever_order_it_comes(shop: Shop, seed: int) -> None:
    """Over three days, with a daemon that works in between."""
    shop.files |= messy.files()
    shop.apply(catalog=messy.CATALOG)
    delivery = messy.delivery(seed, 600, START, timedelta(days=3))
    inbox = Inbox(shop.store, shop.running, shop.clock.now)
    daemon = shop.daemon()
    for at, group in groupby(delivery.messages, key=lambda one: one[0]):
        shop.clock.at = at
        batch = json.dumps({"batch": [item for _, item in group]}).encode()
        asyncio.run(inbox.put(read_body(batch, None, at), "shop"))
        daemon.until_idle()
    now = shop.clock.go(hours=30)
    daemon.until_idle()

    assert shop.store.rejected_count() == delivery.spoiled
    contacts = {one.contact for one in delivery.clean}
    keys = shop.store.keys(contacts)
    with shop.store.page() as page:
        names = {one.name for one in delivery.clean}
        cases = page.load(keys.values(), now=now, events=names, everything=True)
    history = {
        (event.message_id, case.contact.id, event.name, event.at)
        for case in cases
        for events in case.history.values()
        for event in events
    }
    assert history == messy.history(delivery.clean)
    members = {(c.contact.id, name) for c in cases for name, one in c.members.items() if one.is_member}
    assert members == messy.members(delivery.clean, now)
    assert standing(shop, contacts) == messy.standing(delivery.clean)
    assert shop.store.check() == []


# --- by example ----------------------------------------------------------------------------------

CART = journey(
    "cart",
    """\
trigger: { event: A }
exit_when: [ { event: C } ]
defaults: { topic: news }
steps:
  - { id: letter, send: email, subject: Hi, body: Hi. }
  - { id: rest, wait: 10 days }
""",
)


def test_who_ordered_is_not_reminded_because_the_cart_comes_late(shop: Shop) -> None:
    shop.apply(cart=CART)
    shop.known()
    cart = shop.event("A")
    shop.clock.go(minutes=5)
    shop.does("C")
    shop.take(cart)
    (enrollment,) = shop.store.enrollments("ada")
    assert (enrollment.reason, shop.outbox()) == ("exit", [])


def test_an_order_before_the_cart_ends_nothing(shop: Shop) -> None:
    shop.apply(cart=CART)
    shop.known()
    order = shop.event("C")
    shop.clock.go(minutes=5)
    shop.does("A")
    shop.take(order)
    assert shop.stands_at() == ["rest"]


def test_nor_is_it_kept_by_a_pause(shop: Shop) -> None:
    shop.apply(cart=CART.replace("status: live", "status: paused"))
    shop.known()
    cart = shop.event("A")
    shop.clock.go(minutes=5)
    shop.does("C")
    shop.take(cart)
    shop.apply(cart=CART)
    shop.daemon().until_idle()
    assert shop.store.enrollments("ada") == []
    assert ("", "not_entered") in shop.did()


@pytest.mark.parametrize("no_to", ["news", "*"])
@pytest.mark.parametrize("minutes", [10, -10])
def test_a_yes_that_comes_late_does_not_undo_a_later_no(shop: Shop, no_to: str, minutes: int) -> None:
    """A phone that was out of reach tells what was ticked before its owner unsubscribed; or afterwards."""
    shop.known()
    yes = shop.told(topics={"news": True}, consents={"sms": True}, attributes={"n": 1})
    shop.clock.go(minutes=10)
    shop.take(shop.told(topics={no_to: False}, consents={"sms": False}))
    shop.clock.go(minutes=30)
    shop.take(replace(yes, at=shop.clock.at - timedelta(minutes=30 + minutes), received_at=shop.clock.at))
    ada = shop.store.contact("ada")
    assert ada is not None
    is_later = minutes < 0
    assert (topic_answer(ada, "news"), ada.consents["sms"]) == (is_later, is_later)
    assert ada.attributes == {"n": 1}


@pytest.mark.parametrize(
    ("re_entry", "n", "triggered"),
    [
        ("never", 1, 0),
        ("{ after: 1 day, if_running: update }", 2, 0),
        ("{ after: 1 day, if_running: restart }", 2, 5),
    ],
)
def test_of_two_triggers_the_earlier_one_began_it(shop: Shop, re_entry: str, n: int, triggered: int) -> None:
    shop.apply(cart=CART.replace("exit_when", f"re_entry: {re_entry}\nexit_when"))
    shop.known()
    first = shop.event("A", n=1)
    shop.clock.go(minutes=5)
    second = shop.event("A", n=2)
    shop.take(second)
    shop.take(first)
    (running,) = [one for one in shop.store.enrollments("ada") if one.is_running]
    assert (running.trigger["n"], running.triggered_at) == (n, START + timedelta(minutes=triggered))
    assert [item.message.state for item in shop.outbox()] == ["ready"], "what was sent is sent once"
