"""What people hand over on the command line: JSON written out, `@FILE`, or `-` for standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import click

from engine.errors import ReadError, UsageError
from engine.intake.declared import Odd, in_words, odd_in_contact, odd_in_event
from engine.intake.goods import product_rows
from engine.intake.lines import LineError
from engine.intake.plain import read_contact
from engine.intake.rows import Row
from engine.language.catalog import Catalog
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.stock import Product

_EXAMPLES = {"--contact": ('{"email": "ada@shop.example"}', "@ada.json")}
_EXAMPLE = ('{"total": 180}', "@values.json")


def read_object(option: str, given: str) -> dict[str, Any]:
    """The JSON object of an option, written out or in a file behind an `@`. UsageError."""
    text = _text_of(given[1:], option) if given.startswith("@") else given
    written, file = _EXAMPLES.get(option, _EXAMPLE)
    help = f"Write for example {option} '{written}', or {option} {file}."
    try:
        plain = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{option} cannot be read as JSON: {error}", help) from None
    if not isinstance(plain, dict):
        raise UsageError(f"{option} is no JSON object", help)
    return plain


def read_given_contact(given: str, catalog: Catalog) -> tuple[dict[str, Any], Contact, list[Event]]:
    """The contact of `--contact` as written and as understood, with its history. UsageError; what the catalog
    does not know is kept and said."""
    plain = read_object("--contact", given)
    try:
        contact, history = read_contact(plain)
    except ReadError as error:
        raise UsageError(f"--contact: {error.message}", error.help) from None
    warn_of(odd_in_contact(contact, catalog), catalog)
    warn_of((odd for event in history for odd in odd_in_event(event, catalog)), catalog)
    return plain, contact, history


def warn_of(found: Iterable[Odd], catalog: Catalog) -> None:
    """Each oddity once, on stderr."""
    for odd in dict.fromkeys(found):
        click.echo(f"warning: {in_words(odd, catalog)}", err=True)


def read_products(given: str | None, catalog: Catalog) -> list[Product]:
    """The rows of a file of products, CSV or JSON lines. UsageError names the line that cannot be read."""
    if given is None:
        return []
    name = given.removeprefix("@")
    with opened(name, "--products") as file:
        try:
            lines = BufferedReader(BytesIO(file.read()))  # a pipe cannot be looked into before it is read
            return [_product(row, name) for row in product_rows(lines, name, catalog)]  # type: ignore[arg-type]
        except ReadError as error:
            raise UsageError(f"{name}: {error.message}", error.help) from None


def _product(row: Row[Product], name: str) -> Product:
    if isinstance(row.found, LineError):
        raise UsageError(f"{name}: {row.found.message}", row.found.help)
    return row.found


def opened(name: str, option: str) -> BinaryIO:
    """A file by its name; `-` is standard input."""
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise UsageError(
            f"{option}: {name} cannot be read: {error.strerror}", "Name a file behind the @."
        ) from None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _text_of(name: str, option: str) -> str:
    with opened(name, option) as file:
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UsageError(f"{option}: {name} is not saved as UTF-8", "Save it as UTF-8.") from None
