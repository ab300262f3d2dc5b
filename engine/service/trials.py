"""Trials that are decided before their end: enough messages were released, and those who wait go on."""

from __future__ import annotations

from datetime import datetime

from engine.core.standing import is_frozen
from engine.service.running import Running
from engine.store.database import PAGE_SIZE, Store
from engine.store.trials import TrialRecord


def decide_by_sends(store: Store, running: Running, now: datetime) -> None:
    """Look at trials with `sends`, and wake those who wait for one that is decided; they are due then.

    In a paused journey nobody goes on, so its trials are left for later. A crash in between is made up by the
    next look, because what is still to be done is written down.
    """
    world = running.world
    if not any(rule.sends is not None for rule in world.trials.values()):
        return
    for record in store.trials():
        rule = world.trials.get((record.journey, record.step))
        if rule is None or rule.mark != record.mark or is_frozen(world.journeys[rule.journey]):
            continue
        is_to_wake = record.is_to_wake
        if rule.sends is not None and record.decided_at is None and record.looked_at is None:
            with store.page("trial") as page:
                running.require_newest(page)
                is_to_wake = page.decide_by_sends(record, rule, now)
        if is_to_wake:
            _wake(store, record, now)


def _wake(store: Store, record: TrialRecord, now: datetime) -> None:
    after = 0
    while True:
        with store.page("trial") as page:
            keys = page.wake_waiting(record, after, now, PAGE_SIZE)
        if not keys:
            return
        after = keys[-1]
