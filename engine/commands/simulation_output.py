"""How a simulation is shown: as JSON for programs, as a timeline for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendar.instants import write_instant
from engine.commands.context import Context
from engine.core.case import TraceEntry
from engine.language.journey_file import JourneyFile
from engine.model.event import Event
from engine.model.journey import Journey
from engine.model.lifecycle import STAGE_CHANGED
from engine.model.message import Message
from engine.model.position import Enrollment
from engine.service.one_contact import Life
from engine.service.simulate import Simulation
from engine.service.story import Told, is_of_stage, local, tell

_STYLES = {
    "sent": "green",
    "drafted": "green",
    "dropped": "yellow",
    "held_out": "yellow",
    "not_entered": "yellow",
    "warned": "yellow",
    "converted": "bold green",
    "left": "bold",
    "entered": "bold",
}


# --- for programs --------------------------------------------------------------------------------


def as_json(journey: str, version: str, simulation: Simulation) -> dict[str, Any]:
    """Everything in order of time; instants are UTC."""
    case = simulation.case
    stages = [_stage(event) for event in case.told if event.name == STAGE_CHANGED]
    enrollments = sorted(case.enrollments, key=lambda one: one.entered_at)
    numbers = {id(enrollment): number for number, enrollment in enumerate(enrollments)}
    messages = sorted(enumerate(case.messages), key=lambda one: one[1][1].at)
    return {
        "journey": journey,
        "version": version,
        "enrollments": [_enrollment(one) for one in enrollments],
        "messages": [
            _message(message, numbers[id(enrollment)], index, simulation)
            for index, (enrollment, message) in messages
        ],
        "not_entered": [_refusal(entry) for entry in case.traces if entry.line.did == "not_entered"],
        "trace": [_trace(entry, numbers) for entry in case.traces if not is_of_stage(entry)],
        **({"stages": stages} if stages else {}),
    }


def _stage(event: Event) -> dict[str, Any]:
    """A change of the contact's stage in the lifecycle."""
    return {"at": write_instant(event.at), **event.properties}


def _enrollment(one: Enrollment) -> dict[str, Any]:
    return {
        "entry_key": one.entry_key,
        "entered_at": write_instant(one.entered_at),
        "left_at": _instant(one.left_at),
        "reason": one.reason,
        "outcome": one.outcome,
        "step": one.step,
    }


def _message(message: Message, enrollment: int, index: int, simulation: Simulation) -> dict[str, Any]:
    state: str = {"ready": "sent"}.get(message.state, message.state)
    reason = message.reason
    if index in simulation.failures:
        state, reason = "failed", "render_failed"
    return {
        "enrollment": enrollment,
        "step": message.step,
        "channel": message.channel,
        "state": state,
        "reason": reason,
        "at": write_instant(message.at),
        "to": message.to or None,
        "subject": simulation.subjects.get(index),
    }


def _refusal(entry: TraceEntry) -> dict[str, Any]:
    reason, _, detail = entry.line.why.partition(": ")
    return {"at": write_instant(entry.line.at), "reason": reason, "detail": detail or None}


def _trace(entry: TraceEntry, numbers: dict[int, int]) -> dict[str, Any]:
    line = entry.line
    return {
        "at": write_instant(line.at),
        "enrollment": None if entry.enrollment is None else numbers[id(entry.enrollment)],
        "step": line.step or None,
        "did": line.did,
        "until": _instant(line.until),
        "why": line.why,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else write_instant(at)


# --- for people ----------------------------------------------------------------------------------


def print_story(
    context: Context, file: JourneyFile, journey: Journey, begun: Life, simulation: Simulation, zone: ZoneInfo
) -> None:
    """The timeline, with the steps in a column, and a last line that sums up."""
    context.say((file.id, "bold"), " for ", (begun.contact.id, "bold"), f", times in {zone.key}")
    if file.status == "shadow":
        context.say(("The journey is in shadow: nothing is sent or changed, only written down.", "dim"))
    elif file.status != "live":
        context.say(
            (f"The journey's status is `{file.status}`; this is what would happen if it were live.", "dim")
        )
    if begun.left_out:
        context.say((f"{begun.left_out} lines about other people were left out.", "dim"))
    context.say()
    story = tell(simulation, journey, zone)
    width = max((len(told.step) for told in story), default=0)
    for told in story:
        _print_line(context, told, width, zone)
    if story:
        context.say()
    context.say(*_summary(simulation, begun))


def _print_line(context: Context, told: Told, width: int, zone: ZoneInfo) -> None:
    style = _STYLES.get(told.entry.line.did, "")
    step = (f"{told.step:<{width}}  " if width else "", "cyan")
    context.say((local(told.at, zone), "dim"), "  ", step, (told.words, style))


def _summary(simulation: Simulation, begun: Life) -> list[str | tuple[str, str]]:
    case = simulation.case
    if not case.enrollments:
        refused = any(entry.line.did == "not_entered" for entry in case.traces)
        return [("Nobody entered.", "yellow"), "" if refused else f" {_why_nobody(begun)}"]
    kept = sum(message.state in ("ready", "draft") for _, message in case.messages)
    sent = kept - len(simulation.failures)
    drafted = any(message.state == "draft" for _, message in case.messages)
    dropped = sum(message.state == "dropped" for _, message in case.messages)
    inside = sum(one.left_at is None for one in case.enrollments)
    words: list[str | tuple[str, str]] = [f"{sent} {'drafted' if drafted else 'sent'}, {dropped} dropped"]
    held_out = sum(message.state == "held_out" for _, message in case.messages)
    if held_out:
        words.append(f", {held_out} held out")
    if simulation.failures:
        words.append((f", {len(simulation.failures)} could not be made", "bold red"))
    words.append(f"; {inside} still inside" if inside else "")
    return words


def _why_nobody(begun: Life) -> str:
    if begun.happenings:
        return "Nothing that happened starts this journey."
    return "Nothing happened: give the events that start it with --events @FILE.jsonl."
