"""What the trace says, for people who do not know its words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.model.trace import TraceLine

#: What a reason means, for people who do not know the words.
MEANINGS = {
    "no_address": "no e-mail address is known",
    "suppressed": "the address is blocked",
    "no_consent": "the contact said no to e-mail",
    "unsubscribed": "unsubscribed from the topic",
    "not_subscribed": "never subscribed to the topic, which needs a yes",
    "paused_by_contact": "the contact asked for a pause",
    "merged": "it was merged with another contact",
    "too_late": "it would have come too late",
    "when": "its `when` did not hold",
    "left": "the contact had left the journey before it went out",
    "render_failed": "the message could not be made from what is known",
    "quiet_hours": "quiet hours",
    "capped": "enough was sent to the contact lately",
    "outranked": "a journey of higher priority may send first",
    "enter_when": "`enter_when` did not hold",
    "exit": "an exit rule holds",
    "re_entry": "`re_entry` does not let them in again",
    "late": "what would have triggered it came too late",
    "key_missing": "there is no entry key",
    "loop": "journeys would enter each other in a circle, or too often",
    "not_manual": "the journey is not `manual: true`, so no step starts it",
    "draft": "the journey is a draft",
    "stopping": "the journey is stopping and lets nobody in",
    "stopped": "the journey was stopped",
    "paused": "the journey is paused",
    "not_started": "the journey has not started",
    "ended": "the journey has ended",
}


def in_words(line: TraceLine, zone: ZoneInfo) -> str:
    until = "" if line.until is None else f" until {local_time(line.until, zone)}"
    match line.did:
        case "entered":
            return f"entered: {line.why}"
        case "waiting":
            return f"{line.step}: waits{until} ({line.why})"
        case "held":
            return f"{line.step}: held{until}, {meaning_of(line.why)}"
        case "passed":
            return f"{line.step}: over"
        case "chose":
            return f"{line.step}: went on: {line.why}"
        case "skipped":
            return f"{line.step}: passed over, {line.why}"
        case "sent":
            return f"{line.step}: message released"
        case "held_out":
            return f"{line.step}: not sent, the contact is held out to compare"
        case "drafted":
            return f"{line.step}: in shadow, so only written down: {line.why}"
        case "dropped":
            return f"{line.step}: not sent, {meaning_of(line.why)}"
        case "changed":
            return f"{line.step}: changed {line.why}"
        case "emitted":
            return f"{line.step}: told the event {line.why}"
        case "assigned":
            return f"{line.step}: assigned to {line.why}"
        case "started":
            return f"{line.step}: started {line.why}"
        case "converted":
            return f"reached the goal: {line.why}"
        case "by_hand":
            return f"{line.step}: {line.why}"
        case "left":
            return f"left: {line.why}"
        case _:
            return f"{line.did}: {line.why}"


def outside(journey: str, line: TraceLine, zone: ZoneInfo) -> str:
    """A line about somebody who is not inside: an entry that was refused, a new stage, a warning."""
    again = "" if line.until is None else f"; asked again until {local_time(line.until, zone)}"
    match line.did:
        case "not_entered":
            return f"did not enter {journey}: {meaning_of(line.why)}{again}"
        case "kept":
            return f"enters {journey} when it goes on: {meaning_of(line.why)}"
        case "changed":
            return line.why
        case "merged":
            return f"merged: {line.why}"
        case _:
            return f"{line.did}: {meaning_of(line.why)}"


def meaning_of(why: str) -> str:
    """The reason's words, then its detail."""
    reason, _, detail = why.partition(": ")
    meaning = MEANINGS.get(reason, reason)
    return f"{meaning} ({detail})" if detail else meaning


def local_time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
