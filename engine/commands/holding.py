"""What `pause`, `resume`, `drain` and `stop` have in common: who does it, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from getpass import getuser
from typing import Any, TypeVar

import click

from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.options import Options
from engine.model.journey import Held
from engine.service.clock import WallClock
from engine.service.operating import hold, resume
from engine.service.running import load_running
from engine.store.versions import JourneyRecord

F = TypeVar("F", bound=Callable[..., Any])


def by_option(command: F) -> F:
    """`--by`: who does it, for `journeys status` and the traces; whoever is logged in unless it is said."""
    option = click.option("--by", metavar="NAME", default=_user, help="Who does it; else the user logged in.")
    return option(command)


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a container may know no names
        return "somebody"


def held_by_command(options: Options, journey: str, held: Held | None, by: str) -> int:
    """Hold the journey, or with None let it go on, and say how it stands."""
    context, now = Context(options), WallClock().now()
    settings = context.settings
    with opened_store(context) as store:
        running = load_running(store, settings.policy(), settings.unsubscribe)
        if held is None:
            done = resume(store, running, journey, now)
        else:
            done = hold(store, running, journey, held, by, now)
    context.say((journey, "bold"), f" is {_standing(done.record)}", _people(done.contacts))
    return 0


def _standing(record: JourneyRecord) -> str:
    if record.standing == record.status:
        return f"{record.status}, as its file says"
    return f"{record.standing}; its file says {record.status}"


def _people(count: int) -> str:
    if not count:
        return ""
    return f" ({count:,} contact{'' if count == 1 else 's'} concerned)"
