"""Settling: what a change of a journey's status means for those inside and for the entries it kept.

The change itself is one row and holds at once. What follows for a million people is worked page by page, by
whoever comes first: the command or apply that made the change, or the daemon, also after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from engine.core.advance import Instant
from engine.core.case import Case
from engine.core.live import go_on, put_all_out
from engine.core.pause import parked_until
from engine.core.standing import is_frozen
from engine.model.journey import Journey
from engine.model.result import Leave
from engine.service.running import Running
from engine.service.set_aside import held_back, tell
from engine.store.database import Store
from engine.store.pages import Page

#: What is done with one contact.
Work = Callable[[Case, Running, Journey, datetime], None]


def settle(store: Store, running: Running, now: datetime, *, may_go_on: list[bool] | None = None) -> int:
    """Everything that changes of status still ask for; how many contacts were worked on."""
    worked = 0
    for id in sorted(running.unsettled):
        for done in _settle(store, running, id, now):
            worked += done
            if may_go_on is not None and not may_go_on[0]:
                return worked
        with store.page("settled") as page:
            page.set_settled(id, running.serial)
    return worked


def _settle(store: Store, running: Running, id: str, now: datetime) -> Iterator[int]:
    """One journey, page by page."""
    if id in running.unreadable:
        return
    version = running.current.get(id)
    if version is None or version.journey.status == "draft":
        with store.page("settle") as page:
            page.drop_kept_of(id)
            page.wake_messages(id, now)
        return
    journey = version.journey
    if "stopped" in (journey.status, journey.held):
        yield from _work(store, running, journey, store.keys_inside(id), _put_out, now)
        yield from _work(store, running, journey, store.keys_of_kept(id), _put_out, now)
    elif not is_frozen(journey):
        yield from _work(store, running, journey, store.keys_of_kept(id), _go_on, now)
        yield from _unpark(store, running, journey, now)
    if not is_frozen(journey):
        with store.page("settle") as page:
            running.require_newest(page)
            page.wake_messages(id, now)


def _work(
    store: Store, running: Running, journey: Journey, pages: Iterator[list[int]], work: Work, now: datetime
) -> Iterator[int]:
    """Contacts with everything of theirs, one transaction a page."""
    for keys in pages:
        with store.page("settle") as page:
            running.require_newest(page)
            cases = _load(page, running, keys, now)
            page.save([_worked(page, case, running, journey, work, now) for case in cases], now)
        yield len(keys)


def _load(page: Page, running: Running, keys: list[int], now: datetime) -> list[Case]:
    return page.load(keys, now=now, **running.reach(now), everything=True)


def _worked(page: Page, case: Case, running: Running, journey: Journey, work: Work, now: datetime) -> Case:
    """One contact. Where its work breaks, it is left as it was, and the walk comes to it again."""
    try:
        with held_back(case, running.unreadable):
            work(case, running, journey, now)
    except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
        tell([(case.contact.id, error)])
        return _load(page, running, [case.key], now)[0]
    return case


def _put_out(case: Case, running: Running, journey: Journey, now: datetime) -> None:
    put_all_out(case, running.world, journey, Leave("stopped"), Instant(now, now))


def _go_on(case: Case, running: Running, journey: Journey, now: datetime) -> None:
    go_on(case, running.world, journey, Instant(now, now))


def _unpark(store: Store, running: Running, journey: Journey, now: datetime) -> Iterator[int]:
    """What fell due in the pause is due; the walk does the rest, with a crew if there are many."""
    versions = [journey, *(one.journey for one in running.older.values() if one.journey.id == journey.id)]
    for until in {parked_until(version) for version in versions}:
        for keys in store.keys_parked(journey.id, until):
            with store.page("settle") as page:
                running.require_newest(page)
                page.unpark(journey.id, until, keys, now)
            yield len(keys)
