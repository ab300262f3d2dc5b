"""Files of addresses to which nothing is to go: lists of other tools, or our own that was exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from typing import Any

from engine.calendar.instants import as_instant
from engine.calendar.spelling import quoted
from engine.errors import ReadError
from engine.intake.columns import ColumnMap
from engine.intake.exact import INEXACT, exact
from engine.intake.limits import check_limits, read_name
from engine.intake.lines import iter_jsonl
from engine.intake.person import check_address
from engine.intake.rows import Row, is_table, no_column, refuse_map, rows_of
from engine.intake.tables import Cells, Table
from engine.model.spelling import did_you_mean
from engine.model.suppression import SUPPRESSIBLE, Reason, as_reason

#: Columns, and what other tools call them.
_NAMES = {"email": "address", "phone": "address", "id": "contact", "at": "since", "created_at": "since"}


@dataclass(frozen=True, slots=True)
class Unwanted:
    """One row: an address, or the contact whose address it is."""

    address: str | None
    contact: str | None
    channel: str
    reason: Reason
    at: datetime
    source: str
    note: str | None


def suppression_rows(
    file: BufferedReader, name: str, columns: ColumnMap | None = None, *, now: datetime
) -> Iterator[Row[Unwanted]]:
    """The rows of a file. Raises ReadError where the file as a whole cannot be used."""

    def read(plain: Mapping[str, Any]) -> Row[Unwanted]:
        return Row(0, plain, _read(plain, now))

    if not is_table(file, name):
        refuse_map(columns)
        return rows_of(iter_jsonl(file), read)
    table = Table(file, columns)
    if not table.columns & {"address", "contact", "email", "phone", "id"}:
        raise no_column(table, "address", "contact")
    return rows_of(table, lambda cells: read(_plain(cells)))


def _plain(cells: Cells) -> dict[str, Any]:
    told = {name: (text, exact(text)) for name, text in cells.items()}
    return {name: text if value is INEXACT else value for name, (text, value) in told.items()}


def _read(plain: Mapping[str, Any], now: datetime) -> Unwanted:
    check_limits(plain)
    channel = str(plain.get("channel") or ("sms" if plain.get("phone") else "email")).lower()
    if channel not in SUPPRESSIBLE:
        hint = did_you_mean(channel, SUPPRESSIBLE)
        raise ReadError(
            f"`channel` is {quoted(channel)}, to which nobody is suppressed.{hint}",
            f"Write one of {', '.join(SUPPRESSIBLE)}.",
        )
    told = {_NAMES.get(name, name): value for name, value in plain.items() if value is not None}
    address, contact = told.get("address"), told.get("contact")
    if address is None and contact is None:
        raise ReadError(_NOBODY, "Fill in `address`, or `contact` with the id of one.")
    if address is not None:
        address = read_name("address", address)
        check_address(channel, address)
    return Unwanted(
        address,
        None if contact is None else read_name("contact", contact),
        channel,
        as_reason(str(told.get("reason", "manual"))),
        _since(told.get("since"), now),
        read_name("source", told.get("source", "import")),
        _note(told),
    )


_NOBODY = "there is neither `address` nor `contact`; of erased people only this database knows the hash"


def _since(value: Any, now: datetime) -> datetime:
    """Never later than now."""
    if value is None:
        return now
    at = as_instant(value)
    if at is None:
        raise ReadError(
            f"`since` is {quoted(value)}, which is no date or time", "Write one such as 2026-03-28."
        )
    return min(at, now)


def _note(told: Mapping[str, Any]) -> str | None:
    """A reason that is none of ours is somebody's own words, and is kept with theirs."""
    reason, note = told.get("reason"), told.get("note")
    is_other = reason is not None and as_reason(str(reason)) == "manual" and reason != "manual"
    words = [str(one) for one in (reason if is_other else None, note) if one is not None]
    return "; ".join(words) or None
