"""The suppression list over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.errors import MissingError
from engine.intake.person import check_address
from engine.model.suppression import ID, SUPPRESSIBLE, Suppression
from engine.service.dossier import plain_suppression
from engine.service.suppressing import suppress, unsuppress
from engine.web.api.calls import Ask
from engine.web.api.cursor import read_cursor, write_cursor
from engine.web.api.shapes import Released, Suppressed


def list_suppressions(ask: Ask) -> Any:
    """By channel; of erased people there is only a hash."""
    limit, after = ask.query.limit, read_cursor(ask.query.cursor, tuple[str, str]) or ("", "")
    found = ask.shop.store.suppressions_after(after, limit + 1)
    shown = found[:limit]
    return {
        "suppressions": [plain_suppression(one) for _, one in shown if one.channel != ID],
        "next": write_cursor(shown[-1][0]) if len(found) > limit else None,
    }


def add_suppression(ask: Ask) -> Suppressed:
    """By hand."""
    body, now = ask.body, ask.shop.now()
    check_address(body.channel, body.address)
    note = None if body.note is msgspec.UNSET else body.note
    given = Suppression(body.channel, body.address, "manual", now, ask.who, note)
    return Suppressed(bool(suppress(ask.shop.store, [given], now, ask.also(_answer))))


def _answer(count: int) -> Suppressed:
    return Suppressed(bool(count))


def remove_suppression(ask: Ask) -> Released:
    """Let an address go again."""
    channel, address = ask.path["channel"], ask.path["address"]
    if channel not in (*SUPPRESSIBLE, ID):
        raise MissingError(f"there is no channel `{channel}`", f"Channels: {', '.join((*SUPPRESSIBLE, ID))}.")
    gone = unsuppress(
        ask.shop.store,
        channel,
        address,
        ask.shop.now(),
        allow_erased=ask.query.allow_erased,
        also=ask.also(_released),
    )
    return _released(gone)


def _released(gone: Suppression) -> Released:
    return Released(gone.reason)
