"""JSON as the database keeps it: text, and NULL for what is empty."""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def text_of(value: Any) -> str:
    return _encoder.encode(value).decode()


def text_or_none(value: Any) -> str | None:
    return _encoder.encode(value).decode() if value else None


def cell(text: str | None) -> str | None:
    """A text from outside as a column of its own: PostgreSQL takes no NUL there."""
    return None if text is None else text.replace("\0", "\ufffd")


#: What was stored. An empty mapping was stored as NULL; whoever reads a column says so.
value_of = _decoder.decode


def mapping_of(text: str | None) -> Any:
    """What was stored; an empty mapping where nothing was."""
    return {} if text is None else value_of(text)
