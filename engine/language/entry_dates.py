"""`starts`, `ends`, `entry_grace`: when people may enter, how long a false `enter_when` is asked again.

Instants without a zone are the catalog's, so they are worked out when a journey is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.calendar.durations import read_duration
from engine.calendar.instants import read_instant, write_instant
from engine.calendar.zones import zone_of
from engine.conditions.wording import sentence
from engine.errors import ReadError
from engine.language import rules
from engine.language.reading import Reading
from engine.model.fault import Mistake, Path


def check_entry_dates(reading: Reading, right: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """That they can be read, that one is before the other, that a grace has something to wait for."""
    starts = _instant(reading, right["starts"], ("starts",)) if "starts" in right else None
    ends = _instant(reading, *_end(right["ends"])) if "ends" in right else None
    if starts is not None and ends is not None and ends <= starts:
        message = "`ends` is not after `starts`, so nobody could ever enter."
        help = f"Write an instant later than `starts: {right['starts']}`."
        reading.report(Mistake(_end(right["ends"])[1], rules.ENDS_FIRST, message, help))
    if "entry_grace" in right:
        _check_grace(reading, right["entry_grace"], data)


def _end(written: Any) -> tuple[Any, Path]:
    """The instant of `ends`, and where it stands."""
    return (written["at"], ("ends", "at")) if isinstance(written, Mapping) else (written, ("ends",))


def _instant(reading: Reading, written: Any, path: Path) -> datetime | None:
    try:
        return _read(written, reading.catalog.timezone)
    except ReadError as error:
        reading.report(Mistake(path, rules.UNREADABLE_TIME, sentence(error.message), sentence(error.help)))
        return None


def _read(written: Any, timezone: str | None) -> datetime:
    return read_instant(str(written), zone_of(timezone)[0])


def _check_grace(reading: Reading, written: Any, data: Mapping[str, Any]) -> None:
    try:
        read_duration(written)
    except ReadError as error:
        message, help = sentence(error.message), sentence(error.help)
        reading.report(Mistake(("entry_grace",), rules.UNREADABLE_TIME, message, help))
    trigger = data.get("trigger")
    triggers = trigger if isinstance(trigger, list) else [trigger]
    if all(isinstance(one, Mapping) and "event" not in one for one in triggers):
        message = "`entry_grace` is for entering by an event, and no trigger of this journey is one."
        help = "Leave it out: others are asked again when they come into the segment."
        reading.report(Mistake(("entry_grace",), rules.IDLE_GRACE, message, help, at_key=True))


def with_instants(data: Mapping[str, Any], timezone: str | None) -> dict[str, Any]:
    """The data with `starts` and `ends` as UTC; `ends` always as {at, inside}. They have been checked."""
    worked_out = dict(data)
    if "starts" in data:
        worked_out["starts"] = write_instant(_read(data["starts"], timezone))
    if "ends" in data:
        written = data["ends"]
        inside = {"inside": written["inside"]} if isinstance(written, Mapping) and "inside" in written else {}
        worked_out["ends"] = {"at": write_instant(_read(_end(written)[0], timezone)), **inside}
    return worked_out
