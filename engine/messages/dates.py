"""Dates as the reader writes them: Liquid's strftime patterns, or `short`, `medium`, `long`, `full`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_day_names, get_month_names, get_period_names

from engine.errors import RenderError
from engine.messages.money import locale_of

NAMED = ("short", "medium", "long", "full")
#: Unix seconds up to the year 9999.
_LAST_SECOND = 253_402_300_799
_DIRECTIVE = re.compile(r"%([-_0^#]?)([A-Za-z%+])")
_NUMBER_PADDED_BY_SPACE = {"e": "d", "k": "H", "l": "I"}


def written_date(value: object, form: str, locale: str, zone: ZoneInfo) -> str:
    """A date or an instant in the reader's zone and language.

    `value` is a date, an aware instant, ISO 8601 text of either, or Unix seconds; an instant without a zone
    is taken as local. Raises RenderError when it is none of these.
    """
    day = _local(_read(value), zone)
    if form in NAMED:
        return format_date(day, format=form, locale=locale_of(locale))
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, tzinfo=zone)
    return _DIRECTIVE.sub(lambda match: _directive(moment, match[1], match[2], locale_of(locale)), form)


def _read(value: object) -> date:
    if isinstance(value, date):  # a datetime is a date too
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LAST_SECOND:
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        return _read_text(value.strip())
    raise _no_date(value)


def _read_text(text: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        if text.isdecimal() and len(text) <= 12:
            return _read(int(text))
        raise _no_date(text) from None


def _no_date(value: object) -> RenderError:
    return RenderError(
        f"`date` needs a date and got {value!r}",
        help="Give it a date such as 2026-03-29, or an instant such as 2026-03-29T10:30:00Z.",
    )


def _local(day: date, zone: ZoneInfo) -> date:
    if not isinstance(day, datetime):
        return day
    return day.astimezone(zone) if day.tzinfo else day.replace(tzinfo=zone)


def _directive(moment: datetime, flag: str, letter: str, locale: Locale) -> str:
    text = _flagged(flag, _plain_directive(moment, letter, locale))
    return text.upper() if flag == "^" else text


def _flagged(flag: str, text: str) -> str:
    if flag == "-":
        return text.strip().lstrip("0") or "0" if text.strip().isdigit() else text
    if flag == "_" and text.isdigit():
        return text.lstrip("0").rjust(len(text)) if text.strip("0") else "0".rjust(len(text))
    return text


def _plain_directive(moment: datetime, letter: str, locale: Locale) -> str:
    match letter:
        case "A" | "a":
            return str(get_day_names(_width(letter), locale=locale)[moment.weekday()])
        case "B" | "b" | "h":
            return str(get_month_names(_width(letter), locale=locale)[moment.month])
        case "p" | "P":
            period = str(get_period_names(locale=locale)["am" if moment.hour < 12 else "pm"])
            return period.lower() if letter == "P" else period
        case "e" | "k" | "l":
            return _flagged("_", moment.strftime("%" + _NUMBER_PADDED_BY_SPACE[letter]))
        case "s":
            return str(int(moment.timestamp()))
        case "%":
            return "%"
        case _:
            return moment.strftime("%" + letter)


def _width(letter: str) -> Literal["wide", "abbreviated"]:
    return "wide" if letter.isupper() else "abbreviated"
