"""Events over HTTP: one at a time, with all that follows from it. Batches come in by the Segment API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec

from engine.intake.lines import read_item
from engine.service.take import Taken
from engine.service.telling import take_one
from engine.web.api.calls import Ask
from engine.web.api.shapes import EventBody
from engine.web.api.shapes import Taken as Answer


def post_event(ask: Ask) -> Any:
    """Take an event, received now."""
    shop, now = ask.shop, ask.shop.now()
    item = read_item(_segment(ask.body), received_at=now)

    def answer(taken: Taken) -> Answer:
        return Answer(item.message_id, bool(taken.duplicates))

    taken = take_one(shop.store, shop.running(), item, now, ask.also(answer))
    shop.wake()
    return answer(taken)


def _segment(body: EventBody) -> dict[str, Any]:
    """In the form in which events travel."""
    plain = {
        "type": "track",
        "userId": body.contact,
        "event": body.event,
        "messageId": f"api-{uuid4().hex}" if body.message_id is msgspec.UNSET else body.message_id,
        "properties": body.properties,
    }
    return plain if body.timestamp is msgspec.UNSET else {**plain, "timestamp": body.timestamp.isoformat()}
