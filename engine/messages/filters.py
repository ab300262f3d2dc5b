"""The filters of our Liquid: `money`, `date`, `plural`, and the standard ones under guard.

Guarded means: a missing value is an error and not an empty text, and no filter may blow a text up beyond the
limit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from liquid import Markup
from liquid.filter import with_context

from engine.messages.dates import written_date
from engine.messages.missing import Missing
from engine.messages.money import amount_of, locale_of, money
from engine.messages.setting import SIZE_LIMIT, Setting, too_large

Filter = Callable[..., Any]

#: `safe` would let data in as HTML, and reads as if it made it safe; `escapejs` has no place in a letter.
REMOVED: Final = ("safe", "escapejs")
#: `default` is there for missing values.
UNGUARDED: Final = ("default",)
_LONGEST_LIST: Final = 10_000


def guarded(name: str, filter_: Filter) -> Filter:
    """The same filter, which complains about missing values and refuses to grow a text without end."""

    @wraps(filter_)
    def guard(value: object, *args: object, **options: object) -> object:
        if isinstance(value, Missing):
            raise value.complaint()
        for arg in args:
            if isinstance(arg, Missing):
                raise arg.complaint()
        _refuse_growth(name, value, args)
        return filter_(value, *args, **options)

    return guard


def _refuse_growth(name: str, value: object, args: tuple[object, ...]) -> None:
    if isinstance(value, range) and len(value) > _LONGEST_LIST:
        raise too_large()
    if isinstance(value, str) and name == "replace" and len(args) == 2:
        growth = len(str(args[1])) * (value.count(str(args[0])) if args[0] else len(value) + 1)
        if len(value) + growth > SIZE_LIMIT:
            raise too_large()
    if name in ("append", "prepend") and args and len(str(value)) + len(str(args[0])) > SIZE_LIMIT:
        raise too_large()
    if name == "join" and args and isinstance(value, list) and len(value) * len(str(args[0])) > SIZE_LIMIT:
        raise too_large()


@with_context
def money_filter(value: object, currency: object = None, *, context: Any) -> str:
    """{{ trigger.total | money }} or {{ trigger.total | money: 'EUR' }}: an amount in the reader's way."""
    setting: Setting = context.setting
    chosen = currency if isinstance(currency, str) else setting.currency
    return _spaced(money(amount_of(value), chosen, setting.locale), in_html=context.autoescape)


@with_context
def date_filter(value: object, form: object = "medium", *, context: Any) -> str:
    """{{ trigger.due_at | date: '%-d. %B' }} or {{ … | date: 'long' }}: in the reader's zone and language."""
    setting: Setting = context.setting
    moment = context.resolve("now") if value in ("now", "today") else value
    written = written_date(moment, str(form), setting.locale, setting.zone)
    return _spaced(written, in_html=context.autoescape)


@with_context
def plural_filter(value: object, one: object, many: object, *, context: Any) -> object:
    """{{ count | plural: 'item', 'items' }}: the word that fits the number in the reader's language."""
    number = abs(amount_of(value))
    return one if locale_of(context.setting.locale).plural_form(number) == "one" else many


def size_filter(value: object) -> int:
    """How many entries or letters; 0 for what has none."""
    return len(value) if isinstance(value, str | list | tuple | dict | range) else 0


def _spaced(text: str, *, in_html: bool) -> str:
    """No-break spaces keep an amount on one line in HTML; in a subject or an SMS they are a nuisance."""
    return Markup.escape(text) if in_html else text.replace("\u00a0", " ").replace("\u202f", " ")


ADDED: Final[dict[str, Filter]] = {
    "money": money_filter,
    "date": date_filter,
    "plural": plural_filter,
    "size": size_filter,
}


def registered(standard: dict[str, Filter]) -> dict[str, Filter]:
    """The full table of filters, made from python-liquid's own."""
    table = {name: filter_ for name, filter_ in standard.items() if name not in REMOVED} | ADDED
    return {name: f if name in UNGUARDED else guarded(name, f) for name, f in table.items()}
