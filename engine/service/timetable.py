"""The timetable: APScheduler kicks the loops at intervals, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler


class Timetable:
    """A handful of ticks. A tick missed during a pause is made up once, never silently deleted."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def every(self, seconds: float, kick: Callable[[], None]) -> None:
        """Call `kick`, which must only set a flag, at this interval."""
        self._scheduler.add_job(kick, "interval", seconds=seconds)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking, without waiting."""
        self._scheduler.shutdown(wait=False)
