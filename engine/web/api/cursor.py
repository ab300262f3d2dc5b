"""Cursors: where a list goes on. Opaque to clients, so that what is in them may change."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar

import msgspec

from engine.errors import ReadError

T = TypeVar("T")


def write_cursor(place: Any) -> str:
    """The place as text for an address."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(text: str, type: type[T]) -> T | None:
    """The place; None at the beginning. ReadError for what never was a cursor."""
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=type)
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        raise ReadError("`cursor` is none", "Leave it out for the first page; then take `next`.") from None
