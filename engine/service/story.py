"""A simulation told for people: one line for each thing that happened, in the local time of the contact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.core.case import TraceEntry
from engine.model.journey import Journey
from engine.model.message import Message
from engine.model.position import Enrollment
from engine.service.simulate import Simulation

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, slots=True)
class Told:
    """One line. `step` is empty for entering and leaving at no step."""

    at: datetime
    entry: TraceEntry
    words: str

    @property
    def step(self) -> str:
        return self.entry.line.step


def tell(simulation: Simulation, journey: Journey, zone: ZoneInfo) -> list[Told]:
    """Everything that happened, in order; without the steps that were only passed."""
    numbers = {id(entry): number for number, entry in _with_messages(simulation)}
    told = []
    for entry in simulation.case.traces:
        if entry.line.did == "changed" and not is_of_stage(entry):
            told.append(Told(entry.line.at, entry, _change(entry, journey)))
        elif entry.line.did != "passed":
            told.append(Told(entry.line.at, entry, _words(entry, numbers.get(id(entry)), simulation, zone)))
    return told


def is_of_stage(entry: TraceEntry) -> bool:
    """Whether the line is of no journey: a new stage of the contact in the lifecycle."""
    return entry.line.did == "changed" and not entry.journey


def local(at: datetime, zone: ZoneInfo) -> str:
    """`Sun 2026-03-29 08:00`: a weekday, and the time as tests.yaml writes it."""
    moment = at.astimezone(zone)
    seconds = ":%S" if moment.second else ""
    return moment.strftime(f"%a %Y-%m-%d %H:%M{seconds}")


def length(span: timedelta) -> str:
    """`1 day 2 hours`; of exact time, so a day is 24 hours."""
    rest = int(abs(span).total_seconds())
    parts = []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "less than a second"


def _with_messages(simulation: Simulation) -> Iterator[tuple[int, TraceEntry]]:
    """The lines that a message left behind, with its number: release writes both at once."""
    messages = {
        (id(enrollment), message.step, message.at) for enrollment, message in simulation.case.messages
    }
    lines = [
        entry
        for entry in simulation.case.traces
        if entry.line.did in ("sent", "drafted", "dropped", "held_out")
        and (id(entry.enrollment), entry.line.step, entry.line.at) in messages
    ]
    yield from enumerate(lines)


def _words(entry: TraceEntry, number: int | None, simulation: Simulation, zone: ZoneInfo) -> str:
    line = entry.line
    why = line.why.replace("re_entry", "re-entry").replace("_", " ")
    until = "" if line.until is None else local(line.until, zone)
    match line.did:
        case "entered":
            return f"enters: {line.why}"
        case "not_entered":
            return f"does not enter: {why}" + (f"; asked again until {until}" if until else "")
        case "waiting":
            return f"waits until {until}" + (f" ({line.why})" if line.why else "")
        case "held" if line.until is None:
            return f"stays here: {why}"
        case "held":
            return f"holds the message until {until} ({why})"
        case "sent":
            return "sends " + _subject(number, simulation)
        case "held_out":
            return f"would send {line.why}, but is held out"
        case "drafted" if number is None:
            return f"only writes down: {line.why} (shadow)"
        case "drafted":
            return f"would send {_subject(number, simulation)} (shadow)"
        case "kept":
            return f"enters when the journey goes on ({line.why})"
        case "dropped":
            return f"drops the message: {why}"
        case "chose":
            return f"goes on: {line.why}"
        case "skipped":
            return f"is passed over: {line.why}"
        case "emitted":
            return f"tells the event {line.why}"
        case "assigned":
            return f"is assigned to {line.why}"
        case "started":
            return f"starts {line.why}"
        case "converted":
            return f"reaches the goal: {line.why}"
        case "moved" | "merged" | "warned" | "passed" | "changed" | "by_hand":
            return line.why
        case "left":
            return f"leaves: {_leaving(entry.enrollment)}"


def _change(entry: TraceEntry, journey: Journey) -> str:
    """What an update did; under `re_entry: update` it is the trigger's values that are new."""
    step = journey.steps.get(entry.line.step)
    if entry.line.why == "trigger" or step is None:
        return "stays, with the values of the new trigger"
    return step.text


def _leaving(enrollment: Enrollment | None) -> str:
    if enrollment is None:
        return ""
    words = str(enrollment.reason)
    if enrollment.outcome != enrollment.reason:
        words += f", outcome {enrollment.outcome}"
    return words + (f" ({enrollment.detail})" if enrollment.detail else "")


def _subject(number: int | None, simulation: Simulation) -> str:
    if number is None:
        return "a message"
    message: Message = simulation.case.messages[number][1]
    if number in simulation.failures:
        article = "an" if message.channel in ("email", "sms") else "a"
        return f"{article} {message.channel} that cannot be made: {simulation.failures[number]}"
    return f"{message.channel} “{simulation.subjects.get(number, '')}”"
