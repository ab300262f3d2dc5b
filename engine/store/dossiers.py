"""Everything that the database holds of one person, table by table, for whoever has a right to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.calendar.instants import write_instant
from engine.model.contact import Contact
from engine.model.suppression import Suppression, addresses_of
from engine.store import contacts, suppressions
from engine.store.erasure import TABLES
from engine.store.instants import instant
from engine.store.link import Link
from engine.store.texts import value_of

#: Columns that are of use to nobody outside of the engine.
_INTERNAL: Final = frozenset({"id", "contact", "key", "ver", "claimed_by", "serial"})
#: Columns that hold the number of a name.
_NAMES: Final = frozenset({"journey", "version", "step", "segment", "clock"})
#: Columns with instants whose names do not end in `_at`.
_INSTANTS: Final = frozenset({"at", "until", "look_at"})


@dataclass(frozen=True, slots=True)
class Dossier:
    """`rows` by table; texts, numbers and JSON alone, instants as ISO 8601."""

    contact: Contact
    suppressions: list[Suppression]
    rows: Mapping[str, list[dict[str, Any]]]


def load(link: Link, id: str, texts: Mapping[int, str]) -> Dossier | None:
    """As of one instant; None if there is no such contact."""
    key = contacts.find_keys(link, [id]).get(id)
    if key is None:
        return None
    contact = contacts.load_contacts(link, [key])[key]
    rows = {table: _rows(link, f"SELECT * FROM {table} WHERE contact = ?", key, texts) for table in TABLES}
    strangers = "SELECT anonymous_id FROM alias WHERE contact = ?"
    rows["anonymous_event"] = _rows(
        link, f"SELECT * FROM anonymous_event WHERE anonymous_id IN ({strangers})", key, texts
    )
    taken = "SELECT id FROM enrollment WHERE contact = ?"
    rows["coupon"] = _rows(link, f"SELECT * FROM coupon WHERE enrollment IN ({taken})", key, texts)
    rows["trial_entry"] = _rows(link, f"SELECT * FROM trial_entry WHERE enrollment IN ({taken})", key, texts)
    listed = suppressions.entries(link, list(addresses_of(contact).items()))
    return Dossier(contact, listed, {table: found for table, found in rows.items() if found})


def _rows(link: Link, sql: str, key: int, texts: Mapping[int, str]) -> list[dict[str, Any]]:
    return [
        {
            name: _plain(name, value, texts)
            for name, value in row.items()
            if value is not None and not _is_internal(name, value)
        }
        for row in link.mappings(sql, key)
    ]


def _is_internal(name: str, value: Any) -> bool:
    return name in _INTERNAL and not (name == "id" and isinstance(value, str))


def _plain(name: str, value: Any, texts: Mapping[int, str]) -> Any:
    if name in _NAMES and isinstance(value, int):
        return texts.get(value, value)
    if (name.endswith("_at") or name in _INSTANTS) and isinstance(value, int):
        return write_instant(instant(value))
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return value_of(value)
        except ValueError:
            return value
    return value
