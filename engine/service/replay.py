"""Replay: the clock is set to the events of a file, in order, through the real loops, store and sender."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from engine.intake.lines import Identified
from engine.model.event import Event
from engine.service.clock import VirtualClock
from engine.service.daemon import Daemon
from engine.service.take import take

_PAGE = 2_000

#: Called with the virtual time and how many items were taken so far.
Progress = Callable[[datetime, int], None]


@dataclass(slots=True)
class Replay:
    """What a replay did."""

    items: int = 0
    events: int = 0
    duplicates: int = 0
    ended_at: datetime | None = None


def replay(
    daemon: Daemon,
    clock: VirtualClock,
    items: Iterable[Event | Identified],
    until: datetime | None,
    progress: Progress | None = None,
) -> Replay:
    """Take each item at its own time, and fire every timer between at its own time.

    Without `until` it ends with the last item; `until` is inclusive.
    """
    done = Replay()
    for at, page in _pages_by_time(items, clock.now()):
        if until is not None and at > until:
            break
        pass_time(daemon, clock, at, is_inclusive=False)
        clock.set(at)
        taken = take(daemon.store, daemon.running(), page, clock.now())
        done.items += len(page)
        done.events += taken.events
        done.duplicates += taken.duplicates
        daemon.until_idle()
        if progress is not None:
            progress(clock.now(), done.items)
        if not daemon.may_go_on:
            break
    if until is not None and daemon.may_go_on:
        pass_time(daemon, clock, until, is_inclusive=True)
        clock.set(until)
    done.ended_at = clock.now()
    return done


def pass_time(daemon: Daemon, clock: VirtualClock, until: datetime, *, is_inclusive: bool) -> None:
    """Set the clock to each instant at which something falls due, and let the loops work there."""
    last: datetime | None = None
    while daemon.may_go_on and (due := _next_instant(daemon)) is not None and due != last:
        if due > until or (due == until and not is_inclusive):
            return
        clock.set(due)
        daemon.until_idle()
        last = due


def _next_instant(daemon: Daemon) -> datetime | None:
    """The next timer or try; while the relay is left alone, no message is tried."""
    next_try, paused_until = daemon.store.next_try(), daemon.sender().paused_until
    if next_try is not None and paused_until is not None:
        next_try = max(next_try, paused_until)
    instants = [at for at in (daemon.store.next_due(), next_try) if at is not None]
    return min(instants, default=None)


def _pages_by_time(
    items: Iterable[Event | Identified], start: datetime
) -> Iterator[tuple[datetime, list[Event | Identified]]]:
    """Pages of one instant each. What is older than the clock is received now: time never goes back."""
    now = start
    for at, group in groupby(items, key=lambda item: max(item.received_at, start)):
        now = max(now, at)
        page: list[Event | Identified] = []
        for item in group:
            page.append(item if item.received_at >= now else replace(item, received_at=now))
            if len(page) == _PAGE:
                yield now, page
                page = []
        if page:
            yield now, page
