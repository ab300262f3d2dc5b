"""One person: what is known of them, where they stand, and why they got, or did not get, a message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.calendar.instants import write_instant
from engine.errors import MissingError
from engine.model.contact import Contact
from engine.model.message import Message
from engine.model.position import Enrollment
from engine.model.trace import TraceLine
from engine.store.database import Store
from engine.store.traces import TraceRecord

_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Story:
    """An enrollment with everything done in it; `enrollment` is None for what happened outside of one."""

    journey: str
    enrollment: Enrollment | None
    lines: tuple[TraceLine, ...]
    messages: tuple[Message, ...]


def get_contact(store: Store, id: str) -> Contact:
    """The contact by the shop's id. MissingError when there is none."""
    contact = store.contact(id)
    if contact is None:
        raise MissingError(
            f"there is no contact `{id}`", "The id is the shop's own; `journeys messages list` shows some."
        )
    return contact


def told_of_merge(store: Store, id: str) -> str | None:
    """For whoever says an id that a contact had before it was merged: who it is now."""
    former = store.former(id)
    return (
        None
        if former is None
        else f"{id} was merged: it is {former.contact} since {former.merged_at:%Y-%m-%d}"
    )


def stories(store: Store, contact: str, journey: str | None = None) -> list[Story]:
    """Every pass through a journey, and every entry that did not happen, in order of time."""
    enrollments = {e.id: e for e in store.enrollments(contact)}
    messages = [item.message for item in store.messages(contact=contact, journey=journey, limit=_MOST)]
    groups: dict[tuple[str, int | None], list[TraceLine]] = {}
    for record in store.traces(contact, journey):
        groups.setdefault(_group(record), []).append(record.line)
    found = [
        Story(
            of,
            enrollments.get(id),
            tuple(lines),
            tuple(
                sorted((m for m in messages if id is not None and m.enrollment_id == id), key=lambda m: m.at)
            ),
        )
        for (of, id), lines in groups.items()
    ]
    return sorted(found, key=lambda story: story.lines[0].at)


def only_step(found: Iterable[Story], step: str) -> list[Story]:
    """What was done at one step, of the stories in which it was reached."""
    return [
        Story(
            story.journey,
            story.enrollment,
            tuple(line for line in story.lines if line.step == step),
            tuple(message for message in story.messages if message.step == step),
        )
        for story in found
        if any(line.step == step for line in story.lines)
    ]


def _group(record: TraceRecord) -> tuple[str, int | None]:
    return record.journey, record.enrollment_id


def plain_contact(contact: Contact) -> dict[str, Any]:
    """The contact as JSON, in the form that simulate and tests read."""
    plain: dict[str, Any] = {"id": contact.id}
    for name in ("email", "phone", "timezone", "locale", "stage"):
        if getattr(contact, name) is not None:
            plain[name] = getattr(contact, name)
    if contact.created_at is not None:
        plain["created_at"] = write_instant(contact.created_at)
    if contact.paused_until is not None:
        plain["paused_until"] = write_instant(contact.paused_until)
    plain |= dict(contact.attributes)
    for name, said in (
        ("topics", contact.topics),
        ("consent", contact.consents),
        ("suppressed", contact.suppressed),
    ):
        if said:
            plain[name] = dict(said)
    return plain


def plain_enrollment(enrollment: Enrollment) -> dict[str, Any]:
    """One pass as JSON; the words are those of simulate."""
    left_at, due_at = enrollment.left_at, enrollment.due_at
    return {
        "journey": enrollment.journey,
        "version": enrollment.version,
        "entry_key": enrollment.entry_key,
        "entered_at": write_instant(enrollment.entered_at),
        "left_at": None if left_at is None else write_instant(left_at),
        "reason": enrollment.reason,
        "outcome": enrollment.outcome,
        "step": enrollment.step,
        "due_at": None if due_at is None else write_instant(due_at),
        "converted_at": None if enrollment.converted_at is None else write_instant(enrollment.converted_at),
        "revenue": enrollment.revenue,
    }


def plain_line(line: TraceLine) -> dict[str, Any]:
    """A line of the trace as JSON."""
    return {
        "at": write_instant(line.at),
        "step": line.step,
        "did": line.did,
        "until": None if line.until is None else write_instant(line.until),
        "why": line.why,
    }


def plain_story(story: Story) -> Mapping[str, Any]:
    """A story as JSON."""
    return {
        "journey": story.journey,
        "enrollment": None if story.enrollment is None else plain_enrollment(story.enrollment),
        "trace": [plain_line(line) for line in story.lines],
        "messages": [
            {
                "step": m.step,
                "channel": m.channel,
                "state": m.state,
                "reason": m.reason,
                "at": write_instant(m.at),
                "subject": m.subject,
            }
            for m in story.messages
        ],
    }
