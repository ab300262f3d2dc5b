"""What an HTTP answer means for a message: one table, read by people as well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from engine.channels.http.wire import Answer
from engine.model.message import Receipt

#: Our login or our address is wrong, which is no fault of the contact: nobody bounces.
_OUR_FAULT: Final = frozenset({401, 402, 403, 405, 407})
#: Not now: too early, too many, took too long (RFC 6585, RFC 8470, RFC 9110).
_NOT_NOW: Final = frozenset({408, 409, 423, 425, 429})
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST: Final = 300
#: Nobody is waited for longer than this, whatever Retry-After says.
_LONGEST_REST: Final = 24 * 3600.0


def verdict(answer: Answer, now: datetime) -> Receipt:
    """2xx sent; 429, 5xx and their like later; our login refused: everybody waits; other 4xx never."""
    status, text = answer.status, _words(answer)
    if 200 <= status < 300:
        return Receipt("sent", "dot", status, text)
    if 300 <= status < 400:
        where = _CONTROLS.sub(" ", answer.headers.get("location", "elsewhere"))[:200]
        return Receipt(
            "relay_fault", "dot", status, f"it redirects to {where}, and redirects are not followed"
        )
    if status in _OUR_FAULT:
        return Receipt("relay_fault", "auth", status, text)
    if status in _NOT_NOW or status >= 500 or status < 200:
        return Receipt("deferred", "dot", status, text, retry_after(answer.headers, now))
    return Receipt("bounced", "dot", status, text)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait as RFC 9110 10.2.3 writes them: a number, or a date."""
    written = headers.get("retry-after", "").strip()
    if written.isdecimal() and len(written) <= 9:
        return min(float(written), _LONGEST_REST)
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError):
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), _LONGEST_REST)


def _words(answer: Answer) -> str:
    return _CONTROLS.sub(" ", answer.text).strip()[:_LONGEST]
