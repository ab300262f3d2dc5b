"""`journeys apply`: what the files say becomes what runs."""

from __future__ import annotations

import click

from engine.commands.context import Context
from engine.commands.counts import some
from engine.commands.database import opened_store
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.model.fault import Fault
from engine.service.applying import Applied, ApplyReport, apply
from engine.service.clock import WallClock
from engine.service.revisions import commit_of


@click.command("apply", cls=Verb)
@click.argument("plan", required=False, metavar="[PLAN]")
@format_option("text", "json")
@click.pass_obj
def command(options: Options, plan: str | None, format: str) -> int:
    """Record the journeys of the files as the versions that run.

    People inside keep their step. A journey with faults is skipped and its last good version goes on; one
    whose people would stand at a step that is gone is refused. The others are applied all the same.
    """
    if plan is not None:
        raise click.UsageError(
            "`apply PLAN` does not run in this version yet; `apply` alone takes the files."
        )
    context = Context(options)
    settings = context.settings
    with opened_store(context, create=True) as store:
        report = apply(
            store,
            context.workspace,
            context.files,
            settings.policy(),
            settings.unsubscribe,
            commit_of(context.folder),
            WallClock().now(),
        )
    if format == "json":
        print_json(
            {
                "journeys": [_plain(one) for one in report.journeys],
                "segments": dict(report.members),
                "entered": dict(report.entered),
                "stages": dict(report.stages),
                "lifecycle_faults": [_fault(fault) for fault in report.lifecycle_faults],
                "sources": list(report.sources),
                "source_faults": [_fault(fault) for fault in report.source_faults],
            }
        )
    else:
        print_report(context, report)
    return 0 if report.is_clean else 1


def print_report(context: Context, report: ApplyReport) -> None:
    for one in report.journeys:
        version = f" {one.version[:8]}" if one.version else ""
        held = f", {one.held} by command" if one.held else ""
        style = (
            "bold red"
            if one.change in ("faulty", "refused")
            else "dim"
            if one.change == "unchanged"
            else "green"
        )
        standing = f"{one.status}{held}{_people(one)}"
        context.say((f"{one.change:<10}", style), f"{one.journey}{version} ({standing})")
        for fault in one.faults:
            context.say(f"          {fault.position} {fault.rule} {fault.message}")
            context.say("          help: ", fault.help)
        for refusal in one.refusals:
            context.say("          ", refusal)
    for name in report.sources:
        context.say((f"{'source':<10}", "green"), f"{name}, at /in/{name}")
    for fault in (*report.lifecycle_faults, *report.source_faults):
        context.say((f"{'faulty':<10}", "bold red"), f"{fault.position} {fault.rule} {fault.message}")
        context.say("          help: ", fault.help)
    if report.lifecycle_faults:
        context.say("          the stages of the last good lifecycle.yaml go on")
    if report.source_faults:
        context.say("          the last good form of a faulty source goes on")
    for stage, count in report.stages.items() if any(report.stages.values()) else ():
        context.say((f"{'stage':<10}", "dim"), f"{stage}: {some(count, 'contact')}, counted silently")
    for segment, count in report.members.items():
        context.say((f"{'segment':<10}", "dim"), f"{segment}: {count:,} members, counted silently")
    for journey, count in report.entered.items():
        context.say((f"{'entered':<10}", "green"), f"{journey}: {count:,} who matched already")
    if not report.journeys:
        context.say("There are no journeys in these files.")


def _people(one: Applied) -> str:
    """What became of those who were on older versions."""
    counts = (
        (one.moved, "people moved"),
        (one.left, "left"),
        (one.stayed, "finish on the version that they are on"),
    )
    return "".join(f", {count:,} {words}" for count, words in counts if count)


def _plain(one: Applied) -> dict[str, object]:
    return {
        "id": one.journey,
        "change": one.change,
        "status": one.status,
        "command": one.held,
        "version": one.version,
        "moved": one.moved,
        "left": one.left,
        "stayed": one.stayed,
        "faults": [_fault(fault) for fault in one.faults],
        "refusals": list(one.refusals),
    }


def _fault(fault: Fault) -> dict[str, object]:
    return {
        "file": fault.position.file,
        "line": fault.position.line,
        "column": fault.position.column,
        "rule": fault.rule,
        "message": fault.message,
        "help": fault.help,
    }
