"""Suppressing addresses by hand, and letting them go again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.errors import RefusedError
from engine.model.suppression import Suppression
from engine.store.database import Store


def suppress(store: Store, given: Sequence[Suppression], now: datetime) -> int:
    """Nothing goes to these addresses any more; how many of them that is news of."""
    with store.page("suppress") as page:
        return page.suppress(given, now)


def unsuppress(store: Store, channel: str, address: str, now: datetime, *, allow_erased: bool) -> Suppression:
    """Let an address, or with the channel `id` an erased id, go again. RefusedError."""
    found = store.suppressed([(channel, address)]).get((channel, address))
    if found is None:
        raise RefusedError(
            f"`{address}` is not suppressed for {channel}", "See `journeys suppress list`, and `--channel`."
        )
    if found == "erased" and not allow_erased:
        raise RefusedError(
            f"`{address}` is of somebody who was erased, and stays out",
            "If that person asks to be let in again, add `--allow-erased`.",
        )
    with store.page("suppress") as page:
        return page.unsuppress([(channel, address)], now)[0]
