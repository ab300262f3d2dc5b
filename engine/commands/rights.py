"""What a person may ask for, done for `journeys contact unsubscribe|export|erase`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from engine.commands.context import Context
from engine.commands.counts import some
from engine.commands.database import opened_store
from engine.errors import RefusedError, UsageError
from engine.model.spelling import did_you_mean
from engine.service.clock import WallClock
from engine.service.dossier import dossier
from engine.service.erasing import Erasing, erase
from engine.service.person import get_contact
from engine.service.running import load_running
from engine.service.saying import leaving, saying
from engine.service.take import take


def unsubscribe_one(context: Context, id: str, topic: str | None, by: str) -> int:
    """As if the contact had done it on the page."""
    settings, now = context.settings, WallClock().now()
    with opened_store(context) as store:
        contact = get_contact(store, id)
        running = load_running(store, settings.policy(), settings.unsubscribe)
        known = running.catalog.topics
        if topic is not None and known is not None and topic not in known:
            raise UsageError(
                f"there is no topic `{topic}` in what was applied.{did_you_mean(topic, known)}",
                f"Write one of {', '.join(known)}, or leave --topic out.",
            )
        take(store, running, [saying(id, leaving(contact, topic), f"command by {by}", now)], now)
    context.say(f"{id} gets no more {'marketing' if topic is None else f'mail about {topic}'}")
    return 0


def export_one(context: Context, id: str, out: Path | None) -> int:
    """On the screen or into a file."""
    with opened_store(context) as store:
        text = json.dumps(dossier(store, id, WallClock().now()), ensure_ascii=False, indent=2)
    if out is None:
        click.echo(text)
        return 0
    try:
        out.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}", "Name another file.") from None
    context.say(f"all that is known of {id} is in {out}")
    return 0


def erase_one(context: Context, id: str, by: str, *, is_sure: bool) -> int:
    """Asks once more on a terminal; 1 if a captured message could not be removed."""
    with opened_store(context) as store:
        get_contact(store, id)
        _ask(id, is_sure)
        done = erase(store, id, WallClock().now(), f"command by {by}", context.settings.capture_dir)
    context.say(f"{id} is erased: {_gone(done)}")
    for file in done.left:
        click.echo(f"remove it yourself: {file}", err=True)
    return 1 if done.left else 0


def _ask(id: str, is_sure: bool) -> None:
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise RefusedError("erasing cannot be taken back, and nobody is there to ask", "Add `--yes`.")
    click.confirm(f"Erase {id} with all its history? This cannot be taken back", abort=True)


def _gone(done: Erasing) -> str:
    rows = some(sum(done.rows.values()), "row")
    return rows if not done.files else f"{rows} and {some(done.files, 'captured message')}"
