"""`received`, `opened`, `clicked`, `bounced`: which messages count, in which window, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.conditions.names import Names
from engine.conditions.table import compile_condition, read_condition
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.message import Sent
from engine.model.predicate import Condition
from engine.model.view import UTC as ZONE
from engine.model.view import Ended, View

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SENT = [
    Sent(NOW - 30 * HOUR, "welcome", "hello", "email", "news", True),
    Sent(NOW - 5 * HOUR, "cart", "reminder", "email", "cart", True),
    Sent(NOW - HOUR, "cart", "receipt", "email", None, False),
]


@dataclass
class Elsewhere:
    sent: list[Sent]

    def is_in(self, journey: str) -> bool:
        return journey == "nowhere"

    def last_end(self, journey: str) -> Ended | None:
        del journey
        return None


def condition(**plain: Any) -> Condition:
    mistakes: list[object] = []
    predicate = read_condition(plain, (), mistakes.append, Names())
    assert predicate is not None, mistakes
    return compile_condition(predicate)


def view(journey: str = "cart") -> View:
    """The messages of SENT; each was opened an hour later."""
    opened = [
        Event(f"o{n}", "ada", "Message Opened", one.at + HOUR, one.at + HOUR, one._asdict())
        for n, one in enumerate(SENT)
    ]
    history = {"Message Opened": opened}
    return View(Contact("ada"), NOW, ZONE, history, journey, elsewhere=Elsewhere(SENT))


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ({"received": "any"}, True),
        ({"received": "reminder"}, True),
        ({"received": "hello"}, False),  # of another journey
        ({"received": "welcome/hello"}, True),
        ({"received": "welcome/reminder"}, False),
        ({"received": "receipt"}, True),
        ({"received": "any", "topic": "news"}, True),
        ({"received": "any", "topic": "news", "within": "30 hours"}, False),
        ({"received": "any", "topic": "news", "within": "30 hours 1 second"}, True),
        ({"received": "reminder", "topic": "news"}, False),
        ({"received": "any", "within": "1 hour"}, False),
        ({"received": "any", "within": "61 minutes"}, True),
        ({"opened": "any", "topic": "cart"}, True),
        ({"opened": "reminder", "within": "4 hours"}, False),
        ({"opened": "reminder", "within": "241 minutes"}, True),
        ({"opened": "welcome/hello"}, True),
        ({"opened": "receipt"}, True),  # at this very instant
        ({"clicked": "any"}, False),
        ({"bounced": "any"}, False),
    ],
)
def test_what_counts(plain: dict[str, Any], expected: bool) -> None:
    assert condition(**plain).holds(view()) is expected


@pytest.mark.parametrize(
    ("plain", "at"),
    [
        ({"received": "any"}, None),
        ({"received": "any", "within": "2 hours"}, NOW + HOUR),
        ({"received": "reminder", "within": "1 day"}, NOW + 19 * HOUR),
        ({"received": "hello", "within": "1 day"}, None),
        ({"opened": "any", "within": "1 day"}, NOW + 20 * HOUR),
    ],
)
def test_when_time_alone_may_change_the_answer(plain: dict[str, Any], at: datetime | None) -> None:
    assert condition(**plain).next_change(view()) == at


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        ({"received": "any"}, "received any"),
        ({"opened": "hello", "within": "3 days"}, "opened hello within 3 days"),
        ({"bounced": "welcome/hello", "topic": "news"}, "bounced welcome/hello of topic news"),
        ({"not": {"clicked": "any"}}, "not (clicked any)"),
    ],
)
def test_in_words(plain: dict[str, Any], text: str) -> None:
    assert condition(**plain).text == text
