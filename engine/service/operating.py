"""Operating a journey by command: pause, resume, drain, stop, and letting one contact leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.core.advance import Instant
from engine.core.live import put_all_out
from engine.errors import MissingError, RefusedError
from engine.model.journey import Held
from engine.model.result import Leave
from engine.service.also import Also, nothing
from engine.service.running import Running, under_newest
from engine.service.set_aside import held_back
from engine.service.settling import settle
from engine.store.database import Store
from engine.store.pages import Page
from engine.store.versions import JourneyRecord

#: A journey whose files are gone has this status.
_GONE = "removed"


@dataclass(frozen=True, slots=True)
class Operated:
    """How the journey stands now, and how many contacts the change was worked out for."""

    record: JourneyRecord
    contacts: int


def hold(store: Store, running: Running, journey: str, held: Held, by: str, now: datetime) -> Operated:
    """Hold a journey until it is resumed; an earlier hold is replaced."""
    record = _known(store, journey)
    if record.held == held:
        raise RefusedError(f"`{journey}` is {held} already, since {_said(record)}", "See `journeys status`.")
    return _change(store, running, journey, held, by, now)


def resume(store: Store, running: Running, journey: str, now: datetime) -> Operated:
    """End a hold by command; what the file says goes on to hold."""
    record = _known(store, journey)
    if record.held is None:
        help = "See `journeys status`."
        if record.status in ("paused", "stopping", "stopped", "draft"):
            help = f"Its file says `status: {record.status}`: change it there, then `journeys apply`."
        raise RefusedError(f"no command holds `{journey}`, so there is nothing to resume", help)
    return _change(store, running, journey, None, None, now)


def leave_journey(
    store: Store,
    running: Running,
    journey: str,
    contact: str,
    by: str,
    now: datetime,
    also: Also[int] = nothing,
) -> int:
    """One contact leaves, whatever its entry keys; how many enrollments that ended."""
    _known(store, journey)
    if contact not in store.keys([contact]):
        raise MissingError(f"there is no contact `{contact}`", "Its id is the shop's, as it was imported.")

    def work(running: Running) -> int:
        with store.page("leave") as page:
            running.require_newest(page)
            left = _put_out(page, running, journey, contact, Leave("left", detail=f"by {by}"), now)
            if left:
                also(page, left)
            return left

    left = under_newest(running, work)
    if not left:
        raise MissingError(
            f"`{contact}` is not in `{journey}`", f"See `journeys contact show {contact}` for where it is."
        )
    return left


def _put_out(page: Page, running: Running, journey: str, contact: str, verdict: Leave, now: datetime) -> int:
    """How many enrollments ended, and entries that were put off."""
    version = running.current.get(journey)
    if version is None:
        raise RefusedError(
            f"`{journey}` cannot be read by this release, so nobody can leave it", "See `journeys status`."
        )
    keys = page.contacts([contact], now)
    case = page.load(keys.values(), now=now, **running.reach(now), everything=True)[0]
    kept = sum(one.journey == journey for one in case.kept)
    with held_back(case, running.unreadable):
        left = put_all_out(case, running.world, version.journey, verdict, Instant(now, now))
    page.save([case], now)
    return left + kept


def _known(store: Store, journey: str) -> JourneyRecord:
    found = next((record for record in store.journeys() if record.id == journey), None)
    if found is None or found.status == _GONE:
        raise MissingError(
            f"no journey `{journey}` has been applied", "See `journeys status`, then `journeys apply`."
        )
    return found


def _said(record: JourneyRecord) -> str:
    at = f"{record.held_at:%Y-%m-%d %H:%M} UTC" if record.held_at is not None else "long ago"
    return f"{at} by {record.held_by}" if record.held_by else at


def _change(
    store: Store, running: Running, journey: str, held: Held | None, by: str | None, now: datetime
) -> Operated:
    with store.page("hold") as page:
        page.be_alone()
        page.set_held(journey, held, by, now)
        if held is None:
            page.forget_tally(journey)  # what paused it is known; from here on it is counted anew
    contacts = under_newest(running.renewed(), lambda running: settle(store, running, now))
    return Operated(_known(store, journey), contacts)
