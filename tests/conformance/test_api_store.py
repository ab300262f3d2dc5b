"""What the admin API keeps: its keys, requests that are done once, and a contact's events in pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.running import load_running
from engine.service.telling import tell
from engine.store.database import Store
from engine.store.pages import Page
from engine.store.repeats import GONE_AFTER, KEPT_FOR

NOW = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)


def test_a_key_is_kept_as_a_hash_until_it_is_revoked(store: Store) -> None:
    made = store.put_admin_key("ja_secret", "crm", ["contacts:read", "events:write"], NOW)
    assert store.admin_keys() == [made]
    assert made.scopes == {"contacts:read", "events:write"}
    assert "secret" not in repr(made)
    store.revoke_admin_key(made.hash, NOW + timedelta(hours=1))
    store.revoke_admin_key(made.hash, NOW + timedelta(hours=2))
    assert store.admin_keys()[0].revoked_at == NOW + timedelta(hours=1)
    assert store.write_keys() == []


def answered(store: Store, key: str, answer: str) -> None:
    with store.page() as page:
        page.keep_answer(key, 200, answer)


def test_a_request_begins_once_and_is_kept_for_a_day(store: Store) -> None:
    assert store.begin_request("k", "one", NOW) is None
    found = store.begin_request("k", "two", NOW + timedelta(seconds=1))
    assert found is not None
    assert (found.fingerprint, found.status) == ("one", None)
    answered(store, "k", '{"ü":1}')
    found = store.begin_request("k", "one", NOW + KEPT_FOR)
    assert found is not None
    assert (found.status, found.answer) == (200, '{"ü":1}')
    assert store.begin_request("k", "one", NOW + KEPT_FOR + timedelta(seconds=1)) is None


def test_a_request_whose_process_died_may_come_again(store: Store) -> None:
    assert store.begin_request("k", "one", NOW) is None
    assert store.begin_request("k", "one", NOW + GONE_AFTER) is not None
    assert store.begin_request("k", "one", NOW + GONE_AFTER + timedelta(seconds=1)) is None


def test_what_was_refused_is_forgotten_and_what_was_answered_is_not(store: Store) -> None:
    store.begin_request("k", "one", NOW)
    store.forget_request("k")
    assert store.begin_request("k", "other", NOW) is None
    answered(store, "k", "{}")
    store.forget_request("k")
    assert store.begin_request("k", "other", NOW) is not None


def test_the_answer_is_kept_with_the_deed_or_not_at_all(store: Store) -> None:
    """A crash just before the commit leaves neither; just after it, both."""

    class Crash(Exception):
        """The process dies here."""

    def crash(_page: Page, _new: bool) -> None:
        _page.keep_answer("k", 200, "{}")
        raise Crash

    running = load_running(store, Policy(), None)
    store.begin_request("k", "one", NOW)
    with pytest.raises(Crash):
        tell(store, running, Contact("ann", attributes={"plan": "gold"}), NOW, "test", also=crash)
    assert store.contact("ann") is None
    found = store.begin_request("k", "one", NOW)
    assert found is not None
    assert found.status is None
    tell(
        store,
        running,
        Contact("ann", attributes={"plan": "gold"}),
        NOW,
        "test",
        also=lambda page, new: page.keep_answer("k", 200, str(new)),
    )
    found = store.begin_request("k", "one", NOW)
    assert found is not None
    assert found.answer == "True"


def test_the_events_of_a_contact_come_latest_first_in_pages(store: Store) -> None:
    at = [NOW - timedelta(hours=n // 2) for n in range(7)]  # two of each hour
    with store.page() as page:
        page.take_events([Event(f"m{n}", "ann", "Seen", at[n], NOW, {"n": n}) for n in range(7)])
        page.take_events([Event("other", "bob", "Seen", NOW, NOW)])
    seen: list[str] = []
    before: tuple[datetime, int] | None = None
    while found := store.events_of("ann", before, 2):
        seen += [event.message_id for _, event in found]
        before = (found[-1][1].at, found[-1][0])
    assert seen == ["m1", "m0", "m3", "m2", "m5", "m4", "m6"]
    assert store.events_of("nobody", None, 2) == []


def test_contacts_come_in_the_order_in_which_they_became_known(store: Store) -> None:
    with store.page() as page:
        for id in ("c", "a", "b"):
            page.put_contacts([Contact(id)], NOW)
    found = store.contacts_after(0, 2)
    assert [contact.id for _, contact in found] == ["c", "a"]
    assert [contact.id for _, contact in store.contacts_after(found[-1][0], 9)] == ["b"]
