"""Statuses in a database: a pause holds the outbox, survives apply, and is worked out by whoever is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import RefusedError
from engine.model.journey import Held
from engine.service import operating
from engine.service.settling import settle
from engine.service.status import journey_statuses, plain_status
from engine.service.walk import walk
from engine.store.database import Store
from tests.support.shops import START, Shop, journey

BODY = """\
trigger: { event: A, key: event.key }
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 hour }
  - { id: one, send: email, subject: One, body: One. }
"""
AT_ONCE = """\
trigger: { event: A, key: event.key }
defaults: { topic: news, max_lateness: 5 hours }
steps:
  - { id: one, send: email, subject: One, body: One. }
  - { id: pause, wait: 1 day }
"""


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def hold(shop: Shop, held: Held, id: str = "j") -> None:
    operating.hold(shop.store, shop.running(), id, held, "ada", shop.clock.now())


def resume(shop: Shop, id: str = "j") -> operating.Operated:
    return operating.resume(shop.store, shop.running(), id, shop.clock.now())


def status(shop: Shop) -> dict[str, Any]:
    (one,) = journey_statuses(shop.store)
    return plain_status(one)


# --- messages that were released before -----------------------------------------------------------


def test_a_message_in_the_outbox_rests_until_the_journey_goes_on(shop: Shop) -> None:
    shop.apply(j=journey("j", AT_ONCE))
    shop.known()
    shop.does("A", key="a")
    hold(shop, "paused")
    daemon = shop.daemon()
    daemon.until_idle()
    assert shop.states() == [("one", "deferred", "paused")]
    assert shop.store.next_try() is None
    assert shop.store.check() == []
    shop.clock.go(hours=4)
    daemon.until_idle()
    assert shop.states() == [("one", "deferred", "paused")]
    resume(shop)
    daemon.until_idle()
    assert shop.states() == [("one", "sent", None)]


def test_one_that_rested_too_long_is_dropped(shop: Shop) -> None:
    shop.apply(j=journey("j", AT_ONCE))
    shop.known()
    shop.does("A", key="a")
    hold(shop, "paused")
    daemon = shop.daemon()
    daemon.until_idle()
    shop.clock.go(hours=5, minutes=1)
    resume(shop)
    daemon.until_idle()
    assert shop.states() == [("one", "dropped", "too_late")]


def test_nothing_of_a_stopped_journey_leaves_not_even_what_was_completed(shop: Shop) -> None:
    shop.apply(j=journey("j", AT_ONCE.replace("  - { id: pause, wait: 1 day }\n", "")))
    shop.known()
    shop.does("A", key="a")
    (enrollment,) = shop.store.enrollments("ada")
    assert enrollment.reason == "completed"
    hold(shop, "stopped")
    shop.daemon().until_idle()
    assert shop.states() == [("one", "dropped", "left")]


def test_a_draft_of_a_journey_in_shadow_never_leaves_and_is_counted(shop: Shop) -> None:
    shop.apply(j=journey("j", AT_ONCE, "shadow"))
    shop.known()
    shop.does("A", key="a")
    shop.daemon().until_idle()
    assert shop.states() == [("one", "draft", None)]
    assert shop.message().message.values == {"_": {"locale": None, "timezone": None}}
    figures = status(shop)["steps"]["one"]
    assert (figures["passed"], figures["sent"], figures["drafted"]) == (1, 0, 1)
    assert shop.store.check() == []
    shop.apply(j=journey("j", AT_ONCE))
    shop.daemon().until_idle()
    assert shop.states() == [("one", "draft", None)]


def test_what_shadow_would_have_changed_is_kept_with_the_enrollment_and_forgotten_when_live(
    shop: Shop,
) -> None:
    body = """\
trigger: { event: A }
defaults: { topic: offers }
steps:
  - { id: mark, update: { contact.n: 7, contact.nick: unset } }
  - { id: pause, wait: 1 day }
  - { id: seven, send: email, subject: "{{ contact.n }}", body: B., when: { contact.n: 7 } }
"""
    shop.apply(j=journey("j", body, "shadow"))
    shop.known("ada", "bob", attributes={"n": 1, "nick": "A"}, topics={"offers": True})
    for contact in ("ada", "bob"):
        shop.does("A", contact)
    walk(shop.store, shop.running(), shop.clock.go(days=1))
    assert [m.message.state for m in shop.outbox()] == ["draft", "draft"]
    shop.does("A", "bob")
    found = shop.store.contact("ada")
    assert found is not None
    assert found.attributes == {"n": 1, "nick": "A"}
    shop.known("eve", attributes={"n": 1}, topics={"offers": True})
    shop.does("A", "eve")
    shop.apply(j=journey("j", body))
    walk(shop.store, shop.running(), shop.clock.go(days=1))
    assert [(m.message.state, m.message.reason) for m in shop.outbox("eve")] == [("dropped", "when")]


# --- commands and files ---------------------------------------------------------------------------


def test_a_pause_by_command_survives_apply_until_resume(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY))
    shop.known()
    shop.does("A", key="a")
    hold(shop, "paused")
    report = shop.apply(j=journey("j", BODY.replace("One.", "Two.")))
    assert report.journeys[0].held == "paused"
    shop.clock.go(hours=2)
    daemon = shop.daemon()
    daemon.until_idle()
    assert shop.states() == []
    assert shop.stands_at() == ["pause"]
    found = status(shop)
    assert (found["status"], found["file"]) == ("paused", {"status": "live", "since": "2026-03-02T08:00:00Z"})
    assert found["command"] == {"status": "paused", "since": "2026-03-02T08:00:00Z", "by": "ada"}
    resume(shop)
    daemon.until_idle()
    assert shop.states() == [("one", "sent", None)]
    assert status(shop)["status"] == "live"
    assert status(shop)["command"] is None


@pytest.mark.parametrize(
    ("file", "held", "strictest"),
    [
        ("live", "stopping", "stopping"),
        ("paused", "stopping", "paused"),
        ("stopping", "paused", "paused"),
        ("stopped", "paused", "stopped"),
        ("shadow", "paused", "paused"),
        ("draft", "stopped", "draft"),
    ],
)
def test_of_file_and_command_the_stricter_holds(shop: Shop, file: str, held: Held, strictest: str) -> None:
    shop.apply(j=journey("j", BODY, file))
    hold(shop, held)
    assert status(shop)["status"] == strictest


def test_stopping_in_the_file_lets_nobody_in_although_a_command_pauses_it(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY, "stopping"))
    hold(shop, "paused")
    shop.known()
    shop.does("A", key="a")
    assert shop.did() == [("", "not_entered")]
    assert shop.store.kept_entries() == {}


def test_a_drained_shadow_stays_shadow(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY, "shadow"))
    shop.known()
    shop.does("A", key="a")
    hold(shop, "stopping")
    shop.clock.go(hours=1)
    shop.daemon().until_idle()
    assert shop.states() == [("one", "draft", None)]


def test_a_status_of_the_file_does_the_same_as_the_command(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY))
    shop.known()
    shop.does("A", key="a")
    shop.apply(j=journey("j", BODY, "paused"))
    shop.does("A", key="b")
    shop.clock.go(hours=2)
    daemon = shop.daemon()
    daemon.until_idle()
    assert shop.states() == []
    assert status(shop)["kept"] == 1
    shop.apply(j=journey("j", BODY, "live"))
    daemon.until_idle()
    assert shop.states() == [("one", "sent", None)]
    assert shop.stands_at() == ["pause"]
    shop.apply(j=journey("j", BODY, "stopped"))
    assert [one.reason for one in shop.store.enrollments("ada")] == ["completed", "stopped"]
    assert shop.store.check() == []


def test_resume_does_not_overrule_the_file_and_says_so(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY, "paused"))
    with pytest.raises(RefusedError, match="no command holds `j`") as refused:
        resume(shop)
    assert "status: paused" in refused.value.help
    hold(shop, "stopping")
    assert resume(shop).record.standing == "paused"


def test_holding_twice_the_same_or_what_is_unknown_is_refused(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY))
    hold(shop, "paused")
    with pytest.raises(RefusedError, match="is paused already, since 2026-03-02 08:00 UTC by ada"):
        hold(shop, "paused")
    with pytest.raises(RefusedError, match="no journey `k` has been applied"):
        hold(shop, "paused", "k")


# --- who works it out -----------------------------------------------------------------------------


def test_a_change_that_was_not_worked_out_is_by_the_next_daemon(shop: Shop) -> None:
    """The command died right after its first commit."""
    shop.apply(j=journey("j", BODY))
    people = [f"c{n}" for n in range(7)]
    shop.known(*people)
    for contact in people:
        shop.does("A", contact, key="a")
    with shop.store.page("hold") as page:
        page.set_held("j", "stopped", "ada", shop.clock.now())
    assert shop.running().unsettled == {"j"}
    shop.daemon().walk_once()
    assert {one.reason for contact in people for one in shop.store.enrollments(contact)} == {"stopped"}
    assert shop.running().unsettled == frozenset()
    assert shop.store.check() == []


def test_before_it_is_worked_out_a_stopped_journey_already_moves_nobody(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY))
    shop.known()
    shop.does("A", key="a")
    with shop.store.page("hold") as page:
        page.set_held("j", "stopped", "ada", shop.clock.now())
    walk(shop.store, shop.running(), shop.clock.go(hours=1))
    assert [one.reason for one in shop.store.enrollments("ada")] == ["stopped"]
    assert shop.outbox() == []


def test_a_change_meanwhile_is_not_taken_for_done(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY))
    old = shop.running()
    hold(shop, "paused")
    with shop.store.page("settled") as page:
        assert not page.set_settled("j", old.serial)


def test_working_it_out_twice_changes_nothing(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY))
    shop.known()
    shop.does("A", key="a")
    hold(shop, "paused")
    shop.does("A", key="b")
    walk(shop.store, shop.running(), shop.clock.go(hours=2))
    resume(shop)
    before = shop.store.digest()
    running = replace(shop.running(), unsettled=frozenset({"j"}))
    settle(shop.store, running, shop.clock.now())
    assert shop.store.digest() == before


def test_in_a_long_pause_nobody_is_due_again_and_again(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY))
    people = [f"c{n}" for n in range(5)]
    shop.known(*people)
    for contact in people:
        shop.does("A", contact, key="a")
    hold(shop, "paused")
    now = shop.clock.go(hours=3)
    assert walk(shop.store, shop.running(), now) == 5
    assert walk(shop.store, shop.running(), now) == 0
    assert shop.store.next_due() is None
    resume(shop)
    assert walk(shop.store, shop.running(), now) == 5


def test_answers_of_a_pause_are_kept_in_the_database(shop: Shop) -> None:
    body = """\
trigger: { event: A }
defaults: { topic: news }
steps:
  - id: sees
    wait_for: B
    up_to: 2 days
    then: [{ id: saw, send: email, subject: "{{ step.sees.event.n }}", body: B. }]
"""
    shop.apply(j=journey("j", body))
    shop.known()
    shop.does("A")
    hold(shop, "paused")
    shop.clock.go(hours=1)
    shop.does("B", n=5)
    shop.does("B", n=6)
    (enrollment,) = shop.store.enrollments("ada")
    assert enrollment.answer is not None
    assert enrollment.owed_at == START + timedelta(hours=1)
    shop.clock.go(hours=1)
    resume(shop)
    shop.daemon().until_idle()
    assert shop.states() == [("saw", "sent", None)]
    assert shop.message().message.subject == "5"


# --- one contact, and entries that are put off ----------------------------------------------------


def test_one_contact_leaves_by_command_with_all_its_keys(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY))
    shop.known("ada", "bob")
    for key in ("a", "b"):
        shop.does("A", key=key)
    shop.does("A", "bob", key="a")
    now = shop.clock.go(minutes=30)
    assert operating.leave_journey(shop.store, shop.running(), "j", "ada", "eve", now) == 2
    assert [(one.reason, one.detail) for one in shop.store.enrollments("ada")] == [("left", "by eve")] * 2
    assert shop.stands_at("bob") == ["pause"]
    with pytest.raises(RefusedError, match="`ada` is not in `j`"):
        operating.leave_journey(shop.store, shop.running(), "j", "ada", "eve", now)
    with pytest.raises(RefusedError, match="there is no contact `nobody`"):
        operating.leave_journey(shop.store, shop.running(), "j", "nobody", "eve", now)
    assert shop.store.check() == []


def test_a_grace_that_is_over_is_forgotten(shop: Shop) -> None:
    body = BODY.replace("defaults", "enter_when: { contact.n: 1 }\nentry_grace: 30 minutes\ndefaults")
    shop.apply(j=journey("j", body))
    shop.known("ada", "bob")
    for contact in ("ada", "bob"):
        shop.does("A", contact, key="a")
    shop.clock.go(minutes=10)
    shop.known("bob", attributes={"n": 1})
    assert shop.stands_at("bob") == ["pause"]
    assert rows(shop) == 1
    shop.clock.go(minutes=20)
    shop.daemon().walk_once()
    assert rows(shop) == 0
    shop.known("ada", attributes={"n": 1})
    assert shop.store.enrollments("ada") == []


def rows(shop: Shop) -> int:
    """How many entries are put off."""
    with shop.store._reading() as link:
        return int(link.value("SELECT count(*) FROM kept_entry"))


def test_a_journey_that_is_gone_keeps_nothing(shop: Shop) -> None:
    shop.apply(j=journey("j", BODY, "paused"))
    shop.known()
    shop.does("A", key="a")
    assert rows(shop) == 1
    shop.apply(j="")
    assert rows(shop) == 0
