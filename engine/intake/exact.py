"""Cells that come back as they left: no formula for a spreadsheet to run, and nothing lost that text loses.

What a spreadsheet would take for a formula stands behind an apostrophe (OWASP, "CSV Injection"), and reading
takes that apostrophe away again. What a cell cannot say as plain text (blanks at its ends, an empty text, a
number where the catalog knows no type) is written as `json:` and JSON.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from engine.conditions.names import AttributeType
from engine.errors import ReadError
from engine.intake.cells import read_cell

#: What no cell says.
INEXACT: Final = object()

_MARK = "json:"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_HIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029]")


def guarded(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula. A negative number is none, and stays a number."""
    is_formula = _FORMULA.match(cell) is not None and _NEGATIVE.fullmatch(cell) is None
    return f"'{cell}" if is_formula else cell


def unguarded(cell: str) -> str:
    """What stood there before it was guarded."""
    return cell[1:] if _GUARDED.match(cell) else cell


def exact(cell: str) -> Any:
    """The value of a cell that holds JSON behind its mark; INEXACT for every other cell."""
    if not cell.startswith(_MARK):
        return INEXACT
    try:
        return msgspec.json.decode(cell.removeprefix(_MARK))
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return INEXACT


def write_cell(name: str, value: Any, type: AttributeType | None = None) -> str:
    """Text that is read back as this value where the catalog says the same of its type."""
    text = _text_of(value)
    if _is_bare(text) and _is_read_as(name, text, value, type):
        return guarded(text)
    return write_exact(value)


def write_exact(value: Any) -> str:
    """Text that is read back as this value whatever the catalog says."""
    return f"{_MARK}{_json(value)}"


def write_name(name: str) -> str:
    """The name of a column."""
    return guarded(name) if _is_bare(name) and "\n" not in name else write_exact(name)


def read_names(header: list[str]) -> list[str]:
    """The names of columns as they were before they were written."""
    return [_name(unguarded(cell.strip())) for cell in header]


def _name(cell: str) -> str:
    found = exact(cell)
    return found if isinstance(found, str) else cell


def _text_of(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case _:
            return _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _is_bare(text: str) -> bool:
    return bool(text) and text == text.strip() and not text.startswith(_MARK) and not _HIDDEN.search(text)


def _is_read_as(name: str, text: str, value: Any, type: AttributeType | None) -> bool:
    if type is None:
        return isinstance(value, str)
    try:
        found = read_cell(name, text, type)
    except ReadError:
        return False
    return msgspec.json.encode(found, order="sorted") == msgspec.json.encode(value, order="sorted")
