"""`journeys test`: runs tests.yaml of the journeys on a virtual clock; tells which steps no test reaches."""

from __future__ import annotations

import click

from engine.commands.context import Context
from engine.commands.junit import junit
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.commands.selection import select
from engine.service.excerpt import excerpt
from engine.service.journey_tests import JourneyTests, Tried, run_tests
from engine.service.letters import unsubscribe_link_of


@click.command("test", cls=Verb)
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@format_option("text", "json", "junit")
@click.pass_obj
def command(options: Options, paths: tuple[str, ...], format: str) -> int:
    """Run the tests of the journeys on a virtual clock.

    PATH is a file, a folder or the id of a journey; without one, all journeys are tested. Nothing is sent.
    """
    context = Context(options, paths)
    ids = select(context, paths).journeys(context)
    settings = context.settings
    link = settings.unsubscribe or unsubscribe_link_of(context.workspace.catalog)
    runs = run_tests(context.workspace, context.files, settings.policy(), link, ids)
    done = []
    for run in runs:
        done.append(run)
        if format == "text":
            _print(context, run)
    match format:
        case "json":
            print_json(_plain(done))
        case "junit":
            click.echo(junit(done))
        case _:
            _print_summary(context, done)
    return 0 if all(result.passed for run in done for result in run.results) else 1


def _plain(done: list[JourneyTests]) -> dict[str, object]:
    return {
        "tests": [
            {
                "journey": result.journey,
                "name": result.name,
                "passed": result.passed,
                "differences": [difference.words for difference in result.differences],
            }
            for run in done
            for result in run.results
        ],
        "unreached": {run.journey: list(run.unreached) for run in done},
    }


# --- for people ----------------------------------------------------------------------------------


def _print(context: Context, run: JourneyTests) -> None:
    failed = [result for result in run.results if not result.passed]
    passed = len(run.results) - len(failed)
    words: list[str | tuple[str, str]] = [(run.journey, "bold"), "  "]
    words.append((f"{passed} passed", "green") if run.results else ("no tests", "yellow"))
    if failed:
        words += [", ", (f"{len(failed)} failed", "bold red")]
    context.say(*words)
    for result in failed:
        _print_failed(context, result, is_told=not run.faults)
    for fault in run.faults:
        context.say(
            "      ",
            (f"{fault.position}: ", "bold"),
            (f"{fault.severity} {fault.rule}", "red"),
            f" {fault.message}",
        )
    if run.unreached and run.results and not run.faults:
        context.say(("  no test reaches: ", "yellow"), ", ".join(run.unreached))


def _print_failed(context: Context, result: Tried, *, is_told: bool) -> None:
    place = f"  ({result.place})" if result.place else ""
    context.say(("  ✗ ", "bold red"), (result.name, "bold"), (place, "dim"))
    if not is_told:  # the faults stand below, once for all tests
        return
    for difference in result.differences:
        context.say("      ", difference.words)
    if result.story:
        context.say((f"      what happened, in {result.zone.key}:", "dim"))
        for line in excerpt(result):
            context.say((f"        {line}", "dim"))


def _print_summary(context: Context, done: list[JourneyTests]) -> None:
    results = [result for run in done for result in run.results]
    failed = sum(not result.passed for result in results)
    if not results:
        context.say(("There are no tests here.", "yellow"))
        return
    context.say()
    passed = f"{len(results) - failed} passed"
    context.say((f"{failed} failed, {passed}", "bold red") if failed else (passed, "bold green"))
