"""Files of contacts and of events, CSV and JSON lines alike: what each line says, or why it says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BufferedReader
from typing import Any, Generic, TypeVar

from engine.errors import ReadError
from engine.intake.cells import is_yes_or_no, read_cell, read_yes_or_no
from engine.intake.columns import ColumnMap
from engine.intake.consent import with_source
from engine.intake.declared import Odd, lacking, odd_in_contact, odd_in_item, properties_of
from engine.intake.exact import INEXACT, exact, write_exact
from engine.intake.lines import Identified, LineError, iter_jsonl, read_item, read_traits
from engine.intake.person import read_person
from engine.intake.tables import Cells, Table
from engine.language.catalog import Catalog
from engine.model.contact import ASKED, BUILT_IN, Contact
from engine.model.event import IDENTIFY, Event
from engine.model.proof import KEYS
from engine.model.spelling import did_you_mean

T = TypeVar("T")

_TABLES, _LINES = (".csv", ".tsv"), (".jsonl", ".ndjson", ".json")
#: Columns of a contact whose names begin with one of these and a dot are gathered.
GROUPS = ("topics", "consent", "suppressed")

#: What the columns of an event that are no properties are called in the Segment form.
OF_AN_EVENT = {"contact": "userId", "userId": "userId"} | {
    name: name for name in ("event", "timestamp", "messageId", "receivedAt")
}


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One line or row. `raw` is what stood there; `odd` is worth a warning; `lacking` must be known."""

    line: int
    raw: Any
    found: T | LineError
    odd: tuple[Odd, ...] = ()
    lacking: frozenset[str] = frozenset()


def contact_rows(
    file: BufferedReader,
    name: str,
    catalog: Catalog,
    columns: ColumnMap | None = None,
    consent_source: str | None = None,
) -> Iterator[Row[Contact]]:
    """The contacts of a file. Raises ReadError where the file as a whole cannot be used.

    A yes to marketing must say where it was given: in its row, or by `consent_source` for all that do not.
    """

    def read(plain: Mapping[str, Any]) -> Row[Contact]:
        contact = with_source(_person(plain), catalog, consent_source)
        return Row(0, plain, contact, tuple(odd_in_contact(contact, catalog)), lacking(contact, catalog))

    if not is_table(file, name):
        if columns is None:
            return rows_of(iter_jsonl(file), read)
        return rows_of(iter_jsonl(file), lambda line: read(_plain_contact(_as_cells(line, columns), catalog)))
    table = Table(file, columns)
    if not table.columns & {"id", "email"}:
        raise no_column(table, "id", "email")
    return rows_of(table, lambda cells: read(_plain_contact(cells, catalog)))


def event_rows(
    file: BufferedReader,
    name: str,
    catalog: Catalog,
    columns: ColumnMap | None = None,
    *,
    now: datetime,
    early: timedelta,
    is_received_now: bool = False,
    consent_source: str | None = None,
) -> Iterator[Row[Event | Identified]]:
    """The events of a file, and what it says of contacts between them; their yes needs its source as well.

    They were received when the line says, or when they happened, unless `is_received_now`. What is dated more
    than `early` ahead of its receipt happened when it was received (language.md §3).
    """
    received_at = now if is_received_now else None

    def read(plain: Mapping[str, Any]) -> Row[Event | Identified]:
        told = read_item(plain, received_at=received_at, missing_at=now)
        item = _settled(told, now, early)
        if isinstance(item, Identified):
            item = replace(item, traits=with_source(item.traits, catalog, consent_source))
        odd = list(odd_in_item(item, catalog))
        if isinstance(item, Event) and plain.get("timestamp") is None:
            odd.append(Odd("no time", "", ""))
        if item.at != told.at:
            odd.append(Odd("ahead", "", ""))
        return Row(0, plain, item, tuple(odd))

    if not is_table(file, name):
        if columns is None:
            return rows_of(iter_jsonl(file), read)
        return rows_of(iter_jsonl(file), lambda line: read(_plain_event(_as_cells(line, columns), catalog)))
    table = Table(file, columns)
    if not table.columns & {"userId", "contact"}:
        raise no_column(table, "userId", "contact")
    if "event" not in table.columns:
        raise no_column(table, "event")
    return rows_of(table, lambda cells: read(_plain_event(cells, catalog)))


def _settled(item: Event | Identified, now: datetime, early: timedelta) -> Event | Identified:
    """Nothing was received after now, and nothing happened after it was received."""
    received_at = min(item.received_at, now)
    at = received_at if item.at > received_at + early else item.at
    if (at, received_at) == (item.at, item.received_at):
        return item
    return replace(item, at=at, received_at=received_at)


def is_table(file: BufferedReader, name: str) -> bool:
    """Whether a file is CSV: told by its name, and by its first character where the name tells nothing."""
    ending = name.lower()
    if ending.endswith(_TABLES + _LINES):
        return ending.endswith(_TABLES)
    return not file.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))


def rows_of(
    lines: Iterable[tuple[int, Mapping[str, Any] | LineError]], read: Callable[[Mapping[str, Any]], Row[T]]
) -> Iterator[Row[T]]:
    for line, plain in lines:
        if isinstance(plain, LineError):
            yield Row(line, plain.text, plain)
        else:
            yield _row(line, plain, read)


def _row(line: int, plain: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Row[T]]) -> Row[T]:
    try:
        row = read(plain)
    except ReadError as error:
        return Row(line, plain, LineError(line, error.message, error.help))
    return Row(line, plain, row.found, row.odd, row.lacking)


# --- JSON lines ----------------------------------------------------------------------------------


def _person(plain: Mapping[str, Any]) -> Contact:
    """A contact as an object of its own, or as an identify."""
    match plain.get("type"):
        case "identify":
            return read_traits(plain)
        case "track":
            raise ReadError("this is an event, not a contact", "Import it with `journeys import events`.")
        case _:
            return read_person(plain)


def _as_cells(line: Mapping[str, Any], columns: ColumnMap) -> Cells:
    """With a map a line is read like a row: its keys are the columns, those of `properties` among them."""
    flat = {name: value for name, value in line.items() if name != "properties"}
    nested = line.get("properties")
    if isinstance(nested, Mapping):
        flat |= {f"properties.{name}": value for name, value in nested.items()}
    named = {ours: value for name, value in flat.items() if (ours := columns.columns.get(name, name))}
    cells = {name: _cell(value) for name, value in named.items()}
    return {**columns.constants, **cells}


def _cell(value: Any) -> str:
    is_plain = isinstance(value, str) and exact(value) is INEXACT
    return str(value) if is_plain else write_exact(value)


# --- tables --------------------------------------------------------------------------------------


def _plain_contact(cells: Cells, catalog: Catalog) -> dict[str, Any]:
    """Columns `topics.NAME`, `consent.CHANNEL` and `suppressed.CHANNEL` are gathered."""
    plain: dict[str, Any] = {}
    for name, text in cells.items():
        group, dot, key = name.partition(".")
        told = exact(text)
        if dot and group in GROUPS:
            plain.setdefault(group, {})[key] = _said(group, name, text) if told is INEXACT else told
        elif name in BUILT_IN or name == "paused_until" or name in KEYS:
            plain[name] = text if told is INEXACT else told
        else:
            attribute = key if dot and group == "contact" else name
            type = (catalog.attributes or {}).get(attribute)
            plain[attribute] = read_cell(attribute, text, type) if told is INEXACT else told
    return plain


def _said(group: str, name: str, text: str) -> bool | str | None:
    """A yes or no; for `suppressed` a reason, where a plain yes is the shop's own decision."""
    if group == "topics" and text == ASKED:
        return ASKED
    if group != "suppressed":
        return read_yes_or_no(name, text)
    if not is_yes_or_no(text):
        return text
    return "manual" if read_yes_or_no(name, text) else None


def _plain_event(cells: Cells, catalog: Catalog) -> dict[str, Any]:
    """A row in the Segment form; columns that are no part of it are properties."""
    if cells.get("event") == IDENTIFY:
        return {"type": "identify", **_of_an_event(cells)}
    declared = properties_of(cells.get("event", ""), catalog) or {}
    properties: dict[str, Any] = {}
    for name, text in cells.items():
        if name not in OF_AN_EVENT:
            key, told = name.removeprefix("properties."), exact(text)
            properties[key] = read_cell(key, text, declared.get(key)) if told is INEXACT else told
    return {"type": "track", **_of_an_event(cells), "properties": properties}


def _of_an_event(cells: Cells) -> dict[str, Any]:
    told = {OF_AN_EVENT[name]: (text, exact(text)) for name, text in cells.items() if name in OF_AN_EVENT}
    return {key: text if value is INEXACT else value for key, (text, value) in told.items()}


def no_column(table: Table, *names: str) -> ReadError:
    hint = next((found for name in names if (found := did_you_mean(name, table.columns))), "")
    listed = " or ".join(f"`{name}`" for name in names)
    there = ", ".join(f"`{name}`" for name in table.header if name)
    return ReadError(
        f"there is no column {listed}.{hint}", f"The columns are {there}; rename with --map FILE."
    )


def refuse_map(columns: ColumnMap | None) -> None:
    """Where no line is read like a row."""
    if columns is not None:
        raise ReadError(
            "here --map is for CSV files, and this file holds JSON lines", "Name the keys as ours are."
        )
