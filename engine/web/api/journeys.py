"""Journeys over HTTP: how they stand, who enters and leaves, and holding them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import MissingError
from engine.model.journey import Held
from engine.service.operating import hold, leave_journey, resume
from engine.service.status import JourneyStatus, journey_statuses, plain_status
from engine.service.take import Asking, enroll
from engine.web.api.calls import Ask
from engine.web.api.shapes import Entered, Left, Operated


def list_journeys(ask: Ask) -> Any:
    """As `journeys status` tells it."""
    return {"journeys": [_plain(one) for one in journey_statuses(ask.shop.store, ask.shop.settings)]}


def show_journey(ask: Ask) -> Any:
    """One of them."""
    found = journey_statuses(ask.shop.store, ask.shop.settings)
    for one in found:
        if one.id == ask.path["journey"]:
            return _plain(one)
    raise MissingError(
        f"no journey `{ask.path['journey']}` has been applied", "GET /api/v1/journeys lists all."
    )


def _plain(one: JourneyStatus) -> dict[str, Any]:
    return {**plain_status(one), "name": one.name}


def holding(held: Held | None) -> Callable[[Ask], Operated]:
    """The call that holds a journey, or with None lets it go on; in the name of the key's source."""

    def work(ask: Ask) -> Operated:
        shop, journey = ask.shop, ask.path["journey"]
        if held is None:
            done = resume(shop.store, shop.running(), journey, shop.now())
        else:
            done = hold(shop.store, shop.running(), journey, held, ask.who, shop.now())
        shop.wake()
        return Operated(journey, done.record.standing, done.contacts)

    return work


def enter(ask: Ask) -> Entered:
    """Let a contact enter a journey that has the trigger `manual: true`."""
    shop, body = ask.shop, ask.body

    def answer(asking: Asking) -> Entered:
        return Entered(not asking.refused and not asking.is_kept, asking.is_kept, list(asking.refused))

    journey = ask.path["journey"]
    asking = enroll(
        shop.store, shop.running(), journey, body.contact, body.values, shop.now(), ask.also(answer)
    )
    shop.wake()
    return answer(asking)


def leave(ask: Ask) -> Left:
    """Let a contact leave, whatever its entry keys."""
    shop, path = ask.shop, ask.path
    left = leave_journey(
        shop.store, shop.running(), path["journey"], path["contact"], ask.who, shop.now(), ask.also(Left)
    )
    shop.wake()
    return Left(left)
