"""The timetable: APScheduler kicks the loops at intervals, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event as Flag
from threading import Thread

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from engine.service.clock import WallClock

#: Seconds between two looks at the clock, and how far back it must be to have been set.
_LOOK_EVERY = 1.0
_SET_BACK = timedelta(seconds=1)


class _Tick(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 comes without types
    """Again so long after now. Its own interval counts every tick that a pause left out: after a clock that
    jumps ten years ahead those are 300 million."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """APScheduler asks with its own word for each."""
        del previous_fire_time
        return now + self._interval


class Timetable:
    """A handful of ticks. A tick missed during a pause is made up once, never silently deleted.

    APScheduler 3 waits for a time of the wall's clock: set that back by a day, and it sleeps for a day. So
    somebody whose sleep is not counted by that clock looks whether it was, and lets the ticks begin anew.
    """

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._is_over = Flag()
        self._watch = Thread(target=self._look_at_the_clock, name="timetable", daemon=True)

    def every(self, seconds: float, kick: Callable[[], None]) -> None:
        """Call `kick`, which must only set a flag, at this interval."""
        self._scheduler.add_job(kick, _Tick(seconds))

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()
        self._watch.start()

    def stop(self) -> None:
        """Stop ticking, without waiting."""
        self._is_over.set()
        self._scheduler.shutdown(wait=False)

    def _look_at_the_clock(self) -> None:
        last = WallClock().now()
        while not self._is_over.wait(_LOOK_EVERY):
            now = WallClock().now()
            if now < last - _SET_BACK:
                self._begin_anew(now)
            last = now

    def _begin_anew(self, now: datetime) -> None:
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=now)
