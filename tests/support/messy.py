"""Events as they really come: twice, out of order, days late, from the future, spoiled.

And what is to come of them, worked out in plain Python from the clean list, sorted by time: an oracle that
shares nothing with the engine.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LATE_AFTER = timedelta(hours=24)

#: So many times something comes in.
SLOTS = 60

CATALOG = """\
events:
  Cart Updated: { cart_id: text, items_count: number }
  Product Viewed: { n: number }
  Order Completed: { cart_id: text, total: number }
  Logged In: {}
  Cart Closed: { cart_id: text }
topics: { news: { name: News, consent: opt_out } }
senders: { shop: { from: "Shop <hello@shop.example>" } }
defaults: { sender: shop, timezone: Europe/Zurich, locale: en }
"""
SEGMENTS = """\
frequent: { when: { did: Product Viewed, count: { gte: 3 } } }
lately: { when: { did: Logged In, within: 36 hours } }
rich: { when: { did: Order Completed, sum: { event.total: { gte: 300 } } } }
away: { when: { did_not: Product Viewed, within: 36 hours } }
"""
_HEAD = "dsl: 1\njourney: {id}\nstatus: live\nowner: o@shop.example\n"
_REST = "defaults: { topic: news }\nsteps:\n  - { id: rest, wait: 90 days }\n"
_BODIES = {
    "cart": (
        "trigger: { event: Cart Updated, where: { event.items_count: { gte: 1 } }, key: event.cart_id }\n"
        "exit_when:\n"
        "  - { event: Cart Closed, where: { event.cart_id: { same_as: trigger.cart_id } } }\n"
    ),
    "browse": (
        "trigger: { event: Product Viewed }\nre_entry: { after: 0 seconds, if_running: restart }\n"
        "exit_when: [ { event: Order Completed } ]\n"
    ),
    "newest": "trigger: { event: Product Viewed }\nre_entry: { after: 0 seconds, if_running: update }\n",
    "oldest": "trigger: { event: Product Viewed }\nre_entry: { after: 0 seconds }\n",
    "buying": (
        "trigger: { event: Product Viewed }\n"
        "goal: { event: Order Completed, within: 80 days, from: entered, revenue: event.total }\n"
    ),
    "followers": (
        "trigger:\n"
        "  - { segment: { enters: frequent } }\n"
        "  - { segment: { enters: lately } }\n"
        "  - { segment: { enters: rich } }\n"
        "  - { segment: { enters: away } }\n"
        "re_entry: always\n"
    ),
}


def files() -> dict[str, bytes]:
    """The workspace."""
    journeys = {f"journeys/{id}.yaml": _HEAD.format(id=id) + body + _REST for id, body in _BODIES.items()}
    texts = {"journeys/catalog.yaml": CATALOG, "journeys/segments.yaml": SEGMENTS, **journeys}
    return {path: text.encode() for path, text in texts.items()}


@dataclass(frozen=True, slots=True)
class Clean:
    """One thing that really happened, and when its first message came in. `at` is what history is to say."""

    id: str
    contact: str
    name: str
    at: datetime
    arrives_at: datetime
    properties: dict[str, Any]
    said_at: datetime  # what the message says of when it was
    is_ahead: bool = False

    def item(self) -> dict[str, Any]:
        return {
            "type": "track",
            "userId": self.contact,
            "event": self.name,
            "messageId": self.id,
            "timestamp": self.said_at.isoformat(),
            "properties": self.properties,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """What comes in, in order: the messages with their times, duplicates and spoiled ones among them."""

    messages: list[tuple[datetime, dict[str, Any]]]
    clean: list[Clean]
    spoiled: int


def delivery(seed: int, count: int, start: datetime, spread: timedelta, most_hours: float = 20) -> Delivery:
    """`count` events that come in within `spread` of `start`, most of them up to `most_hours` after they
    happened; 10 % are 2 to 5 days late, 1 % from the future, 1 % more are spoiled, 5 % come twice."""
    chance = random.Random(seed)
    clean = [_one(chance, number, count, start, spread, most_hours) for number in range(count)]
    clean = _at_most_one_ahead(clean)
    messages = [(one.arrives_at, one.item()) for one in clean]
    for one in chance.sample(clean, count // 20):
        messages.append((one.arrives_at + chance.randrange(SLOTS) * (spread / SLOTS), one.item()))
    spoiled = [_spoiled(chance, number) for number in range(count // 100)]
    messages += [(start + chance.randrange(SLOTS) * (spread / SLOTS), item) for item in spoiled]
    return Delivery(sorted(messages, key=lambda one: one[0]), clean, len(spoiled))


def _one(
    chance: random.Random, number: int, count: int, start: datetime, spread: timedelta, most_hours: float
) -> Clean:
    """Times to the microsecond, so that no two are the same."""
    arrives_at = start + chance.randrange(SLOTS) * (spread / SLOTS)
    contact = f"c{chance.randrange(max(count // 12, 1))}"
    said_at = arrives_at - timedelta(hours=chance.random() * most_hours, microseconds=number + 1)
    fate = chance.random()
    if fate < 0.10:
        said_at -= timedelta(days=chance.uniform(2, 5))
    is_ahead = fate >= 0.99
    if is_ahead:
        said_at = arrives_at + timedelta(hours=chance.uniform(1, 48))
    name, properties = _what(chance, number, contact)
    return Clean(
        f"m{number}", contact, name, min(said_at, arrives_at), arrives_at, properties, said_at, is_ahead
    )


def _what(chance: random.Random, number: int, contact: str) -> tuple[str, dict[str, Any]]:
    cart = {"cart_id": f"{contact}-{chance.randrange(3)}"}
    match chance.randrange(8):
        case 0 | 1 | 2:
            return "Cart Updated", {**cart, "items_count": chance.randrange(3)}
        case 3 | 4:
            return "Product Viewed", {"n": number}
        case 5:
            return "Order Completed", {**cart, "total": chance.randrange(300)}
        case 6:
            return "Cart Closed", cart
        case _:
            return "Logged In", {}


def _at_most_one_ahead(clean: list[Clean]) -> list[Clean]:
    """Of each contact: two of them count as of their receipts, which are not the same in another run."""
    seen: set[str] = set()
    kept = []
    for one in sorted(clean, key=lambda one: one.arrives_at):
        if not (one.is_ahead and one.contact in seen):
            kept.append(one)
        if one.is_ahead:
            seen.add(one.contact)
    return kept


def _spoiled(chance: random.Random, number: int) -> dict[str, Any]:
    good = {"type": "track", "userId": "c0", "event": "Cart Updated", "messageId": f"bad{number}"}
    return chance.choice(
        [
            {**good, "userId": None},
            {**good, "event": ""},
            {**good, "event": 7},
            {**good, "type": "trakc"},
            {**good, "timestamp": "yesterday"},
            {**good, "properties": ["no", "mapping"]},
            {**good, "timestamp": "0001-01-01T00:00:00Z"},
        ]
    )


# --- what is to come of it -------------------------------------------------------------------------

#: (contact, journey, key) → (how it stands or ended, when triggered, what trigger.n says)
Standing = dict[tuple[str, str, str], tuple[str, datetime | None, object]]


def history(clean: Iterable[Clean]) -> set[tuple[str, str, str, datetime]]:
    return {(one.id, one.contact, one.name, one.at) for one in clean}


def members(clean: Iterable[Clean], now: datetime) -> set[tuple[str, str]]:
    """(contact, segment) of everybody who is in it at that instant."""
    of: dict[str, list[Clean]] = defaultdict(list)
    for one in clean:
        of[one.contact].append(one)
    found = set()
    for contact, events in of.items():
        viewed = [one for one in events if one.name == "Product Viewed"]
        lately = [one.name for one in events if now - timedelta(hours=36) < one.at <= now]
        bought = sum(one.properties["total"] for one in events if one.name == "Order Completed")
        if len(viewed) >= 3:
            found.add((contact, "frequent"))
        if "Logged In" in lately:
            found.add((contact, "lately"))
        if bought >= 300:
            found.add((contact, "rich"))
        if "Product Viewed" not in lately:
            found.add((contact, "away"))
    return found


def standing(clean: Iterable[Clean]) -> Standing:
    """Everybody's last pass of each journey and key, had all come in the order in which it happened."""
    found: Standing = {}
    for one in sorted(clean, key=lambda one: one.at):
        for key, value in _after(found, one):
            found[key] = value
    return found


def _after(
    found: Standing, one: Clean
) -> Iterator[tuple[tuple[str, str, str], tuple[str, datetime | None, object]]]:
    is_in_time = one.arrives_at - one.at <= LATE_AFTER
    entered = ("in", one.at, one.properties.get("n"))
    if one.name == "Cart Updated":
        key = (one.contact, "cart", one.properties["cart_id"])
        if is_in_time and one.properties["items_count"] >= 1 and key not in found:
            yield key, entered
    if one.name == "Product Viewed" and is_in_time:
        yield (one.contact, "browse", ""), entered
        if (one.contact, "buying", "") not in found:
            yield (one.contact, "buying", ""), entered
        known = found.get((one.contact, "oldest", ""))
        yield (one.contact, "oldest", ""), known or entered
        yield (one.contact, "newest", ""), entered if known is None else ("in", known[1], one.properties["n"])
    ends = {
        "Cart Closed": [("cart", one.properties.get("cart_id", ""), "exit")],
        "Order Completed": [("browse", "", "exit"), ("buying", "", "goal")],
    }
    for journey, cart, how in ends.get(one.name, ()):
        inside = found.get((one.contact, journey, cart))
        if inside is not None and inside[0] == "in":
            yield (one.contact, journey, cart), (how, None, None)
