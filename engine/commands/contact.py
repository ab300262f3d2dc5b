"""`journeys contact show|why`: one person."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from engine.calendar.instants import write_instant
from engine.calendar.zones import zone_of
from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.language.catalog import catalog_of
from engine.model.position import Enrollment
from engine.model.trace import TraceLine
from engine.service.next_entries import NextEntry, next_of_contact
from engine.service.person import Story, get_contact, plain_contact, plain_enrollment, plain_story, stories
from engine.service.running import CATALOG
from engine.store.database import Store

_LATER = ("timeline", "export", "erase", "unsubscribe")

#: What a reason means, for people who do not know the words.
MEANINGS = {
    "no_address": "no e-mail address is known",
    "suppressed": "the address is blocked",
    "no_consent": "the contact said no to e-mail",
    "unsubscribed": "unsubscribed from the topic",
    "not_subscribed": "never subscribed to the topic, which needs a yes",
    "paused_by_contact": "the contact asked for a pause",
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


@click.group("contact", cls=Group, later=_LATER)
def command() -> None:
    """One person: what is known, and why they got, or did not get, a message."""


@command.command("show", cls=Verb)
@click.argument("id")
@format_option("text", "json")
@click.pass_obj
def show(options: Options, id: str, format: str) -> int:
    """What is known of the contact ID, and where it stands."""
    context = Context(options)
    with opened_store(context) as store:
        contact = get_contact(store, id)
        enrollments = store.enrollments(id)
        coming = next_of_contact(store, context.settings.policy(), contact)
        zone = _zone(store, contact.timezone)
    if format == "json":
        print_json(
            {
                "contact": plain_contact(contact),
                "enrollments": [plain_enrollment(e) for e in enrollments],
                "next_entries": [_plain_entry(one) for one in coming],
            }
        )
        return 0
    for name, value in plain_contact(contact).items():
        shown = (
            ", ".join(f"{key}: {_word(one)}" for key, one in value.items())
            if isinstance(value, dict)
            else _word(value)
        )
        context.say((f"{name:<14}", "bold"), shown)
    context.say()
    for enrollment in enrollments:
        context.say(_where(enrollment, zone))
    if not enrollments:
        context.say("Was never in a journey.")
    _tell_coming(context, coming, zone)
    return 0


@command.command("why", cls=Verb)
@click.argument("id")
@click.option("--journey", metavar="JOURNEY", help="Only this journey.")
@click.option("--message", "step", metavar="STEP", help="Only the message of this step.")
@format_option("text", "json")
@click.pass_obj
def why(options: Options, id: str, journey: str | None, step: str | None, format: str) -> int:
    """Why the contact ID got, or did not get, its messages; in its own local time."""
    context = Context(options)
    with opened_store(context) as store:
        contact = get_contact(store, id)
        found = stories(store, id, journey)
        coming = next_of_contact(store, context.settings.policy(), contact)
        zone = _zone(store, contact.timezone)
    if step is not None:
        found = [_only(story, step) for story in found if any(line.step == step for line in story.lines)]
    if format == "json":
        entries = [_plain_entry(one) for one in coming]
        print_json(
            {"contact": id, "stories": [plain_story(story) for story in found], "next_entries": entries}
        )
        return 0
    context.say((id, "bold"), f"  {contact.email or 'no e-mail address'}, times in {zone.key}")
    for story in found:
        context.say()
        _tell(context, story, zone)
    if not found:
        context.say(
            "Nothing was done about this contact." if journey is None else f"Nothing was done in {journey}."
        )
    if step is None:
        _tell_coming(context, [one for one in coming if journey in (None, one.journey)], zone)
    return 0


def _plain_entry(one: NextEntry) -> dict[str, str]:
    return {"journey": one.journey, "at": write_instant(one.at), "by": one.text}


def _tell_coming(context: Context, coming: list[NextEntry], zone: ZoneInfo) -> None:
    """What may make the contact enter by itself."""
    if coming:
        context.say()
    for one in coming:
        context.say(f"{_local(one.at, zone)}  may enter {one.journey} next: {one.text}")


def _zone(store: Store, name: str | None) -> ZoneInfo:
    return zone_of(name, catalog_of(store.setting(CATALOG) or {}).timezone)[0]


def _only(story: Story, step: str) -> Story:
    return Story(
        story.journey,
        story.enrollment,
        tuple(line for line in story.lines if line.step == step),
        tuple(message for message in story.messages if message.step == step),
    )


def _tell(context: Context, story: Story, zone: ZoneInfo) -> None:
    if story.enrollment is None:
        for line in story.lines:
            context.say(f"{_local(line.at, zone)}  {_outside(story.journey, line, zone)}")
        return
    enrollment = story.enrollment
    key = f" ({enrollment.entry_key})" if enrollment.entry_key else ""
    context.say((f"{story.journey}{key}", "bold"), f"  version {enrollment.version[:8]}")
    for line in story.lines:
        context.say(f"  {_local(line.at, zone)}  {_in_words(line, zone)}")
        if line.did == "sent":
            _tell_delivery(context, story, line)


def _outside(journey: str, line: TraceLine, zone: ZoneInfo) -> str:
    """A line about somebody who is not inside: an entry that was refused, a new stage, a warning."""
    again = "" if line.until is None else f"; asked again until {_local(line.until, zone)}"
    match line.did:
        case "not_entered":
            return f"did not enter {journey}: {_meaning(line.why)}{again}"
        case "kept":
            return f"enters {journey} when it goes on: {_meaning(line.why)}"
        case "changed":
            return line.why
        case _:
            return f"{line.did}: {_meaning(line.why)}"


def _tell_delivery(context: Context, story: Story, line: TraceLine) -> None:
    """What became of a released message."""
    for message in story.messages:
        if message.step == line.step and message.at == line.at:
            subject = f' "{message.subject}"' if message.subject else ""
            reason = f": {_meaning(message.reason)}" if message.reason else ""
            context.say(f"  {'':>16}  → {message.state}{reason}{subject}")


def _in_words(line: TraceLine, zone: ZoneInfo) -> str:
    until = "" if line.until is None else f" until {_local(line.until, zone)}"
    match line.did:
        case "entered":
            return f"entered: {line.why}"
        case "waiting":
            return f"{line.step}: waits{until} ({line.why})"
        case "held":
            return f"{line.step}: held{until}, {_meaning(line.why)}"
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
            return f"{line.step}: not sent, {_meaning(line.why)}"
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
        case "left":
            return f"left: {line.why}"
        case _:
            return f"{line.did}: {line.why}"


def _meaning(why: str) -> str:
    """The reason's words, then its detail."""
    reason, _, detail = why.partition(": ")
    meaning = MEANINGS.get(reason, reason)
    return f"{meaning} ({detail})" if detail else meaning


def _where(enrollment: Enrollment, zone: ZoneInfo) -> str:
    key = f" ({enrollment.entry_key})" if enrollment.entry_key else ""
    entered = f"{enrollment.journey}{key}: entered {_local(enrollment.entered_at, zone)}"
    if enrollment.left_at is not None:
        outcome = f", {enrollment.outcome}" if enrollment.outcome not in (None, enrollment.reason) else ""
        return f"{entered}, left {_local(enrollment.left_at, zone)} ({enrollment.reason}{outcome})"
    until = f" until {_local(enrollment.due_at, zone)}" if enrollment.due_at else ""
    return f"{entered}, stands at {enrollment.step}{until}"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
