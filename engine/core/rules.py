"""Reading the rules of a journey's header: re-entry, exits, goal. Used by validation and by binding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from engine.calendar.durations import read_duration, utc_add
from engine.conditions.names import Names, check_event, read_named, within_event
from engine.conditions.table import read_and_compile
from engine.conditions.vocabulary import TYPE_PHRASES
from engine.conditions.wording import sentence
from engine.errors import ReadError
from engine.model.duration import Duration
from engine.model.fault import Mistake, Path, Report
from engine.model.journey import ExitRule, Goal, IfRunning, ReEntry
from engine.model.predicate import Condition, Reference
from engine.model.view import UTC
from engine.steps.rules import UNREADABLE_TIME

GOAL_TOO_LONG: Final = "J391"
GOAL_REVENUE: Final = "J392"

#: What each code is about, in one line, for the reference.
RULES: Final[Mapping[str, str]] = {
    GOAL_TOO_LONG: "The window of a goal is longer than 90 days.",
    GOAL_REVENUE: "The `revenue` of a goal is no numeric property of its event.",
}

_WEEK = Duration(0, 7, 0, "7 days")
_NOTHING = Duration(0, 0, 0, "0 seconds")
_LONGEST_GOAL_DAYS = 90
_START = datetime(2001, 1, 1, tzinfo=UTC)


def read_re_entry(plain: Any, path: Path, report: Report) -> ReEntry:
    """never, always, or {after, if_running, max}."""
    if plain is None or plain == "never":
        return ReEntry()
    if plain == "always":
        return ReEntry(_NOTHING)
    after = _duration(plain["after"], (*path, "after"), report) if "after" in plain else _NOTHING
    if_running: IfRunning = plain.get("if_running", "ignore")
    return ReEntry(after or _NOTHING, if_running, plain.get("max"))


def read_exit(plain: Mapping[str, Any], path: Path, report: Report, names: Names) -> ExitRule | None:
    """One rule of `exit_when`: an event with `where`, or a condition under `when`."""
    if "when" in plain:
        when = read_and_compile(plain["when"], (*path, "when"), report, names)
        return None if when is None else ExitRule(None, None, when, when.text)
    found = _event_and_where(plain, path, report, names)
    if found is None:
        return None
    event, where = found
    return ExitRule(event, where, None, event if where is None else f"{event} where {where.text}")


def read_goal(plain: Mapping[str, Any], path: Path, report: Report, names: Names) -> Goal | None:
    """The goal with its window; `within` is 7 days unless stated, at most 90."""
    within = _window(plain, path, report)
    event, where, when = None, None, None
    if "when" in plain:
        when = read_and_compile(plain["when"], (*path, "when"), report, names)
    elif (found := _event_and_where(plain, path, report, names)) is not None:
        event, where = found
    revenue = None
    if "revenue" in plain and event is not None:
        revenue = _revenue(plain["revenue"], (*path, "revenue"), report, within_event(names, event))
    if within is None or (event is None and when is None) or ("revenue" in plain and revenue is None):
        return None
    text = when.text if when is not None else str(event)
    is_from_entered = plain.get("from") == "entered"
    return Goal(event, where, when, within, is_from_entered, revenue, plain.get("exit", True), text)


def _window(plain: Mapping[str, Any], path: Path, report: Report) -> Duration | None:
    if "within" not in plain:
        return _WEEK
    within = _duration(plain["within"], (*path, "within"), report)
    if within is None or not _is_too_long(within):
        return within
    message = f"A goal's window of {within} is longer than {_LONGEST_GOAL_DAYS} days."
    report(Mistake((*path, "within"), GOAL_TOO_LONG, message, "Write at most `90 days`."))
    return None


def _is_too_long(within: Duration) -> bool:
    days = (utc_add(_START, within) - _START).days
    return days > _LONGEST_GOAL_DAYS + (2 if within.months else 0)


def _revenue(written: object, path: Path, report: Report, names: Names) -> Reference | None:
    """A property of the goal's event that is a number, as far as the catalog tells."""
    if not isinstance(written, str) or not written.startswith("event."):
        message = f"`revenue: {written}` is no property of the goal's event."
        report(Mistake(path, GOAL_REVENUE, message, f"Write for example `revenue: event.{_number(names)}`."))
        return None
    found = read_named(written, path, report, names)
    if found is not None and found.type is not None and found.type.type != "number":
        message = f"`{written}` is {TYPE_PHRASES[found.type.type]}, and revenue is a number."
        report(Mistake(path, GOAL_REVENUE, message, f"Write for example `revenue: event.{_number(names)}`."))
        return None
    return None if found is None else found.reference


def _number(names: Names) -> str:
    """A property of the event that holds a number, as far as the catalog tells."""
    declared = names.properties_of(names.event) or {}
    return next((name for name, kind in declared.items() if kind.type == "number"), "total")


def _event_and_where(
    plain: Mapping[str, Any], path: Path, report: Report, names: Names
) -> tuple[str, Condition | None] | None:
    event = str(plain["event"])
    is_known = check_event(event, (*path, "event"), report, names)
    if "where" not in plain:
        return (event, None) if is_known else None
    where = read_and_compile(plain["where"], (*path, "where"), report, within_event(names, event))
    return (event, where) if is_known and where is not None else None


def _duration(plain: Any, path: Path, report: Report) -> Duration | None:
    try:
        return read_duration(plain)
    except ReadError as error:
        report(Mistake(path, UNREADABLE_TIME, sentence(error.message), sentence(error.help)))
        return None
