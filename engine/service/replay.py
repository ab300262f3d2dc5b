"""Replay: the clock is set to the events of a file, in order, through the real loops, store and sender."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, islice

from engine.service.clock import VirtualClock
from engine.service.daemon import Daemon
from engine.service.schedules import next_due
from engine.service.take import Item, take

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
    items: Iterable[Item],
    until: datetime | None,
    progress: Progress | None = None,
) -> Replay:
    """Take each item at its own time, and fire every timer between at its own time.

    Without `until` it ends with the last item; `until` is inclusive. An interrupted replay of the same file
    goes on where it stood.
    """
    done = Replay()
    for at, page in _pages_by_time(items, clock.now()):
        if until is not None and at > until:
            break
        if at > clock.now():
            pass_time(daemon, clock, at, is_inclusive=False)
        if not daemon.may_go_on:
            break
        clock.set(at)
        _take(daemon, page, at, done)
        if progress is not None:
            progress(clock.now(), done.items)
    if daemon.may_go_on:
        pass_time(daemon, clock, until or clock.now(), is_inclusive=True)
    if until is not None and daemon.may_go_on:
        clock.set(until)
    daemon.raise_failure()
    done.ended_at = clock.now()
    return done


def _take(daemon: Daemon, page: list[Item], at: datetime, done: Replay) -> None:
    """What is older than the clock is received now: time never goes back."""
    received = [item if item.received_at >= at else replace(item, received_at=at) for item in page]
    taken = take(daemon.store, daemon.running(), received, at)
    done.items += len(page)
    done.events += taken.events
    done.duplicates += taken.duplicates


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
    next_try, paused_until = daemon.store.next_try(), daemon.paused_until
    if next_try is not None and paused_until is not None:
        next_try = max(next_try, paused_until)
    instants = [at for at in (next_due(daemon.store, daemon.running()), next_try) if at is not None]
    return min(instants, default=None)


def _pages_by_time(items: Iterable[Item], start: datetime) -> Iterator[tuple[datetime, list[Item]]]:
    """Pages of one instant each; timers of that instant come after all of them. Time never goes back."""
    now = start
    for at, group in groupby(items, key=lambda item: max(item.received_at, start)):
        now = max(now, at)
        while page := list(islice(group, _PAGE)):
            yield now, page
