"""`journeys status`: what is going on."""

from __future__ import annotations

import click

from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.service.status import JourneyStatus, journey_statuses, plain_status


@click.command("status", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def command(options: Options, format: str) -> int:
    """Show each journey: its version, who entered, who is inside where, what was sent, and its faults."""
    context = Context(options)
    with opened_store(context) as store:
        statuses = journey_statuses(store)
    if format == "json":
        print_json({"journeys": [plain_status(one) for one in statuses]})
    elif statuses:
        for one in statuses:
            _print(context, one)
    else:
        context.say("No journey has been applied yet: `journeys apply` does it.")
    return 0


def _print(context: Context, one: JourneyStatus) -> None:
    version = one.version[:8] if one.version else "no version"
    context.say((one.id, "bold"), f"  {one.status}, {version}")
    if one.fault:
        context.say(("  the newest file was not taken: ", "bold red"), one.fault)
        context.say("  the version above goes on" if one.version else "  nothing runs")
    left = ", ".join(f"{count:,} {reason}" for reason, count in one.left.items())
    context.say(
        f"  entered {one.entered:,}, inside {one.inside:,}, mailed {one.sent:,}, converted {one.converted:,}"
        + (f"; left: {left}" if left else "")
    )
    refused = ", ".join(f"{count:,} {reason}" for reason, count in one.not_entered.items())
    if refused:
        context.say(f"  did not enter: {refused}")
    width = max((len(id) for id in one.steps), default=0)
    for id, step in one.steps.items():
        dropped = ", ".join(f"{count:,} {reason}" for reason, count in step.dropped.items())
        context.say(
            f"    {id:<{width}}  passed {step.passed:>7,}  inside {step.inside:>7,}"
            + (f"  mailed {step.sent:>7,}" if step.sent else "")
            + (f"  not mailed: {dropped}" if dropped else "")
        )
    context.say()
