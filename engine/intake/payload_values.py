"""Values of a payload as a source file describes them: found, read, looked up, joined. Total but for reading:
what is not there is None, and so is null and an empty text; what is there and cannot be read is a ReadError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, Final

from engine.calendar.instants import as_instant, write_instant
from engine.calendar.spelling import quoted
from engine.errors import ReadError
from engine.language.sources.paths import Payload, as_text, find, read_path

#: Answers a value, or None where the payload says nothing.
Reader = Callable[[Payload], Any]

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_MICROSOFT: Final = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/")
_RFC_5322: Final = re.compile(r"([A-Z][a-z]{2}, )?[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{5,8} \S{1,5}")
_SECONDS: Final = re.compile(r"[0-9]{9,14}(\.[0-9]{1,9})?")
_MILLISECONDS: Final = 10**11
_YES: Final = frozenset({"true", "yes", "1", "on"})
_NO: Final = frozenset({"false", "no", "0", "off"})

#: Currencies whose sums are sent in units that are not hundredths (Stripe, "Zero-decimal currencies").
_NO_DECIMALS: Final = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()
)  # UGX and ISK are sent as hundredths there, although they have none
_THREE_DECIMALS: Final = frozenset("BHD JOD KWD OMR TND".split())


def reader_of(plain: Any) -> Reader:
    """A path, a list of paths, or a mapping of `path`, `constant`, `join`, `each` and how it is read."""
    if not isinstance(plain, Mapping):
        return _first(plain)
    found = _whence(plain)
    if "as" in plain:
        found = _read_as(found, plain)
    if "table" in plain:
        found = _looked_up(found, plain["table"])
    if "prefix" in plain:
        found = _prefixed(found, plain["prefix"])
    if "default" in plain:
        found = _or_default(found, plain["default"])
    return found


def pairs_of(plain: Mapping[str, Any]) -> Callable[[Payload], dict[str, Any]]:
    """A list of names and values, as a mapping; of a name that comes twice the last value."""
    each, name, value = _first(plain["each"]), _first(plain["name"]), _first(plain["value"])
    only: Mapping[str, str] | None = plain.get("only")

    def read(payload: Payload) -> dict[str, Any]:
        items = each(payload)
        found: dict[str, Any] = {}
        for item in items if isinstance(items, list) else ():
            inside = payload.at(item)
            key, said = as_text(name(inside)), value(inside)
            if key is not None and said is not None and (only is None or key in only):
                found[key if only is None else only[key]] = said
        return found

    return read


# --- where it comes from -----------------------------------------------------------------------------


def _whence(plain: Mapping[str, Any]) -> Reader:
    if "constant" in plain:
        return lambda payload: plain["constant"]
    if "join" in plain:
        return _joined([_first(one) for one in plain["join"]], plain.get("with", " "))
    if "each" in plain:
        return _items(plain)
    return _first(plain["path"])


def _first(plain: str | Sequence[str]) -> Reader:
    """Of several paths the first that leads to something."""
    paths = [read_path(one) for one in ([plain] if isinstance(plain, str) else plain)]

    def read(payload: Payload) -> Any:
        return next((value for path in paths if not _is_nothing(value := find(path, payload))), None)

    return read


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _joined(parts: Sequence[Reader], between: str) -> Reader:
    def read(payload: Payload) -> str | None:
        texts = [text for part in parts if (text := as_text(part(payload))) is not None]
        return between.join(texts) or None

    return read


def _items(plain: Mapping[str, Any]) -> Reader:
    each, counts = _first(plain["each"]), test_of(plain.get("where") or {})
    fields = {name: reader_of(one) for name, one in plain["fields"].items()}

    def read(payload: Payload) -> list[dict[str, Any]] | None:
        items = each(payload)
        if not isinstance(items, list):
            return None
        insides = [payload.at(item) for item in items]
        return [said(fields, inside) for inside in insides if counts(inside)]

    return read


def test_of(where: Mapping[str, Any]) -> Callable[[Payload], bool]:
    """Whether every path of a `where` leads to what it says."""
    tests = [(_first(path), wanted) for path, wanted in where.items()]
    return lambda payload: all(_is_wanted(read(payload), wanted) for read, wanted in tests)


def _is_wanted(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return (value is not None) is bool(wanted.get("exists", True))
    texts = wanted if isinstance(wanted, list) else [wanted]
    text = as_text(value)
    return text is not None and text in [as_text(one) for one in texts]


def said(readers: Mapping[str, Reader], payload: Payload) -> dict[str, Any]:
    """What the payload says of each name; what it does not speak of is left out. ReadError with the name."""
    found: dict[str, Any] = {}
    for name, read in readers.items():
        try:
            value = read(payload)
        except ReadError as error:
            raise ReadError(f"`{name}`: {error.message}", error.help) from None
        if value is not None:
            found[name] = value
    return found


# --- how it is read ----------------------------------------------------------------------------------


def _read_as(found: Reader, plain: Mapping[str, Any]) -> Reader:
    kind = plain["as"]
    if kind == "minor_units":
        currency = _first(plain["currency"]) if "currency" in plain else None
        return lambda payload: _major(found(payload), currency(payload) if currency else None)
    convert = _WAYS[kind]

    def read(payload: Payload) -> Any:
        value = found(payload)
        return None if value is None else convert(value)

    return read


def read_instant(value: Any) -> datetime:
    """ISO 8601, Unix seconds or milliseconds, `/Date(…)/`, or as in mail (RFC 5322); without a zone UTC.

    Raises ReadError.
    """
    text = as_text(value) or ""
    at = as_instant(text)
    if at is None and (found := _MICROSOFT.fullmatch(text)):
        at = _since_1970(Decimal(found[1]) / 1000)
    elif at is None and _SECONDS.fullmatch(text):
        number = Decimal(text)
        at = _since_1970(number / 1000 if number >= _MILLISECONDS else number)
    elif at is None and _RFC_5322.fullmatch(text):
        at = _as_in_mail(text)
    if at is None:
        help = "Read here are ISO 8601, and seconds or milliseconds since 1970."
        raise ReadError(f"{quoted(value)} is no point in time", help)
    return at


def _as_in_mail(text: str) -> datetime | None:
    """`Mon, 02 Mar 2026 07:00:00 +0000`"""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _since_1970(seconds: Decimal) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(value: Any) -> str:
    text = as_text(value)
    if text is None:
        raise ReadError(f"{quoted(value)} is no single value", "Name a path to a text or a number.")
    return text


def _decimal(value: Any) -> Decimal:
    text = "" if isinstance(value, bool) else as_text(value) or ""
    if isinstance(value, str) and not _NUMBER.fullmatch(text.strip()):
        text = ""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ReadError(f"{quoted(value)} is no number", "Read here are digits with a point.") from None
    if not number.is_finite():
        raise ReadError(f"{quoted(value)} is no number", "Read here are digits with a point.")
    return number


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _number(value: Any) -> int | float:
    return _plain(_decimal(value))


def _major(value: Any, currency: Any) -> int | float | None:
    """A sum in the smallest unit, in the unit that people write."""
    if value is None:
        return None
    code = str(currency or "").upper()
    places = 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    return _plain(_decimal(value).scaleb(-places))


def _cents(value: Any) -> int | float:
    return _plain(_decimal(value).scaleb(-2))


def _boolean(value: Any) -> bool:
    word = (as_text(value) or "").strip().lower()
    if word not in _YES | _NO:
        raise ReadError(f"{quoted(value)} is neither yes nor no", "Look it up with a `table`.")
    return word in _YES


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [part for piece in _text(value).split(",") if (part := piece.strip())]


def _sum(value: Any) -> int | float:
    return _plain(sum((_decimal(one) for one in _as_items(value)), Decimal(0)))


def _as_items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ReadError(f"{quoted(value)} is no list", "Name a path with `[]`, such as `items[].quantity`.")
    return value


_WAYS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "instant": lambda value: write_instant(read_instant(value)),
    "list": _list,
    "upper": lambda value: _text(value).upper(),
    "lower": lambda value: _text(value).lower(),
    "cents": _cents,
    "sum": _sum,
    "count": lambda value: len(_as_items(value)),
}


def _looked_up(found: Reader, table: Mapping[str, Any]) -> Reader:
    plain = {(as_text(key) or "").strip().lower(): value for key, value in table.items()}
    return lambda payload: plain.get((as_text(found(payload)) or "").strip().lower())


def _prefixed(found: Reader, prefix: str) -> Reader:
    def read(payload: Payload) -> str | None:
        text = as_text(found(payload))
        return None if text is None else f"{prefix}{text}"

    return read


def _or_default(found: Reader, default: Any) -> Reader:
    def read(payload: Payload) -> Any:
        value = found(payload)
        return default if value is None else value

    return read
