"""Reading the rules of a journey's header: re-entry, exits, goal. Used by validation and by binding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.calendar.durations import read_duration, utc_add
from engine.conditions.names import Names, check_event, read_reference, within_event
from engine.conditions.table import compile_condition, read_condition
from engine.errors import ReadError
from engine.model.duration import Duration
from engine.model.fault import Mistake, Path, Report
from engine.model.journey import ExitRule, Goal, IfRunning, ReEntry
from engine.model.predicate import Condition
from engine.model.view import UTC

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
    if isinstance(plain, str):
        report(Mistake(path, "J360", f"`re_entry: {plain}` is not known.", "Write `never`, `always` or `{after: 7 days}`."))
        return ReEntry()
    after = _duration(plain["after"], (*path, "after"), report) if "after" in plain else _NOTHING
    if_running: IfRunning = plain.get("if_running", "ignore")
    return ReEntry(after or _NOTHING, if_running, plain.get("max"))


def read_exit(plain: Mapping[str, Any], path: Path, report: Report, names: Names) -> ExitRule | None:
    """One rule of `exit_when`: an event with `where`, or a condition under `when`."""
    if "when" in plain:
        when = _condition(plain["when"], (*path, "when"), report, names)
        return None if when is None else ExitRule(None, None, when, when.text)
    found = _event_and_where(plain, path, report, names)
    if found is None:
        return None
    event, where = found
    return ExitRule(event, where, None, event if where is None else f"{event} where {where.text}")


def read_goal(plain: Mapping[str, Any], path: Path, report: Report, names: Names) -> Goal | None:
    """The goal with its window; `within` is 7 days unless stated, at most 90."""
    within = _duration(plain["within"], (*path, "within"), report) if "within" in plain else _WEEK
    if within is not None and _is_too_long(within):
        report(Mistake((*path, "within"), "J391", f"A goal's window of {within} is longer than {_LONGEST_GOAL_DAYS} days.", "Write at most `90 days`."))
        within = None
    event, where, when = None, None, None
    if "when" in plain:
        when = _condition(plain["when"], (*path, "when"), report, names)
        if when is None:
            return None
    else:
        found = _event_and_where(plain, path, report, names)
        if found is None:
            return None
        event, where = found
    revenue = None
    if "revenue" in plain:
        revenue = read_reference(plain["revenue"], (*path, "revenue"), report, within_event(names, event) if event else names)
        if revenue is None:
            return None
        if revenue.path[0] != "event" or event is None:
            report(Mistake((*path, "revenue"), "J392", f"`revenue: {revenue}` is no property of the goal's event.", "Write for example `revenue: event.total`."))
            return None
    if within is None:
        return None
    text = when.text if when is not None else str(event)
    return Goal(event, where, when, within, plain.get("from") == "entered", revenue, plain.get("exit", True), text)


def _is_too_long(within: Duration) -> bool:
    return (utc_add(_START, within) - _START).days > _LONGEST_GOAL_DAYS + (2 if within.months else 0)


def _event_and_where(plain: Mapping[str, Any], path: Path, report: Report, names: Names) -> tuple[str, Condition | None] | None:
    event = str(plain["event"])
    is_known = check_event(event, (*path, "event"), report, names)
    if "where" not in plain:
        return (event, None) if is_known else None
    where = _condition(plain["where"], (*path, "where"), report, within_event(names, event))
    return (event, where) if is_known and where is not None else None


def _condition(plain: Any, path: Path, report: Report, names: Names) -> Condition | None:
    predicate = read_condition(plain, path, report, names)
    return None if predicate is None else compile_condition(predicate)


def _duration(plain: Any, path: Path, report: Report) -> Duration | None:
    try:
        return read_duration(plain)
    except ReadError as error:
        report(Mistake(path, "J350", error.message, error.help))
        return None
