"""Their column names and ours: the file given by --map.

columns: { Kundennummer: id, E-Mail: email, Intern: null }    # null: leave the column out
constants: { locale: de-CH }                                  # the same in every row
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ReadError
from engine.language.document import Document
from engine.language.yaml_text import read_yaml
from engine.model.fault import Path
from engine.model.source import SourcePosition
from engine.model.spelling import did_you_mean

_EXAMPLE = "Write `columns: {Their name: our_name}`, and `constants: {our_name: value}` if you need any."


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Empty: their names are ours."""

    columns: Mapping[str, str | None] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, SourcePosition] = field(default_factory=dict)  # of their names in the map

    def ours(self, header: Sequence[str]) -> list[str | None]:
        """Our name of each column: None for one that is left out, empty for one without a name."""
        for name, place in self.places.items():
            if name not in header:
                help = f"The file has the columns {', '.join(one for one in header if one)}."
                raise ReadError(f"{place}: there is no column `{name}`.{did_you_mean(name, header)}", help)
        return [self.columns.get(name, name) for name in header]


def read_columns(text: bytes, file: str) -> ColumnMap:
    """Read the map. Raises ReadError with the place of the first thing that is wrong."""
    document = read_yaml(text, file)
    for fault in document.faults:
        if fault.severity == "error":
            raise ReadError(f"{fault.position}: {fault.message}", fault.help)
    for key in document.data:
        if key not in ("columns", "constants"):
            known = ("columns", "constants")
            raise _wrong(
                document, (key,), f"`{key}` is not known here.{did_you_mean(key, known)}", at_key=True
            )
    columns = {name: _our_name(document, name) for name in _mapping(document, "columns")}
    constants = {name: _constant(document, name) for name in _mapping(document, "constants")}
    places = {name: document.key_at(("columns", name)) for name in columns}
    return ColumnMap(columns, constants, places)


def _mapping(document: Document, key: str) -> Mapping[str, Any]:
    value = document.data.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(document, (key,), f"`{key}` is no mapping.")
    return value


def _our_name(document: Document, name: str) -> str | None:
    value = document.data["columns"][name]
    if value is not None and not isinstance(value, str):
        raise _wrong(document, ("columns", name), f"`{name}` is not mapped to a name.")
    return value or None


def _constant(document: Document, name: str) -> str:
    """As it was written, so that it is read like a cell."""
    raw = document.raw_at(("constants", name))
    if raw is None:
        raise _wrong(document, ("constants", name), f"`{name}` is no single value.")
    return raw


def _wrong(document: Document, path: Path, message: str, *, at_key: bool = False) -> ReadError:
    place = document.key_at(path) if at_key else document.value_at(path)
    return ReadError(f"{place}: {message}", _EXAMPLE)
