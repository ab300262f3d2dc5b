"""Amounts as the reader writes them: CHF 1'234.50, 1.234,50 €, $1,234.50."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from engine.errors import RenderError

_FALLBACK = Locale("en")


@lru_cache(maxsize=256)
def locale_of(name: str) -> Locale:
    """The locale nearest to a name such as `de-CH`: itself, else its language, else English."""
    parts = name.replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        try:
            return Locale.parse("_".join(parts[:length]))
        except (UnknownLocaleError, ValueError):
            continue
    return _FALLBACK


def amount_of(value: object) -> Decimal:
    """A number, or text that is one, as an exact amount. Raises RenderError for anything else."""
    if isinstance(value, int | float | Decimal | str) and not isinstance(value, bool):
        try:
            amount = Decimal(str(value).strip())
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite():
            return amount
    raise RenderError(f"`money` needs a number and got {value!r}", help="Give it an amount such as 19.90.")


@lru_cache(maxsize=4096)
def money(amount: Decimal, currency: str, locale: str) -> str:
    """The amount with its currency in a locale; a space between them is a no-break space."""
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise RenderError(
            f"{currency!r} is not a currency",
            help="Write its three letters: {{ trigger.total | money: 'CHF' }}.",
        )
    written = format_currency(amount, currency.upper(), locale=locale_of(locale))
    # Swiss thousands are written with the plain apostrophe of the keyboard; it also fits into an SMS.
    return written.replace("\u2019", "'")
