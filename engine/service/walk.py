"""The walk: everything that has fallen due, page by page, one transaction a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from engine.core.advance import Instant
from engine.core.case import Case, World
from engine.core.live import fire_timers, products_changed
from engine.model.journey import Journey
from engine.model.lifecycle import STAGE_CHANGED
from engine.service.crew import Crew
from engine.service.decide import Decided, collector_at_rest, looks_due, may_change_contact
from engine.service.running import Running, under_newest
from engine.service.schedules import call_audience, due_firings
from engine.service.set_aside import held_back, put_off, put_off_moments, tell, words_of, work_around
from engine.service.trials import decide_by_sends
from engine.store.database import PAGE_SIZE, Store
from engine.store.faults import StaleError
from engine.store.pages import Page

#: So many full pages make a burst: fewer are done before a crew has warmed up.
BURST = 4

_TICK = timedelta(microseconds=1)


def walk(
    store: Store,
    running: Running,
    now: datetime,
    *,
    may_go_on: list[bool] | None = None,
    crew: Crew | None = None,
    size: int = PAGE_SIZE,
) -> int:
    """Fire all that is due by now; how many contacts were worked on. Stops between pages when told to.

    A schedule finds its audience as it is when everything due before has been done. A crew helps with a
    burst: pages are decided beside the writer, with the same outcome.
    """
    worked = 0
    decide_by_sends(store, running, now)
    for firing in due_firings(store, running, now):
        worked += _walk_due(store, running, now, size, may_go_on, until=firing.at - _TICK)
        if may_go_on is None or may_go_on[0]:
            worked += call_audience(store, running, firing, may_go_on)
    return worked + _walk_due(store, running, now, size, may_go_on, crew)


def _walk_due(
    store: Store,
    running: Running,
    now: datetime,
    size: int,
    may_go_on: list[bool] | None,
    crew: Crew | None = None,
    *,
    until: datetime | None = None,
) -> int:
    """What is due until then, by default until now."""
    worked = _wake(store, running, now, size, may_go_on, until or now)
    pages = store.due(until or now, size, clocks=running.has_clocks)
    helpers = crew if crew is not None and _is_burst(store, running, pages, size) else None
    while pages and (may_go_on is None or may_go_on[0]):
        if helpers is not None and helpers.call():
            return worked + _walk_together(store, running, pages, now, helpers, may_go_on)
        worked += under_newest(running, _page_of(store, pages.pop(0), now, until))
    return worked


def _is_burst(store: Store, running: Running, pages: list[list[int]], size: int) -> bool:
    """Whether a crew may help.

    Where segments are followed, or a journey cannot be read, more is to be looked at than what is due, which
    only the writer does. Where there are frequency caps, what others release meanwhile (`enroll`) counts, and
    only the writer knows it. On PostgreSQL it holds its contacts' rows, and others help as writers.
    """
    full = sum(len(keys) == size for keys in pages)
    world = running.world
    is_wider = world.segments or world.policy.caps or running.unreadable
    return store.is_sqlite and full >= BURST and not is_wider


def _walk_together(
    store: Store,
    running: Running,
    pages: list[list[int]],
    now: datetime,
    crew: Crew,
    may_go_on: list[bool] | None,
) -> int:
    """Pages come decided, in their order, and are written one transaction each."""
    worked = 0
    for keys, decided in crew.decide(running.serial, pages, now):
        worked += _write(store, running, keys, decided, now)
        if may_go_on is not None and not may_go_on[0]:
            break
    return worked


def _write(store: Store, running: Running, keys: list[int], decided: Decided | None, now: datetime) -> int:
    """What is missing or came too late is done here and now."""
    if decided is None or not _is_written(store, running, keys, decided):
        return under_newest(running, _page_of(store, keys, now))
    if not decided.left_out:
        return decided.done
    return decided.done + under_newest(running, _page_of(store, decided.left_out, now))


def _is_written(store: Store, running: Running, keys: list[int], decided: Decided) -> bool:
    """False, and nothing is written, when something happened since it was decided."""
    try:
        with collector_at_rest(), store.page("walk") as page:
            running.require_newest(page)
            page.write(decided.rows, keys)
    except StaleError:
        return False
    return True


def _page_of(
    store: Store, keys: list[int], now: datetime, until: datetime | None = None
) -> Callable[[Running], int]:
    return lambda running: walk_page(store, running, keys, now, until)


def walk_page(
    store: Store, running: Running, keys: list[int], now: datetime, until: datetime | None = None
) -> int:
    """One page: load, advance, save. One broken contact is set aside, and the page goes on without it."""
    broken: dict[int, Exception] = {}
    with collector_at_rest():
        worked = _advance_page(store, running, keys, now, until or now, broken)
    if broken:
        under_newest(running, lambda running: set_aside(store, running, broken, now))
    return worked


def _advance_page(
    store: Store,
    running: Running,
    keys: list[int],
    now: datetime,
    until: datetime,
    broken: dict[int, Exception],
) -> int:
    """A function of its own, so that the page's objects are gone before the collector looks around again."""
    with store.page("walk") as page:
        running.require_newest(page)
        cases = _load(page, running, keys, now)
        done: list[Case] = []
        for case in cases:
            try:
                _fire(case, running, now, until)
            except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
                broken[case.key] = error
            else:
                done.append(case)
        page.save(done, now)
    if broken:
        tell((case.contact.id, broken[case.key]) for case in cases if case.key in broken)
    return len(cases)


def _load(page: Page, running: Running, keys: list[int], now: datetime) -> list[Case]:
    """What is due, and all the rest of those contacts whose work may concern more than what is due."""
    if running.world.segments:
        return page.load(keys, now=now, **running.reach(now), everything=True)
    cases = page.load(keys, now=now, **running.reach(now))
    looks = looks_due(page, running.world, keys, now)
    wide = [case.key for case in cases if case.key in looks or may_change_contact(case, running.world)]
    if not wide:
        return cases
    whole = {case.key: case for case in page.load(wide, now=now, **running.reach(now), everything=True)}
    return [whole.get(case.key, case) for case in cases]


def _fire(case: Case, running: Running, now: datetime, until: datetime) -> None:
    """The timers due until then, except those of journeys that this release cannot read: they are put off."""
    if not running.unreadable:
        fire_timers(case, running.world, until, now)
        return
    with held_back(case, running.unreadable) as held:
        fire_timers(case, running.world, until, now)
    put_off(held, now)
    put_off_moments(case, now, running.unreadable)


# --- products that changed -----------------------------------------------------------------------


def _wake(
    store: Store,
    running: Running,
    now: datetime,
    size: int,
    may_go_on: list[bool] | None,
    until: datetime,
) -> int:
    """Ask those again who wait for something about a product that changed; how many they were."""
    worked = 0
    for keys in store.woken(until, size):
        if may_go_on is not None and not may_go_on[0]:
            break
        worked += under_newest(running, _waking(store, keys, now))
    return worked


def _waking(store: Store, keys: list[int], now: datetime) -> Callable[[Running], int]:
    return lambda running: wake_page(store, running, keys, now)


def wake_page(store: Store, running: Running, keys: list[int], now: datetime) -> int:
    """One page: each contact at the instant at which its products changed, after the timers due before."""
    broken: dict[int, Exception] = {}
    with store.page("wake") as page:
        running.require_newest(page)
        cases = page.load(keys, now=now, events=running.events, everything=True)
        woken = page.woken(keys)
        done = [case for case in cases if _is_woken(case, running, woken.get(case.key), now, broken)]
        page.save(done, now)
        page.forget_wakes(woken)
    if broken:
        tell((case.contact.id, broken[case.key]) for case in cases if case.key in broken)
        under_newest(running, lambda running: set_aside(store, running, broken, now))
    return len(woken)


def _is_woken(
    case: Case, running: Running, at: datetime | None, now: datetime, broken: dict[int, Exception]
) -> bool:
    """False, and told in `broken`, where its work breaks: it is set aside like any other."""
    try:
        with held_back(case, running.unreadable):
            if at is not None:
                wake(case, running.world, at, now)
    except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
        broken[case.key] = error
    return case.key not in broken


def wake(case: Case, world: World, at: datetime, now: datetime) -> None:
    """Products changed at an instant; a daemon that is late for it counts as with any timer."""
    fire_timers(case, world, at, now, is_inclusive=False)
    is_late = now - at > world.policy.squeeze_after
    products_changed(case, world, Instant(now if is_late else at, now))


def set_aside(store: Store, running: Running, broken: Mapping[int, Exception], now: datetime) -> None:
    """Put off what is due for contacts whose work broke, and write down why; their sound journeys go on."""
    with store.page("set_aside") as page:
        running.require_newest(page)
        cases = [_set_aside(page, running, key, words_of(error), now) for key, error in broken.items()]
        page.save(sorted((case for case in cases if case is not None), key=lambda case: case.key), now)


def _set_aside(page: Page, running: Running, key: int, words: str, now: datetime) -> Case | None:
    def load() -> Case:
        return page.load([key], now=now, **running.reach(now), everything=True)[0]

    def work(case: Case, world: World) -> None:
        with held_back(case, running.unreadable):
            fire_timers(case, world, now, now)

    if not page.load([key], now=now):
        return None  # erased meanwhile
    suspects = dict.fromkeys(enrollment.journey for enrollment in load().running())
    suspects |= dict.fromkeys(id for id, journey in running.world.journeys.items() if _follows(journey))
    return work_around(load, suspects, running.world, work, now, words)


def _follows(journey: Journey) -> bool:
    """Whether time alone may let somebody in: by segment, stage, clock, or the end of another journey."""
    return any(t.segment or t.finished or t.clock or t.event == STAGE_CHANGED for t in journey.triggers)
