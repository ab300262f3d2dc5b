"""A trigger by the clock fires in the quiet hours of the message that follows at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time
from typing import Final

from engine.calendar.clock_times import read_time_of_day
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import sends_at_entry
from engine.language.lint.subject import Subject

#: An offset that leaves the time of day as it is.
_WHOLE_DAYS: Final = re.compile(r"-?\s*\d+\s*(days?|d|weeks?|w|months?|years?|y)")


def check(subject: Subject) -> Iterator[Finding]:
    for path, trigger in subject.triggers:
        for word in ("schedule", "date"):
            clock = trigger.get(word)
            if not isinstance(clock, Mapping):
                continue
            key = "cron" if "cron" in clock else "at"
            at = _time_of(clock)
            if at is None:
                continue
            for id in sends_at_entry(subject):
                quiet = subject.quiet_hours(subject.flat[id]["data"])
                if quiet is not None and quiet.holds(at):
                    message = f"People enter at {at:%H:%M}, in the quiet hours {quiet.text} of `{id}`."
                    help = "The message would be held until they end. Choose another time, or wait before it."
                    yield Finding((*path, word, key), message, help)
                    break


def _time_of(clock: Mapping[str, object]) -> time | None:
    """The time of day, where there is one: a cron line may have many."""
    if "cron" not in clock:
        is_at = "at" in clock and _WHOLE_DAYS.fullmatch(str(clock.get("offset", "0 days"))) is not None
        return read_time_of_day(str(clock["at"])) if is_at else None
    minute, hour = str(clock["cron"]).split()[:2]
    is_one = minute.isdecimal() and hour.isdecimal()
    return time(int(hour), int(minute)) if is_one else None


_LETTER = "  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }\n"
RULE = Rule(
    code="J758",
    group="time",
    severity="warning",
    meaning="People enter by the clock inside the quiet hours of their first message.",
    why="The message never leaves at the time that is written, but always when the quiet hours end.",
    example=Example(
        "trigger: { schedule: { every: monday, at: 22:00 } }\nsteps:\n" + _LETTER, without=("re_entry",)
    ),
    clean=Example(
        "trigger: { schedule: { every: monday, at: 19:00 } }\nsteps:\n" + _LETTER, without=("re_entry",)
    ),
    check=check,
)
