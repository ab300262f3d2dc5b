"""Suppressing addresses by hand, and letting them go again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.errors import MissingError, RefusedError
from engine.model.suppression import Suppression
from engine.service.also import Also, nothing
from engine.store.database import Store


def suppress(store: Store, given: Sequence[Suppression], now: datetime, also: Also[int] = nothing) -> int:
    """Nothing goes to these addresses any more; how many of them that is news of."""
    with store.page("suppress") as page:
        count = page.suppress(given, now)
        also(page, count)
        return count


def unsuppress(
    store: Store,
    channel: str,
    address: str,
    now: datetime,
    *,
    allow_erased: bool,
    also: Also[Suppression] = nothing,
) -> Suppression:
    """Let an address, or with the channel `id` an erased id, go again. MissingError, RefusedError."""
    with store.page("suppress") as page:
        gone = page.unsuppress([(channel, address)], now)
        if not gone:
            raise MissingError(
                f"`{address}` is not suppressed for {channel}",
                "See `journeys suppress list`, and `--channel`.",
            )
        if gone[0].reason == "erased" and not allow_erased:
            raise RefusedError(
                f"`{address}` is of somebody who was erased, and stays out",
                "If that person asks to be let in again, add `--allow-erased`.",
            )
        also(page, gone[0])
        return gone[0]
