"""The inbox: one commit for all who wait, an answer for each, and a queue that ends somewhere."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.intake.requests import Batch, read_body
from engine.model.policy import Policy
from engine.service import inbox as module
from engine.service.inbox import BusyError, Inbox
from engine.service.running import load_running
from engine.store.database import Store

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def batch(*message_ids: str) -> Batch:
    items = ",".join(
        f'{{"type":"track","userId":"ada","event":"A","messageId":"{one}"}}' for one in message_ids
    )
    return read_body(f'{{"batch":[{items}]}}'.encode(), None, NOW)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"sqlite:///{tmp_path / 'journeys.db'}", create=True)


def test_what_waits_meanwhile_shares_the_next_commit(store: Store) -> None:
    commits: list[str] = []
    store.crash_points = lambda point: commits.append(point)
    running = load_running(store, Policy(), None)
    inbox = Inbox(store, lambda: running, lambda: NOW)

    async def send() -> None:
        await asyncio.gather(*(inbox.put(batch(f"m{n}"), "shop") for n in range(50)))

    asyncio.run(send())
    assert commits.count("take:after_commit") <= 3
    with store.page() as page:
        assert page.known_events([f"m{n}" for n in range(60)]) == {f"m{n}" for n in range(50)}
    store.close()


def test_a_full_queue_says_so_and_takes_in_what_it_had(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAITING", 3)
    running = load_running(store, Policy(), None)
    inbox = Inbox(store, lambda: running, lambda: NOW)

    async def send() -> list[object]:
        waiting = [inbox.put(batch(f"m{n}", f"n{n}"), "shop") for n in range(5)]
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    answers = asyncio.run(send())
    busy = [isinstance(one, BusyError) for one in answers]
    assert busy == [False, False, True, True, True]
    with store.page() as page:
        assert page.known_events(["m0", "n0", "m1", "n1", "m2"]) == {"m0", "n0", "m1", "n1"}
    asyncio.run(inbox.put(batch("m9"), "shop"))
    store.close()


def test_nobody_fails_for_anothers_sake(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that breaks the transaction is tried alone, and alone hears of it."""
    running = load_running(store, Policy(), None)
    inbox = Inbox(store, lambda: running, lambda: NOW)
    plain = module.take_into

    def picky(page: object, running: object, items: list[object], now: datetime) -> object:
        if any(getattr(item, "message_id", "") == "bad" for item in items):
            raise RuntimeError("a mistake of ours")
        return plain(page, running, items, now)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "take_into", picky)

    async def send() -> list[object]:
        waiting = [inbox.put(batch(id), "shop") for id in ("m1", "bad", "m2")]
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    good, bad, other = asyncio.run(send())
    assert isinstance(bad, RuntimeError)
    assert not isinstance(good, Exception)
    assert not isinstance(other, Exception)
    with store.page() as page:
        assert page.known_events(["m1", "bad", "m2"]) == {"m1", "m2"}
    store.close()


def test_in_a_group_the_erased_stay_out_and_nobody_else(store: Store) -> None:
    """Two who share a commit: of the one who was erased nothing is kept but that something was refused."""
    running = load_running(store, Policy(), None)
    inbox = Inbox(store, lambda: running, lambda: NOW)

    def about(who: str, message_id: str) -> Batch:
        item = f'{{"type":"track","userId":"{who}","event":"A","messageId":"{message_id}"}}'
        return read_body(item.encode(), "track", NOW)

    async def send(*batches: Batch) -> None:
        await asyncio.gather(*(inbox.put(one, "shop") for one in batches))

    asyncio.run(send(about("eve", "e1"), about("ada", "a1")))
    with store.page() as page:
        assert page.erase("eve", NOW, "test") is not None
    asyncio.run(send(about("bob", "b1"), about("eve", "e2"), about("ada", "a2")))
    with store.page() as page:
        assert page.known_events(["e1", "e2", "a1", "a2", "b1"]) == {"a1", "a2", "b1"}
        assert not page.known_contacts(["eve"])
    (refused,) = store.rejected_items(10)
    assert "erased" in refused.reason
    assert "eve" not in refused.text
    store.close()
