"""`journeys contact`: one person, what is known of them, and what they may ask for."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from engine.calendar.instants import write_instant
from engine.calendar.zones import zone_of
from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.holding import by_option
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.commands.rights import erase_one, export_one, unsubscribe_one
from engine.commands.trace_words import in_words, local_time, meaning_of, outside
from engine.language.catalog import catalog_of
from engine.model.position import Enrollment
from engine.model.trace import TraceLine
from engine.service.clock import WallClock
from engine.service.merging import came_along, merge
from engine.service.next_entries import NextEntry, next_of_contact, plain_entry
from engine.service.person import (
    Story,
    get_contact,
    only_step,
    plain_contact,
    plain_enrollment,
    plain_story,
    stories,
)
from engine.service.running import CATALOG, load_running
from engine.store.database import Store
from engine.store.former import Former

_LATER = ("timeline",)


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
        merged = store.former_ids(contact.id)
    if format == "json":
        print_json(
            {
                "contact": plain_contact(contact),
                "merged": [_plain_former(one) for one in merged],
                "enrollments": [plain_enrollment(e) for e in enrollments],
                "next_entries": [plain_entry(one) for one in coming],
            }
        )
        return 0
    _tell_asked_for(context, id, contact.id)
    for name, value in plain_contact(contact).items():
        shown = (
            ", ".join(f"{key}: {_word(one)}" for key, one in value.items())
            if isinstance(value, dict)
            else _word(value)
        )
        context.say((f"{name:<14}", "bold"), shown)
    for one in merged:
        at = local_time(one.merged_at, zone)
        context.say((f"{'also':<14}", "bold"), f"{one.id}, merged {at} by {one.merged_by}")
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
        found = only_step(found, step)
    if format == "json":
        entries = [plain_entry(one) for one in coming]
        print_json(
            {
                "contact": contact.id,
                "stories": [plain_story(story) for story in found],
                "next_entries": entries,
            }
        )
        return 0
    _tell_asked_for(context, id, contact.id)
    context.say((contact.id, "bold"), f"  {contact.email or 'no e-mail address'}, times in {zone.key}")
    for story in found:
        context.say()
        _tell(context, story, zone)
    if not found:
        context.say(_nothing(journey, step))
    if step is None:
        _tell_coming(context, [one for one in coming if journey in (None, one.journey)], zone)
    return 0


@command.command("merge", cls=Verb)
@click.argument("one")
@click.argument("into")
@by_option
@click.option("--dry-run", is_flag=True, help="Only tell what would happen.")
@click.pass_obj
def merge_command(options: Options, one: str, into: str, by: str, dry_run: bool) -> int:
    """The contacts ONE and INTO are one person: all of ONE's becomes INTO's. It cannot be undone.

    INTO's own attributes win, a no is never lost, and ONE answers as INTO from then on.
    """
    context, now = Context(options), WallClock().now()
    settings = context.settings
    with opened_store(context) as store:
        running = load_running(store, settings.policy(), settings.unsubscribe)
        done = merge(store, running, one, into, by, now, is_dry=dry_run)
    if not done.is_news:
        context.say(f"{one} and {into} are one contact already")
        return 0
    context.say(
        (f"{done.one} {'would be' if dry_run else 'is'} {done.into} now", "bold"), f": {came_along(done)}"
    )
    for enrollment in done.left:
        key = f" ({enrollment.entry_key})" if enrollment.entry_key else ""
        context.say(f"{enrollment.journey}{key}: {enrollment.detail}; the other place is given up")
    if done.dropped:
        context.say(f"{done.dropped} of the messages that wait would have come twice and are dropped")
    return 0


def _tell_asked_for(context: Context, id: str, is_now: str) -> None:
    if id != is_now:
        context.say(f"{id} was merged: this is {is_now}")


def _plain_former(one: Former) -> dict[str, str]:
    return {"id": one.id, "at": write_instant(one.merged_at), "by": one.merged_by}


@command.command("unsubscribe", cls=Verb)
@click.argument("id")
@click.option("--topic", metavar="TOPIC", help="Only this topic; without it all marketing.")
@by_option
@click.pass_obj
def unsubscribe(options: Options, id: str, topic: str | None, by: str) -> int:
    """Send the contact ID no more marketing. It holds at once, also for mail that waits to be sent."""
    return unsubscribe_one(Context(options), id, topic, by)


@command.command("export", cls=Verb)
@click.argument("id")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it to a file instead of the screen.",
)
@click.pass_obj
def export(options: Options, id: str, out: Path | None) -> int:
    """Everything known of the contact ID, as JSON: what it may ask for (GDPR, articles 15 and 20)."""
    return export_one(Context(options), id, out)


@command.command("erase", cls=Verb)
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@by_option
@click.pass_obj
def erase(options: Options, id: str, yes: bool, by: str) -> int:
    """Erase the contact ID with all its history, for ever (GDPR, article 17).

    A keyed hash of its id and addresses stays, so that nobody writes to it and no import brings it back.
    """
    return erase_one(Context(options), id, by, is_sure=yes)


def _nothing(journey: str | None, step: str | None) -> str:
    """That there is no story, said of no more than what was asked for."""
    where = "" if journey is None else f" in {journey}"
    if step is not None:
        return f"Nothing was done at a step `{step}`{where}; without `--message` everything is told."
    return f"Nothing was done{where or ' about this contact'}."


def _tell_coming(context: Context, coming: list[NextEntry], zone: ZoneInfo) -> None:
    """What may make the contact enter by itself."""
    if coming:
        context.say()
    for one in coming:
        context.say(f"{local_time(one.at, zone)}  may enter {one.journey} next: {one.text}")


def _zone(store: Store, name: str | None) -> ZoneInfo:
    return zone_of(name, catalog_of(store.setting(CATALOG) or {}).timezone)[0]


def _tell(context: Context, story: Story, zone: ZoneInfo) -> None:
    if story.enrollment is None:
        for line in story.lines:
            context.say(f"{local_time(line.at, zone)}  {outside(story.journey, line, zone)}")
        return
    enrollment = story.enrollment
    key = f" ({enrollment.entry_key})" if enrollment.entry_key else ""
    context.say((f"{story.journey}{key}", "bold"), f"  version {enrollment.version[:8]}")
    for line in story.lines:
        context.say(f"  {local_time(line.at, zone)}  {in_words(line, zone)}")
        if line.did == "sent":
            _tell_delivery(context, story, line)


def _tell_delivery(context: Context, story: Story, line: TraceLine) -> None:
    """What became of a released message."""
    for message in story.messages:
        if message.step == line.step and message.at == line.at:
            subject = f' "{message.subject}"' if message.subject else ""
            reason = f": {meaning_of(message.reason)}" if message.reason else ""
            context.say(f"  {'':>16}  → {message.state}{reason}{subject}")


def _where(enrollment: Enrollment, zone: ZoneInfo) -> str:
    key = f" ({enrollment.entry_key})" if enrollment.entry_key else ""
    entered = f"{enrollment.journey}{key}: entered {local_time(enrollment.entered_at, zone)}"
    if enrollment.left_at is not None:
        outcome = f", {enrollment.outcome}" if enrollment.outcome not in (None, enrollment.reason) else ""
        return f"{entered}, left {local_time(enrollment.left_at, zone)} ({enrollment.reason}{outcome})"
    until = f" until {local_time(enrollment.due_at, zone)}" if enrollment.due_at else ""
    return f"{entered}, stands at {enrollment.step}{until}"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
