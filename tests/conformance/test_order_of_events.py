"""Late, early, doubled and shuffled events: the same history, memberships and enrollments as of clean ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest

from engine.intake.requests import read_body
from engine.service.inbox import Inbox
from engine.store.database import Store
from tests.support import messy
from tests.support.shops import START, Shop


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


@pytest.mark.parametrize("seed", range(4))
def test_the_same_comes_of_it_in_whichever_order_it_comes(shop: Shop, seed: int) -> None:
    """Over three days, with a daemon that works in between."""
    shop.files |= messy.files()
    shop.apply(catalog=messy.CATALOG)
    delivery = messy.delivery(seed, 400, START, timedelta(days=3))
    inbox = Inbox(shop.store, shop.running, shop.clock.now)
    daemon = shop.daemon()
    for _, group in groupby(enumerate(delivery.messages), key=lambda one: one[0] // 40):
        for _, (at, item) in group:
            shop.clock.at = at
            asyncio.run(inbox.put(read_body(json.dumps({"batch": [item]}).encode(), None, at), "shop"))
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
