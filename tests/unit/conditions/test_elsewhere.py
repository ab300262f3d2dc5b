"""in_segment, subscribed, consented, in_journey and finished: what stands outside of attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from engine.conditions.names import Names
from engine.model.contact import Contact
from engine.model.policy import Topic
from engine.model.view import Ended
from tests.unit.conditions.asking import NOW, condition, event, holds, mistakes_of, view

DAY = timedelta(days=1)
TOPICS = {
    "cart": Topic("cart", "Cart", "opt_out"),
    "news": Topic("news", "News", "opt_in"),
    "orders": Topic("orders", "Orders", "none"),
}


@dataclass
class Been:
    """A contact's way through journeys, as told."""

    now_in: set[str] = field(default_factory=set)
    ends: dict[str, Ended] = field(default_factory=dict)

    def is_in(self, journey: str) -> bool:
        return journey in self.now_in

    def last_end(self, journey: str) -> Ended | None:
        return self.ends.get(journey)


# --- segments --------------------------------------------------------------------------------------


def test_a_segment_holds_as_its_own_condition_does() -> None:
    assert holds("in_segment: vip", {"orders": 5})
    assert not holds("in_segment: vip", {"orders": 4})
    assert not holds("in_segment: vip")


def test_a_segment_may_name_others_and_brings_their_events_and_changes() -> None:
    asked = condition("in_segment: lapsed-vip")
    ordered = view({"orders": 9}, events=[("Order Completed", NOW - DAY)])
    assert asked.events == {"Order Completed"}
    assert not asked.holds(ordered)
    assert asked.next_change(ordered) == NOW + 179 * DAY
    assert asked.holds(view({"orders": 9}))


def test_inside_a_where_the_segment_is_of_the_contact() -> None:
    text = "{did: Cart Viewed, where: {in_segment: vip, event.a: 1}}"
    events = [("Cart Viewed", NOW - DAY, {"a": 1})]
    assert holds(text, {"orders": 5}, events=events)
    assert not holds(text, {"orders": 4}, events=events)


def test_circles_end_although_they_are_told_elsewhere() -> None:
    names = Names(segments={"a": {"when": {"in_segment": "b"}}, "b": {"when": {"in_segment": "a"}}})
    assert not condition("in_segment: a", names).holds(view())


def test_without_segments_to_look_in_none_is_wrong() -> None:
    assert not mistakes_of("in_segment: anything", Names())
    assert mistakes_of("in_segment: anything", Names(segments={}))


# --- consent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "subscribed"),
    [
        ({}, "cart orders"),
        ({"news": True}, "cart orders news"),
        ({"cart": False}, "orders"),
        ({"*": False}, "orders"),
        ({"*": False, "news": True}, "orders news"),
        ({"*": True, "cart": False}, "orders news unheard"),
    ],
)
def test_subscribed_is_what_sending_means_by_it(said: dict[str, bool], subscribed: str) -> None:
    one = view(contact=Contact("c", topics=said), topics=TOPICS)
    for topic in ("cart", "news", "orders", "unheard"):
        assert condition(f"subscribed: {topic}").holds(one) is (topic in subscribed.split())


@pytest.mark.parametrize(
    ("topics", "consents", "consented"),
    [
        ({}, {}, "email"),  # the carts topic lets e-mail through
        ({"cart": False}, {}, ""),
        ({"cart": False, "news": True}, {}, "email"),
        ({"*": False}, {}, ""),
        ({"*": False}, {"email": True}, "email"),
        ({}, {"email": False, "sms": True}, "sms"),
        ({"news": True}, {"sms": False}, "email"),
    ],
)
def test_consent_for_email_follows_from_the_topics(
    topics: dict[str, bool], consents: dict[str, bool], consented: str
) -> None:
    one = view(contact=Contact("c", topics=topics, consents=consents), topics=TOPICS)
    for channel in ("email", "sms", "push", "whatsapp", "chat"):
        assert condition(f"consented: {channel}").holds(one) is (channel in consented.split())


# --- journeys --------------------------------------------------------------------------------------


def test_in_journey_is_now_and_finished_is_ever() -> None:
    been = Been({"a"}, {"b": Ended(NOW - 400 * DAY)})
    for text, answer in {
        "in_journey: a": True,
        "in_journey: b": False,
        "finished: a": False,
        "finished: b": True,
    }.items():
        asked = condition(text)
        assert asked.holds(view(elsewhere=been)) is answer
        assert asked.next_change(view(elsewhere=been)) is None
        assert asked.journeys == {text[-1]}
    assert not holds("any: [{in_journey: a}, {finished: a}]")


@pytest.mark.parametrize(("ago", "answer"), [(0, True), (1, True), (29, True), (30, False), (31, False)])
def test_finished_within_is_a_half_open_window(ago: int, answer: bool) -> None:
    asked = condition("{finished: a, within: 30 days}")
    been = Been(ends={"a": Ended(NOW - ago * DAY)})
    assert asked.holds(view(elsewhere=been)) is answer
    assert asked.next_change(view(elsewhere=been)) == (NOW + (30 - ago) * DAY if answer else None)


def test_finished_since_the_journey_began() -> None:
    asked = condition("{finished: a, since: journey_start}")

    def answer(end: Ended | None) -> bool:
        return asked.holds(view(elsewhere=Been(ends={} if end is None else {"a": end}), entered_at=NOW))

    assert not answer(None)
    assert not answer(Ended(NOW - DAY))
    assert answer(Ended(NOW + DAY))
    assert not answer(Ended(NOW))  # what ended when this one began may be what began it
    assert answer(Ended(NOW, NOW))  # it entered then too, so this one came before it
    assert not asked.holds(view(elsewhere=Been(ends={"a": Ended(NOW)})))


def test_journeys_of_all_parts_are_named() -> None:
    inner = "{did: A, where: {in_journey: c}}"
    items = "{some: trigger.x, where: {in_journey: d}}"
    asked = condition(f"any: [{{in_journey: a}}, {{not: {{finished: b}}}}, {inner}, {items}]")
    assert asked.journeys == {"a", "b", "c", "d"}
    names = Names(segments={"s": {"when": {"in_journey": "z"}}})
    assert condition("in_segment: s", names).journeys == {"z"}


# --- items -----------------------------------------------------------------------------------------

SHOES = "where: {item.category: shoes}"


@pytest.mark.parametrize(
    ("products", "some", "every", "none_of"),
    [
        ([{"category": "shoes"}], True, True, False),
        ([{"category": "shoes"}, {"category": "hats"}], True, False, False),
        ([{"category": "hats"}, {}], False, False, True),
        ([{"category": "hats"}, "shoes", None, 5], False, False, True),
        ([], False, True, True),
        (None, False, False, False),
        ("shoes", False, False, False),
        ({"category": "shoes"}, False, False, False),
    ],
)
def test_lists_of_items(products: object, some: bool, every: bool, none_of: bool) -> None:
    for word, answer in (("some", some), ("every", every), ("none_of", none_of)):
        assert holds(f"{{{word}: trigger.products, {SHOES}}}", trigger={"products": products}) is answer


def test_lists_of_the_contact_the_event_a_step_and_an_item() -> None:
    shoes = [{"category": "shoes"}]
    assert holds(f"{{some: contact.x, {SHOES}}}", {"x": shoes})
    assert holds(f"{{some: step.s.event.x, {SHOES}}}", steps={"s": {"event": {"x": shoes}}})
    assert holds(f"{{some: event.x, {SHOES}}}", event=event("A", NOW, {"x": shoes}))
    assert holds(f"{{did: A, where: {{some: event.x, {SHOES}}}}}", events=[("A", NOW, {"x": shoes})])
    nested = f"{{some: trigger.x, where: {{some: item.parts, {SHOES}}}}}"
    assert holds(nested, trigger={"x": [{"parts": []}, {"parts": shoes}]})
    assert not holds(nested, trigger={"x": [{"category": "shoes"}]})


def test_an_item_is_compared_with_values_outside_of_the_list() -> None:
    text = "{some: trigger.x, where: {item.size: {value: contact.size}, contact.orders: 1}}"
    assert holds(text, {"size": 40, "orders": 1}, trigger={"x": [{"size": 39}, {"size": 40}]})
    assert not holds(text, {"size": 41, "orders": 1}, trigger={"x": [{"size": 39}, {"size": 40}]})


def test_times_of_items_change_with_time() -> None:
    asked = condition("{some: trigger.x, where: {item.ends: {in_next: 2 days}}}")
    one = view(trigger={"x": [{"ends": "2026-04-30"}, {"ends": "2026-04-20"}]})
    assert not asked.holds(one)
    assert asked.next_change(one) == NOW.replace(day=18, hour=0)


def test_items_of_anything_but_lists_never_change() -> None:
    asked = condition("{some: trigger.x, where: {item.ends: {in_next: 2 days}}}")
    assert asked.next_change(view(trigger={"x": 5})) is None
