"""What a test expects against what happened: the differences, in words, in the contact's local time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.calendar.durations import add, read_duration
from engine.calendar.instants import read_instant
from engine.language.tests_file import Expected, JourneyTest
from engine.service.simulate import Simulation
from engine.service.story import length, local

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Times:
    """How a test's times are read: from its start, and on the clock of the contact."""

    start: datetime
    zone: ZoneInfo

    def read(self, text: str) -> datetime:
        """A local time such as `2026-03-29 08:00`, or an offset such as `14 hours`. Raises ReadError.

        Offsets count like waits (language.md §5): days and longer are calendar units, so the time of day
        stays when the clocks change; hours, minutes and seconds are exact.
        """
        if _DATE.match(text.strip()):
            return read_instant(text, self.zone)
        return add(self.start, read_duration(text), self.zone)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A line of `expect` with its instant."""

    at: datetime
    step: str | None
    reason: str | None

    def is_met_by(self, other: Occurred) -> bool:
        """The same thing at the same instant."""
        return self.at == other.at and self.is_like(other)

    def is_like(self, other: Occurred) -> bool:
        """The same thing at any time. `leave` names a reason or an outcome."""
        if self.step is not None:
            return self.step == other.step
        return other.step is None and self.reason in (other.reason, other.outcome)


@dataclass(frozen=True, slots=True)
class Occurred:
    """A message that was sent (with its step), or a leaving."""

    at: datetime
    step: str | None
    reason: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as expected, in words; `at` tells where in the story to look."""

    words: str
    at: datetime | None = None


def awaited(expected: Expected, times: Times) -> Awaited:
    """Raises ReadError."""
    return Awaited(times.read(expected.at), expected.step, expected.reason)


def occurred(simulation: Simulation) -> list[Occurred]:
    """Messages sent and leavings, in the order in which they happened."""
    found = []
    for entry in simulation.case.traces:
        enrollment, line = entry.enrollment, entry.line
        if line.did == "sent":
            found.append(Occurred(line.at, line.step))
        elif line.did == "left" and enrollment is not None:
            found.append(Occurred(line.at, None, enrollment.reason, enrollment.outcome))
    return found


def differences(
    test: JourneyTest, expected: Sequence[Awaited], simulation: Simulation, zone: ZoneInfo
) -> list[Difference]:
    """Nothing when the test passes. Leavings that `expect` does not list are no difference."""
    happened = occurred(simulation)
    pairs = _matches(expected, happened)
    missing = [one for index, one in enumerate(expected) if index not in pairs]
    others = [one for index, one in enumerate(happened) if index not in pairs.values()]
    words: list[Difference] = []
    for one in missing:
        other = _instead(one, others)
        if other is not None:
            others.remove(other)
        words.append(Difference(_missed(one, other, simulation, zone), one.at if other is None else other.at))
    words += _forbidden(test, happened, zone)
    if test.has_expect and not test.allow_others:
        words += _unexpected(test, others, zone)
    return words + _unrendered(simulation, zone)


def _matches(expected: Sequence[Awaited], happened: Sequence[Occurred]) -> dict[int, int]:
    """The most expectations that are met in order (longest common subsequence): what meets each."""
    rows = [[0] * (len(happened) + 1) for _ in range(len(expected) + 1)]
    for i in range(len(expected) - 1, -1, -1):
        for j in range(len(happened) - 1, -1, -1):
            met = expected[i].is_met_by(happened[j])
            rows[i][j] = rows[i + 1][j + 1] + 1 if met else max(rows[i + 1][j], rows[i][j + 1])
    pairs, i, j = {}, 0, 0
    while i < len(expected) and j < len(happened):
        if expected[i].is_met_by(happened[j]):
            pairs[i] = j
            i, j = i + 1, j + 1
        elif rows[i + 1][j] >= rows[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _instead(one: Awaited, others: Iterable[Occurred]) -> Occurred | None:
    """What happened in its place: the same thing at another time, or another leaving at that time."""
    alike = [other for other in others if one.is_like(other)]
    if alike:
        return min(alike, key=lambda other: abs(other.at - one.at))
    if one.step is None:
        return next((other for other in others if other.step is None and other.at == one.at), None)
    return None


def _missed(one: Awaited, other: Occurred | None, simulation: Simulation, zone: ZoneInfo) -> str:
    what = f"send {one.step}" if one.step is not None else f"leave {one.reason}"
    wanted = f"expected `{what}` at {local(one.at, zone)}, but "
    if other is None:
        return wanted + _why_not(one, simulation, zone)
    if other.at == one.at:
        return wanted + (
            "it came in another order" if one.is_like(other) else f"left with `{_leaving(other)}`"
        )
    side = "later" if other.at > one.at else "earlier"
    did = "was sent" if one.step is not None else "left"
    return f"{wanted}{did} at {local(other.at, zone)}, {length(other.at - one.at)} {side}"


def _why_not(one: Awaited, simulation: Simulation, zone: ZoneInfo) -> str:
    case = simulation.case
    if not case.enrollments:
        refused = [entry.line.why for entry in case.traces if entry.line.did == "not_entered"]
        return "nobody entered the journey" + (f": {refused[0].replace('_', ' ')}" if refused else "")
    if one.step is None:
        inside = [e for e in case.enrollments if e.left_at is None]
        return "nobody left then" + (f"; still inside at `{inside[-1].step}`" if inside else "")
    for entry in case.traces:
        if entry.line.step == one.step and entry.line.did in ("dropped", "skipped", "held"):
            return (
                f"it was {entry.line.did} at {local(entry.line.at, zone)}: {entry.line.why.replace('_', ' ')}"
            )
    left = [e for e in case.enrollments if e.left_at is not None and e.left_at <= one.at]
    if left and left[-1].left_at is not None:
        return f"it was not reached; left at {local(left[-1].left_at, zone)} with `{left[-1].outcome}`"
    return "it was not reached"


def _leaving(other: Occurred) -> str:
    return (
        str(other.reason) if other.outcome == other.reason else f"{other.reason}`, outcome `{other.outcome}"
    )


def _forbidden(test: JourneyTest, happened: Iterable[Occurred], zone: ZoneInfo) -> list[Difference]:
    sent = [one for one in happened if one.step is not None and one.step in test.never]
    return [
        Difference(f"`{one.step}` must never send, but was sent at {local(one.at, zone)}", one.at)
        for one in sent
    ]


def _unexpected(test: JourneyTest, others: Iterable[Occurred], zone: ZoneInfo) -> list[Difference]:
    sent = [one for one in others if one.step is not None and one.step not in test.never]
    words = "`{}` was sent at {}, which `expect` does not list"
    return [Difference(words.format(one.step, local(one.at, zone)), one.at) for one in sent]


def _unrendered(simulation: Simulation, zone: ZoneInfo) -> list[Difference]:
    messages = simulation.case.messages
    failed = ((messages[number][1], words) for number, words in simulation.failures.items())
    return [
        Difference(f"`{one.step}` at {local(one.at, zone)} cannot be made: {words}", one.at)
        for one, words in failed
    ]
