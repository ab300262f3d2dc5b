"""money, date and plural in the reader's language and zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.errors import RenderError
from tests.unit.messages.letters import html, text


@pytest.mark.parametrize(
    ("locale", "currency", "written"),
    [
        ("de-CH", "CHF", "CHF 1'234.50"),
        ("it-CH", "CHF", "CHF 1'234.50"),
        ("de-DE", "EUR", "1.234,50 €"),
        ("de-AT", "EUR", "€ 1.234,50"),
        ("fr-FR", "EUR", "1 234,50 €"),
        ("en-US", "USD", "$1,234.50"),
        ("ja-JP", "JPY", "￥1,234"),
        ("xx-YY", "USD", "$1,234.50"),
        ("de_CH", "CHF", "CHF 1'234.50"),
    ],
)
def test_money(locale: str, currency: str, written: str) -> None:
    assert text("{{ n | money: c }}", locale, n=1234.5, c=currency) == written


def test_money_takes_the_catalogs_currency_and_any_number() -> None:
    assert text("{{ n | money }}", n="19.9") == "CHF 19.90"
    assert text("{{ n | money }}", n=0.1 + 0.2) == "CHF 0.30"
    assert text("{{ 5 | times: 2 | money }}") == "CHF 10.00"


def test_money_does_not_break_in_html() -> None:
    assert html("{{ n | money }}", n=1234.5) == "<p>CHF\u00a01&#39;234.50</p>\n"


@pytest.mark.parametrize("value", ["many", "", True, [1], "NaN", "Infinity", "1e999999999"])
def test_money_needs_an_amount(value: object) -> None:
    with pytest.raises(RenderError):
        text("{{ n | money }}", n=value)


def test_money_needs_a_currency() -> None:
    with pytest.raises(RenderError, match="'Franken' is not a currency"):
        text("{{ 5 | money: 'Franken' }}")


INSTANT = "2026-03-28T23:30:00Z"  # half past midnight of the 29th in Zurich


@pytest.mark.parametrize(
    ("form", "locale", "written"),
    [
        ("short", "de-CH", "29.03.26"),
        ("medium", "de-CH", "29.03.2026"),
        ("long", "de-CH", "29. März 2026"),
        ("full", "fr-FR", "dimanche 29 mars 2026"),
        ("long", "en-US", "March 29, 2026"),
        ("%d.%m.%Y %H:%M", "de-CH", "29.03.2026 00:30"),
        ("%-d. %B", "de-CH", "29. März"),
        ("%A, %b %e", "en-US", "Sunday, Mar 29"),
        ("%a", "de-DE", "So."),
        ("%I:%M %p", "en-US", "12:30 AM"),
        ("%s", "en-US", "1774740600"),
        ("100 %% %Z", "de-CH", "100 % CET"),
        ("%^b", "en-US", "MAR"),
    ],
)
def test_date(form: str, locale: str, written: str) -> None:
    assert text("{{ d | date: f }}", locale, d=INSTANT, f=form) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), "29.03.2026 00:30"),
        (1774740600, "29.03.2026 00:30"),
        ("1774740600", "29.03.2026 00:30"),
        ("2026-03-29T00:30:00+01:00", "29.03.2026 00:30"),
        ("2026-03-29T00:30:00", "29.03.2026 00:30"),
        ("2026-03-29", "29.03.2026 00:00"),
        (date(2026, 3, 29), "29.03.2026 00:00"),
    ],
)
def test_date_takes_instants_and_dates(value: object, written: str) -> None:
    assert text("{{ d | date: '%d.%m.%Y %H:%M' }}", d=value) == written


def test_now_is_the_readers_now() -> None:
    assert text("{{ now | date: '%H:%M' }} {{ 'now' | date: '%Y' }} {{ today | date: 'short' }}") == (
        "20:30 2026 28.03.26"
    )


@pytest.mark.parametrize("value", ["tomorrow", "", [], True, 10**30, "9" * 40])
def test_date_needs_a_date(value: object) -> None:
    with pytest.raises(RenderError, match="needs a date"):
        text("{{ d | date: 'short' }}", d=value)


@pytest.mark.parametrize(
    ("number", "locale", "word"),
    [
        (1, "en", "item"),
        (0, "en", "items"),
        (2, "en", "items"),
        ("1", "de", "item"),
        (0, "fr", "item"),
        (1.5, "en", "items"),
    ],
)
def test_plural(number: object, locale: str, word: str) -> None:
    assert text("{{ n | plural: 'item', 'items' }}", locale, n=number) == word


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(RenderError, match="plural"):
        text("{{ 1 | plural: 'item' }}")
