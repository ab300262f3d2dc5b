"""`journeys status`: what is going on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from engine.calendar.instants import write_instant
from engine.calendar.zones import zone_of
from engine.commands.columns import as_table
from engine.commands.context import Context
from engine.commands.counts import Compared, compared, counted
from engine.commands.database import opened_store
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.language.catalog import catalog_of
from engine.service.clock import WallClock
from engine.service.next_entries import next_entries
from engine.service.running import CATALOG
from engine.service.status import JourneyStatus, StepFigures, journey_statuses, plain_pool, plain_status
from engine.store.coupons import Pool
from engine.store.trials import TrialRecord


@click.command("status", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def command(options: Options, format: str) -> int:
    """Show each journey: its version, who entered, who is inside where, what was sent, and its faults."""
    context = Context(options)
    with opened_store(context) as store:
        statuses, pools = journey_statuses(store, context.settings), store.pools(WallClock().now())
        coming = next_entries(store, context.settings.policy())
        zone = zone_of(catalog_of(store.setting(CATALOG) or {}).timezone)[0]
        rejected, last = store.rejected_count(), store.rejected_items(1)
    if format == "json":
        journeys = [_plain(one, coming.get(one.id)) for one in statuses]
        plain = {"journeys": journeys, "rejected": rejected, "pools": [plain_pool(pool) for pool in pools]}
        print_json(plain)
    elif statuses:
        for one in statuses:
            _print(context, one, coming.get(one.id), zone)
    else:
        context.say("No journey has been applied yet: `journeys apply` does it.")
    if last and format == "text":
        newest = last[0]
        context.say((f"{rejected:,} rejected", "bold"), " of what came over HTTP; the last:")
        context.say(f"  {newest.at:%Y-%m-%d %H:%M}Z  {newest.source}: {newest.reason}")
    if format != "json" and pools:
        _print_pools(context, pools)
    return 0


def _print_pools(context: Context, pools: list[Pool]) -> None:
    context.say(("coupon codes", "bold"))
    for pool in pools:
        lapsed = f", lapsed {pool.expired:,}" if pool.expired else ""
        context.say(f"  {pool.name}: left {pool.left:,}, taken {pool.taken:,}{lapsed}")


def _plain(one: JourneyStatus, coming: datetime | None) -> dict[str, Any]:
    return {**plain_status(one), "next_entry_at": None if coming is None else write_instant(coming)}


def _print(context: Context, one: JourneyStatus, coming: datetime | None, zone: ZoneInfo) -> None:
    version = one.version[:8] if one.version else "no version"
    context.say((one.id, "bold"), f"  {one.status}, {version}")
    for line in _standing(one):
        context.say((f"  {line}", "yellow"))
    if one.fault:
        context.say(("  the newest file was not taken: ", "bold red"), one.fault)
        context.say("  the version above goes on" if one.version else "  nothing runs")
    left = counted(one.left.items())
    context.say(
        f"  entered {one.entered:,}, inside {one.inside:,}, mailed {one.sent:,}, converted {one.converted:,}"
        + (f"; left: {left}" if left else "")
    )
    if one.held_out:
        everybody = Compared(one.entered, one.converted)
        context.say(f"  {compared(everybody, Compared(one.held_out, one.held_out_converted))}")
    for trial in one.trials:
        context.say(f"  {_trial(trial)}")
    refused = counted(one.not_entered.items())
    if refused:
        context.say(f"  did not enter: {refused}")
    if coming is not None:
        context.say(f"  next by a date or schedule: {coming.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}")
    if one.captured:
        context.say(
            ("  captured only, reaches nobody: ", "yellow"),
            ", ".join(one.captured),
            " (see docs/channels.md)",
        )
    if one.entered:
        for line in _steps(one):
            context.say(line)
    context.say()


def _trial(one: TrialRecord) -> str:
    """Who won, with the figures, and whether that is certain."""
    where = f"{one.step} ({one.firing})" if one.firing else one.step
    if one.winner is None or one.decided_at is None:
        return f"{where}: tested by {one.metric} until {one.until:%Y-%m-%d %H:%M} UTC at the latest"
    ways = ", ".join(f"{name} {hits:,} of {people:,}" for name, people, hits in one.figures)
    certain = {True: "it is certain", False: "it was not certain", None: "nobody asked how certain"}
    won = f"{one.winner} won by {one.metric} on {one.decided_at:%Y-%m-%d %H:%M} UTC"
    return f"{where}: {won} ({ways}); {certain[one.is_certain]}"


def _standing(one: JourneyStatus) -> list[str]:
    """Where a command or a pause has a say: what holds, since when and by whom."""
    record, lines = one.record, []
    since = f" since {record.status_at:%Y-%m-%d %H:%M} UTC" if record.status_at is not None else ""
    if record.held is not None and record.held_at is not None:
        by = f", by {record.held_by}" if record.held_by else ""
        lines.append(f"by command: {record.held} since {record.held_at:%Y-%m-%d %H:%M} UTC{by}")
    if record.held is not None or record.status in ("paused", "stopping", "stopped", "shadow"):
        lines.append(f"by its file: {record.status}{since}")
    if one.kept:
        lines.append(f"{one.kept:,} {'entry is' if one.kept == 1 else 'entries are'} kept until it goes on")
    return lines


def _steps(one: JourneyStatus) -> list[str]:
    """A row for each step; what is nought is left empty, so that the eye finds the rest."""
    head: tuple[str, ...] = ("step", "passed", "inside", "mailed", "not mailed")
    rows: list[tuple[str, ...]] = [
        (id, _number(step.passed), _number(step.inside), _number(step.sent), counted(_not_mailed(step)))
        for id, step in one.steps.items()
    ]
    if any(step.drafted for step in one.steps.values()):
        head = (*head, "drafted")
        rows = [(*row, _number(step.drafted)) for row, step in zip(rows, one.steps.values(), strict=True)]
    return as_table(head, rows)


def _not_mailed(step: StepFigures) -> Iterator[tuple[str, int]]:
    if step.held_out:
        yield "held_out", step.held_out
    yield from step.dropped.items()


def _number(count: int) -> str:
    return f"{count:,}" if count else ""
