"""`journeys lifecycle map|gaps|stages`: where contacts are in the lifecycle, what is always on for them."""

from __future__ import annotations

import click

from engine.commands.columns import as_table
from engine.commands.context import Context
from engine.commands.counts import some
from engine.commands.database import opened_store
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.errors import FaultyError
from engine.service.lifecycle_map import Activity, LifecycleMap, applied_map, plain_map, written_map

_FILES = click.option("--files", is_flag=True, help="What the files say; no database is read.")


@click.group("lifecycle")
def command() -> None:
    """The stages of lifecycle.yaml: who is where, and which activities a live journey covers."""


@command.command("map", cls=Verb)
@_FILES
@format_option("text", "json")
@click.pass_obj
def show_map(options: Options, files: bool, format: str) -> int:
    """Show every stage with its contacts, its activities and the journeys that cover them."""
    context = Context(options)
    found = _found(context, files)
    if format == "json":
        print_json(plain_map(found))
        return 0
    if _is_empty(context, found):
        return 0
    for stage in found.stages:
        count = "" if stage.contacts is None else f"  {some(stage.contacts, 'contact')}"
        context.say((stage.name, "bold"), "" if stage.name == stage.id else f" ({stage.id})", count)
        for activity in stage.activities:
            context.say("  ", (f"{'✓' if activity.is_covered else '·'} ", "green"), _covered(activity))
        for journey, status in stage.others.items():
            context.say(f"  + {journey} ({status}), no activity named")
    if found.nowhere:
        context.say(f"In no stage: {some(found.nowhere, 'contact')}")
    if found.homeless:
        context.say(f"Journeys without a stage: {', '.join(found.homeless)}")
    return 0


@command.command("gaps", cls=Verb)
@_FILES
@format_option("text", "json")
@click.pass_obj
def show_gaps(options: Options, files: bool, format: str) -> int:
    """List the activities that no live journey covers."""
    context = Context(options)
    found = _found(context, files)
    gaps = [(stage, activity) for stage in found.stages for activity in stage.gaps]
    if format == "json":
        plain = [
            {"stage": stage.id, "activity": one.id, "journeys": dict(one.journeys)} for stage, one in gaps
        ]
        print_json({"gaps": plain, "activities": sum(len(stage.activities) for stage in found.stages)})
        return 0
    if _is_empty(context, found):
        return 0
    rows = [(stage.id, one.id + _others(one)) for stage, one in gaps]
    for line in as_table(("stage", "activity without a live journey"), rows) if rows else ():
        context.say(line)
    total = sum(len(stage.activities) for stage in found.stages)
    covered = f"{total - len(gaps)} of {total} activities covered by a live journey"
    context.say(covered if total else "lifecycle.yaml names no activities.")
    return 0


@command.command("stages", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def show_stages(options: Options, format: str) -> int:
    """Count the contacts in each stage."""
    context = Context(options)
    found = _found(context, False)
    if format == "json":
        stages = {stage.id: stage.contacts for stage in found.stages}
        print_json({"stages": stages, "no_stage": found.nowhere})
        return 0
    if _is_empty(context, found):
        return 0
    rows = [(stage.id, f"{stage.contacts:,}", stage.name) for stage in found.stages]
    rows += [("", f"{found.nowhere:,}", "in no stage")] if found.nowhere else []
    for line in as_table(("stage", "contacts", "name"), rows):
        context.say(line)
    return 0


def _found(context: Context, files: bool) -> LifecycleMap:
    if not files:
        with opened_store(context) as store:
            return applied_map(store)
    faults = [fault for fault in context.workspace.faults if fault.severity == "error"]
    if faults and not context.workspace.lifecycle:
        raise FaultyError("lifecycle.yaml has faults", faults)
    return written_map(context.workspace)


def _is_empty(context: Context, found: LifecycleMap) -> bool:
    if found.stages:
        return False
    context.say("There are no stages: write journeys/lifecycle.yaml, then `journeys apply`.")
    return True


def _covered(activity: Activity) -> str:
    if not activity.journeys:
        return f"{activity.id}: no journey"
    return f"{activity.id}: {', '.join(f'{id} ({status})' for id, status in activity.journeys.items())}"


def _others(activity: Activity) -> str:
    """Journeys that would cover it, if they were live."""
    others = ", ".join(f"{id} is {status}" for id, status in activity.journeys.items())
    return f" ({others})" if others else ""
