"""Conditions against a second, plain evaluator that was written from the language's page alone.

The oracle works on the YAML data itself, knows neither predicates nor views, and takes no shortcut: it walks
the tree anew for every question. It must agree with the compiled closures on random trees, contacts and
histories, and it must not change its mind before `next_change`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, Literal
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.conditions.names import Names
from engine.conditions.operators import OPERATORS as OPERATORS_OF_ALL_TYPES
from engine.conditions.table import condition_schema, read_and_compile
from engine.core.case import Case, Past
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Topic
from engine.model.position import Enrollment
from engine.model.predicate import Condition
from engine.model.view import View

SEGMENTS: dict[str, Any] = {
    "a-one": {"when": {"contact.a": {"gte": 1}}},
    "buyers": {"when": {"did": "Order Completed", "within": "10 days"}},
    "both": {"when": {"in_segment": "a-one", "any": [{"in_segment": "buyers"}, {"subscribed": "news"}]}},
    "busy": {"when": {"none": [{"in_journey": "j-2"}, {"finished": "j-1", "within": "1 months"}]}},
}
#: Consent that each topic of the shop asks for.
TOPICS = {"cart": "opt_out", "news": "opt_in", "club": "double_opt_in", "orders": "none"}

EVERYWHERE = Names(roots=frozenset({"contact", "event", "trigger", "step", "item"}), segments=SEGMENTS)


# --- the oracle ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """What the oracle knows, as plain data. A past event is (name, at, received_at, properties)."""

    contact: dict[str, Any]
    trigger: dict[str, Any]
    step: dict[str, Any]
    past: list[tuple[str, datetime, datetime, dict[str, Any]]]
    now: datetime
    entered_at: datetime
    triggered_at: datetime
    event: dict[str, Any] | None = None
    item: Any = None
    topics: dict[str, bool | Literal["asked"]] = field(default_factory=dict)
    consents: dict[str, bool] = field(default_factory=dict)
    #: (journey, entered, left or None)
    passes: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)


def truth(data: dict[str, Any], world: World) -> bool:
    """§4, read aloud."""
    if "did" in data:
        return did(data["did"], data, world)
    if "did_not" in data:
        return not did(data["did_not"], data, world)
    for word in ("some", "every", "none_of"):
        if word in data:
            return items_hold(word, look_up(data[word], world), data["where"], world)
    if "finished" in data:
        return any(is_finished(one, data, world) for one in world.passes)
    for key, value in data.items():
        if key == "in_segment":
            right = truth(SEGMENTS[value]["when"], world)
        elif key == "in_journey":
            right = any(name == value and left is None for name, _, left in world.passes)
        elif key == "subscribed":
            right = says_yes(value, world)
        elif key == "consented":
            right = agrees(value, world)
        elif key == "all":
            right = all(truth(one, world) for one in value)
        elif key == "any":
            right = any(truth(one, world) for one in value)
        elif key == "none":
            right = not any(truth(one, world) for one in value)
        elif key == "not":
            right = not truth(value, world)
        else:
            right = path_holds(key, value, world)
        if not right:
            return False
    return True


def items_hold(word: str, items: Any, where: dict[str, Any], world: World) -> bool:
    if not isinstance(items, list):
        return False
    answers = [truth(where, replace(world, item=item)) for item in items]
    if word == "some":
        return True in answers
    return False not in answers if word == "every" else True not in answers


def is_finished(one: tuple[str, datetime, datetime | None], data: dict[str, Any], world: World) -> bool:
    name, entered, left = one
    if name != data["finished"] or left is None:
        return False
    if "within" in data:
        return in_window("within", left, data["within"], world.now)
    if "since" in data:
        return left > world.entered_at or (left == entered == world.entered_at)
    return True


def says_yes(topic: str, world: World) -> bool:
    said = [world.topics[one] for one in (topic, "*") if world.topics.get(one, "asked") != "asked"]
    match TOPICS.get(topic, "opt_in"):
        case "none":
            return True
        case "opt_in":
            return said[:1] == [True]
        case "double_opt_in":  # nobody confirms everything
            return world.topics.get(topic) is True
        case _:
            return said[:1] != [False]


def agrees(channel: str, world: World) -> bool:
    if channel in world.consents:
        return world.consents[channel]
    return channel == "email" and any(
        says_yes(topic, world) for topic in ("cart", "news", "club", "elsewhere")
    )


def path_holds(path: str, wanted: Any, world: World) -> bool:
    if not isinstance(wanted, dict) or list(wanted) == ["value"]:
        wanted = {"eq": wanted}
    value = look_up(path, world)
    for operator, operand in wanted.items():
        if isinstance(operand, dict):
            operand = look_up(operand["value"], world)
        elif operator == "same_as":
            operand = look_up(operand, world)
        if operand is None:
            return False
        if operator == "exists":
            if operand is not True and operand is not False:
                return False
            if (value is not None) != operand:
                return False
        elif value is None or not compares(operator, value, operand, world.now):
            return False
    return True


def look_up(path: str, world: World) -> Any:
    root, *rest = path.split(".")
    inside: Any = {
        "contact": world.contact,
        "trigger": world.trigger,
        "step": world.step,
        "event": world.event,
        "item": world.item,
    }[root]
    for key in rest:
        inside = inside.get(key) if isinstance(inside, dict) else None
    return inside


def kind(value: Any) -> str:
    return {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "map"}[
        type(value)
    ]


def instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        value += "T00:00:00Z"
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def is_same(left: Any, right: Any) -> bool | None:
    """None: cannot be compared."""
    if left is None or right is None or kind(left) != kind(right) or kind(left) in ("list", "map"):
        return None
    if instant(left) is not None and instant(right) is not None:
        return instant(left) == instant(right)
    return bool(left == right)


def order(left: Any, right: Any) -> int | None:
    """-1, 0, 1; None where there is no order."""
    if kind(left) == kind(right) == "number":
        return (left > right) - (left < right)
    early, late = instant(left), instant(right)
    if early is None or late is None:
        return None
    return (early > late) - (early < late)


def has(value: Any, part: Any) -> bool:
    if isinstance(value, str):
        return isinstance(part, str) and part in value
    return isinstance(value, list) and any(is_same(one, part) is True for one in value)


def compares(operator: str, value: Any, operand: Any, now: datetime) -> bool:
    operands = operand if isinstance(operand, list) else None
    match operator:
        case "eq" | "same_as":
            return is_same(value, operand) is True
        case "ne":
            return is_same(value, operand) is False
        case "in":
            return operands is not None and True in [is_same(value, one) for one in operands]
        case "not_in":
            answers = [is_same(value, one) for one in operands or []]
            return False in answers and True not in answers
        case "gt":
            return order(value, operand) == 1
        case "gte":
            return order(value, operand) in (0, 1)
        case "lt":
            return order(value, operand) == -1
        case "lte":
            return order(value, operand) in (0, -1)
        case "between":
            if operands is None or len(operands) != 2:
                return False
            return order(value, operands[0]) in (0, 1) and order(value, operands[1]) in (0, -1)
        case "contains":
            return has(value, operand)
        case "contains_any":
            return operands is not None and any(has(value, one) for one in operands)
        case "contains_all":
            return (
                operands is not None
                and kind(value) in ("text", "list")
                and all(has(value, one) for one in operands)
            )
        case "starts_with":
            return isinstance(value, str) and isinstance(operand, str) and value[: len(operand)] == operand
        case "ends_with":
            return (
                isinstance(value, str)
                and isinstance(operand, str)
                and value[len(value) - len(operand) :] == operand
            )
        case "matches":  # the patterns drawn below mean the same in both languages
            return (
                isinstance(value, str) and isinstance(operand, str) and re.search(operand, value) is not None
            )
        case "before":
            return None not in (instant(value), instant(operand)) and order(value, operand) == -1
        case "after":
            return None not in (instant(value), instant(operand)) and order(value, operand) == 1
        case _:
            return in_window(operator, instant(value), operand, now)


def in_window(operator: str, at: datetime | None, length: Any, now: datetime) -> bool:
    if at is None or not isinstance(length, str) or not re.fullmatch(r"\d+ (hours|days|months)", length):
        return False
    if operator == "within":
        return moved(now, length, -1) < at <= now
    if operator == "in_next":
        return now < at <= moved(now, length, 1)
    return at <= moved(now, length, -1)


def moved(now: datetime, length: str, sign: int) -> datetime:
    count, unit = length.split()
    if unit == "hours":
        return now + timedelta(hours=sign * int(count))
    if unit == "days":
        return now + timedelta(hours=sign * 24 * int(count))
    year, month = now.year, now.month
    for _ in range(int(count)):
        month += sign
        if month in (0, 13):
            year, month = year + sign, 12 if month == 0 else 1
    day = now.day
    while True:
        try:
            return now.replace(year=year, month=month, day=day)
        except ValueError:
            day -= 1


def did(name: str, data: dict[str, Any], world: World) -> bool:
    counted = []
    for event, at, received_at, properties in world.past:
        if event != name or at > world.now:
            continue
        if "within" in data and not in_window("within", at, data["within"], world.now):
            continue
        if "since" in data and not is_later(at, received_at, world):
            continue
        if "where" in data and not truth(data["where"], replace(world, event=properties)):
            continue
        counted.append(properties)
    for operator, number in data.get("count", {"gte": 1}).items():
        if not compares(operator, len(counted), number, world.now):
            return False
    for path, numbers in data.get("sum", {}).items():
        values = [look_up(path, replace(world, event=one)) for one in counted]
        total = sum(Decimal(str(one)) for one in values if type(one) in (int, float))
        for operator, number in numbers.items():
            if not compares(operator, float(total), float(number), world.now):
                return False
    return True


def is_later(at: datetime, received_at: datetime, world: World) -> bool:
    """Not before the trigger by either clock, and after it by one of them at least."""
    start = (world.triggered_at, world.entered_at)
    return at >= start[0] and received_at >= start[1] and (at, received_at) != start


# --- what is drawn -------------------------------------------------------------------------------

SPRING = datetime(2026, 1, 27, tzinfo=UTC)
INSTANTS = st.integers(0, 24 * 70).map(lambda hours: SPRING + timedelta(hours=hours))


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%d" if at.hour == 0 else "%Y-%m-%dT%H:%M:%SZ")


DATES = INSTANTS.map(written) | st.sampled_from(["2026-02-28", "2026-03-31", "2026-03-30T12:00:00Z"])
NUMBERS = st.sampled_from([0, 1, 2, 5, -1, 2.5, 1.0, 5.0])
TEXTS = st.sampled_from(["", "C", "CH", "ch", "1", "5", "true", "ski", "2026", "30 days", "2026-13-01"])
LENGTHS = st.sampled_from(["1 hours", "12 hours", "1 days", "10 days", "30 days", "1 months", "2 months"])
SCALARS = NUMBERS | TEXTS | st.booleans() | DATES
LISTS = st.lists(SCALARS | st.none(), max_size=3)
ITEMS = st.lists(st.dictionaries(st.sampled_from("ab"), SCALARS, max_size=2) | SCALARS, max_size=3)
VALUES = SCALARS | LISTS | ITEMS | st.none() | LENGTHS | st.fixed_dictionaries({"b": SCALARS | LISTS})
DATA = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)

PATHS = st.sampled_from(
    [
        f"{root}.{rest}"
        for root in ("contact", "trigger", "event", "step.s-1")
        for rest in ("a", "b", "c", "a.b")
    ]
)
ATTRIBUTES = st.sampled_from(["contact.a", "contact.b", "contact.c"])
REFERENCES = st.fixed_dictionaries({"value": PATHS})


def pairs(ends: st.SearchStrategy[Any], key: Any) -> st.SearchStrategy[list[Any]]:
    return st.tuples(ends, ends).map(lambda pair: sorted(pair, key=key))


OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(["eq", "ne", "contains"], SCALARS),
    **dict.fromkeys(
        ["in", "not_in", "contains_any", "contains_all"], st.lists(SCALARS, min_size=1, max_size=3)
    ),
    **dict.fromkeys(["gt", "gte", "lt", "lte"], NUMBERS | DATES),
    "between": pairs(NUMBERS, float) | pairs(DATES, instant),
    **dict.fromkeys(["starts_with", "ends_with"], TEXTS),
    "matches": st.sampled_from(["^C", "H$", "[0-9]", "s.i", "a|t"]),
    "exists": st.booleans(),
    **dict.fromkeys(["before", "after"], DATES),
    **dict.fromkeys(["within", "in_next", "older_than"], LENGTHS),
}
OPERATOR = st.sampled_from(sorted(OPERANDS)).flatmap(
    lambda word: st.tuples(
        st.just(word), OPERANDS[word] | (REFERENCES if word != "matches" else OPERANDS[word])
    )
)
OPERATORS = st.lists(OPERATOR, min_size=1, max_size=2).map(dict) | PATHS.map(lambda path: {"same_as": path})
NUMERIC = st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"])


def histories(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    window = (
        st.just({}) | LENGTHS.map(lambda length: {"within": length}) | st.just({"since": "journey_start"})
    )
    where = st.just({}) | conditions.map(lambda one: {"where": one})
    counts = st.dictionaries(NUMERIC, st.integers(0, 3), min_size=1, max_size=2)
    count = st.just({}) | (counts | pairs(st.integers(0, 3), int).map(lambda ends: {"between": ends})).map(
        lambda numbers: {"count": numbers}
    )
    sums = st.dictionaries(
        st.sampled_from(["event.a", "event.a.b"]), st.dictionaries(NUMERIC, NUMBERS, min_size=1), min_size=1
    )
    total = st.just({}) | sums.map(lambda numbers: {"sum": numbers})
    names = st.sampled_from(["Order Completed", "Cart Viewed"])
    done = st.tuples(names, window, where, count, total).map(
        lambda it: {"did": it[0], **it[1], **it[2], **it[3], **it[4]}
    )
    undone = st.tuples(names, window, where).map(lambda it: {"did_not": it[0], **it[1], **it[2]})
    return done | undone


LISTED = st.sampled_from(["contact.a", "contact.b", "trigger.c", "step.s-1.a", "item.a", "event.b"])
ITEM_LEAVES = st.dictionaries(
    st.sampled_from(["item.a", "item.b", "contact.a"]), SCALARS | OPERATORS, min_size=1, max_size=2
)
CHANNELS = st.sampled_from(["email", "sms", "push"])
ELSEWHERE = (
    st.sampled_from(sorted(SEGMENTS)).map(lambda name: {"in_segment": name})
    | st.sampled_from(["cart", "news", "club", "orders", "elsewhere"]).map(lambda name: {"subscribed": name})
    | CHANNELS.map(lambda name: {"consented": name})
    | st.sampled_from(["j-1", "j-2"]).map(lambda name: {"in_journey": name})
)
FINISHED = st.tuples(
    st.sampled_from(["j-1", "j-2"]),
    st.just({}) | LENGTHS.map(lambda length: {"within": length}) | st.just({"since": "journey_start"}),
).map(lambda it: {"finished": it[0], **it[1]})


def item_lists(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    words = st.sampled_from(["some", "every", "none_of"])
    return st.tuples(words, LISTED, conditions | ITEM_LEAVES).map(lambda it: {it[0]: it[1], "where": it[2]})


def groups(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    lists = st.lists(conditions, min_size=1, max_size=4)
    return (
        st.dictionaries(st.sampled_from(["all", "any", "none"]), lists, min_size=1, max_size=2)
        | conditions.map(lambda one: {"not": one})
        | histories(conditions)
        | item_lists(conditions)
    )


LEAVES = st.dictionaries(ATTRIBUTES | PATHS, SCALARS | REFERENCES | OPERATORS, min_size=1, max_size=2)
CONDITIONS = st.recursive(LEAVES | histories(LEAVES) | ELSEWHERE | FINISHED, groups, max_leaves=6)
TIMED = st.recursive(
    st.tuples(ATTRIBUTES, st.sampled_from(["within", "in_next", "older_than"]), LENGTHS).map(
        lambda it: {it[0]: {it[1]: it[2]}}
    )
    | histories(LEAVES)
    | FINISHED
    | ELSEWHERE
    | item_lists(
        st.tuples(st.sampled_from(["within", "in_next", "older_than"]), LENGTHS).map(
            lambda it: {"item.a": {it[0]: it[1]}}
        )
    )
    | histories(
        st.tuples(st.sampled_from(["within", "in_next", "older_than"]), LENGTHS).map(
            lambda it: {"event.a": {it[0]: it[1]}}
        )
    ),
    groups,
    max_leaves=4,
)


@st.composite
def worlds(draw: st.DrawFn, values: st.SearchStrategy[Any] = VALUES) -> World:
    data = st.dictionaries(st.sampled_from("abc"), values, max_size=3)
    entered_at, now = draw(INSTANTS), draw(INSTANTS)
    topics = st.sampled_from(["cart", "news", "club", "orders", "*"])
    yes_or_no = st.dictionaries(topics, st.booleans() | st.just("asked"), max_size=2)
    events = st.tuples(
        st.sampled_from(["Order Completed", "Cart Viewed"]), INSTANTS, st.integers(0, 2), data
    ).map(lambda it: (it[0], it[1], it[1] + timedelta(hours=it[2]), it[3]))
    return World(
        contact=draw(data),
        trigger=draw(DATA),
        step=draw(st.just({}) | DATA.map(lambda one: {"s-1": one})),
        past=draw(st.lists(events, max_size=4)),
        now=now,
        entered_at=entered_at,
        triggered_at=entered_at - timedelta(hours=draw(st.integers(0, 1))),
        event=draw(st.none() | DATA),
        item=draw(st.none() | DATA),
        topics=draw(yes_or_no),
        consents=draw(st.dictionaries(CHANNELS, st.booleans(), max_size=2)),
        passes=[
            one for one in draw(passes(entered_at)) if one[1] <= now and (one[2] is None or one[2] <= now)
        ],
    )


def passes(entered_at: datetime) -> st.SearchStrategy[list[tuple[str, datetime, datetime | None]]]:
    """Times in journeys, some of them at the very instant of the entry."""
    entered = INSTANTS | st.just(entered_at)
    lengths = st.none() | st.sampled_from([0, 0, 1, 24, 24 * 20])
    return st.lists(
        st.tuples(st.sampled_from(["j-1", "j-2"]), entered, lengths).map(
            lambda it: (it[0], it[1], None if it[2] is None else it[1] + timedelta(hours=it[2]))
        ),
        max_size=3,
    )


# --- the engine's side -----------------------------------------------------------------------------


def compiled(data: dict[str, Any]) -> Condition:
    mistakes: list[Any] = []
    condition = read_and_compile(data, (), mistakes.append, EVERYWHERE)
    assert condition is not None, mistakes
    return condition


def view_of(world: World) -> View:
    history: dict[str, list[Event]] = {}
    for number, (name, at, received_at, properties) in enumerate(sorted(world.past, key=lambda one: one[1])):
        history.setdefault(name, []).append(Event(str(number), "c", name, at, received_at, properties))
    view = View(Contact("c", attributes=world.contact), world.now, ZoneInfo("Europe/Zurich"), history)
    view.trigger, view.steps = world.trigger, world.step
    view.entered_at, view.triggered_at = world.entered_at, world.triggered_at
    view.contact = structs.replace(view.contact, topics=world.topics, consents=world.consents)
    view.topics = {name: Topic(name, name, consent) for name, consent in TOPICS.items()}  # type: ignore[arg-type]
    view.item, view.elsewhere = world.item, case_of(world)
    if world.event is not None:
        view.event = Event("e", "c", "Tested", world.now, world.now, world.event)
    return view


def case_of(world: World) -> Case:
    """The contact as the core keeps it, with passes that each had an entry key of its own."""
    case = Case(Contact("c"))
    for number, (journey, entered, left) in enumerate(world.passes):
        if left is None:
            case.enrollments.append(Enrollment(journey, "v", str(number), entered, {}, entered))
        in_no_time = left if left == entered else None
        case.past[journey, str(number)] = Past(1, left, left, in_no_time)
    return case


# --- the properties ----------------------------------------------------------------------------------


@given(CONDITIONS, worlds())
@settings(max_examples=300)
def test_the_closures_say_what_the_page_says(data: dict[str, Any], world: World) -> None:
    assert compiled(data).holds(view_of(world)) is truth(data, world)


NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
NEAR_NOON = [
    written(NOON + timedelta(hours=hours)) for hours in (-744, -743, -24, -12, -1, 0, 1, 12, 24, 720)
]
ONES: list[Any] = [
    *(None, True, False, 0, 1, 2, 5, 5.0, 2.5, -1, "", "C", "CH", "ch", "1", "5", "true", "2026-13-01"),
    *("2026-02-28", "2026-03-31", "2026-03-31T00:00:00Z", "2026-02-28T12:00:00Z", *NEAR_NOON),
]
MANY: list[Any] = [
    [],
    ["CH"],
    ["CH", 5],
    [5, True],
    [1, "1"],
    [True, None],
    ["2026-03-31"],
    ["C", "H"],
    {"b": 1},
]
DAYS = ONES[-14:]
SEVERAL = [*([one] for one in ONES[1:]), *MANY[1:5]]
WRITTEN: dict[str, list[Any]] = {
    "eq": ONES[1:],
    "ne": ONES[1:],
    "contains": ONES[1:],
    "in": SEVERAL,
    "not_in": SEVERAL,
    "contains_any": SEVERAL,
    "contains_all": SEVERAL,
    "gt": [0, 1, 5, 2.5, *DAYS],
    "gte": [0, 1, 5, 2.5, *DAYS],
    "lt": [0, 1, 5, 2.5, *DAYS],
    "lte": [0, 1, 5, 2.5, *DAYS],
    "between": [[0, 5], [1, 2.5], [5, 5], ["2026-02-28", "2026-03-31"], [DAYS[2], NEAR_NOON[5]]],
    "starts_with": ["", "C", "H", "CH", "5", "2026"],
    "ends_with": ["", "C", "H", "CH", "5", "2026"],
    "matches": ["^C", "H$", "[0-9]", "^$"],
    "exists": [True, False],
    "before": DAYS,
    "after": DAYS,
    "within": ["1 hours", "12 hours", "1 days", "1 months", "31 days"],
    "in_next": ["1 hours", "12 hours", "1 days", "1 months", "31 days"],
    "older_than": ["1 hours", "12 hours", "1 days", "1 months", "31 days"],
    "same_as": [],
}


@pytest.mark.parametrize("operator", OPERATORS_OF_ALL_TYPES)
def test_each_operator_says_what_the_page_says(operator: str) -> None:
    """Every value against every operand, once written in the file and once read from the trigger."""
    world = World({}, {}, {}, [], NOON, NOON, NOON)
    for operand in WRITTEN[operator]:
        check_all_values({"contact.a": {operator: operand}}, world)
    path = "trigger.b" if operator == "same_as" else {"value": "trigger.b"}
    for operand in [*ONES, *MANY, "1 days", "1 months"]:
        check_all_values({"contact.a": {operator: path}}, replace(world, trigger={"b": operand}))


def check_all_values(data: dict[str, Any], world: World) -> None:
    holds, view = compiled(data).holds, view_of(world)
    for value in [*ONES, *MANY]:
        view.contact = Contact("c", attributes={"a": value})
        wanted = truth(data, replace(world, contact={"a": value}))
        assert holds(view) is wanted, (data, value, world.trigger)


@pytest.mark.parametrize("seconds_between", [0, 5])
def test_since_the_journey_began_says_what_the_page_says(seconds_between: int) -> None:
    """Events around the trigger and the entry, by both of their clocks."""
    data = {"did": "Order Completed", "since": "journey_start"}
    condition, around = compiled(data), [NOON + timedelta(seconds=one) for one in range(-10, 11, 5)]
    for at, received_at in product(around, around):
        past = [("Order Completed", at, received_at, {})]
        began = NOON - timedelta(seconds=seconds_between)
        world = World({}, {}, {}, past, NOON + timedelta(hours=1), entered_at=NOON, triggered_at=began)
        assert condition.holds(view_of(world)) is truth(data, world), (at, received_at)


@given(histories(LEAVES), worlds(NUMBERS | DATES))
@settings(max_examples=200)
def test_history_says_what_the_page_says(data: dict[str, Any], world: World) -> None:
    assert compiled(data).holds(view_of(world)) is truth(data, world)


@given(CONDITIONS)
@settings(max_examples=100)
def test_the_schema_takes_what_the_reader_takes(data: dict[str, Any]) -> None:
    compiled(data)
    SCHEMA.validate(data)


SCHEMA = jsonschema.Draft7Validator(condition_schema())


@given(CONDITIONS)
@settings(max_examples=100)
def test_a_condition_has_one_line_and_names_its_events(data: dict[str, Any]) -> None:
    condition = compiled(data)
    assert condition.text
    assert "\n" not in condition.text
    said = repr(data)
    for name in ("both", *SEGMENTS):  # `both` names others
        said = said.replace(f"{{'in_segment': '{name}'}}", repr(SEGMENTS[name]["when"]))
        said = said.replace(f"'in_segment': '{name}'", repr(SEGMENTS[name]["when"]))
    assert condition.events == set(re.findall(r"'did(?:_not)?': '([^']*)'", said))
    assert condition.journeys == set(re.findall(r"'(?:in_journey|finished)': '([^']*)'", said))


def february(length: str) -> World:
    past = [("Order Completed", SPRING.replace(month=2, day=28, hour=12), SPRING, {})]
    return World({}, {}, {}, past, SPRING.replace(month=3, day=28, hour=13), SPRING, SPRING)


@given(TIMED, worlds(DATES))
@example({"did": "Order Completed", "within": "1 months"}, february("1 months"))
@settings(max_examples=200)
def test_nothing_changes_before_the_next_change(data: dict[str, Any], world: World) -> None:
    condition = compiled(data)
    until = condition.next_change(view_of(world))
    assert until is None or until > world.now
    answer = truth(data, world)
    for now in moments(world):
        if until is None or now < until:
            assert truth(data, replace(world, now=now)) is answer, now


@given(TIMED, worlds(DATES))
@settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much])  # much never changes
def test_going_from_change_to_change_ends_and_misses_nothing(data: dict[str, Any], world: World) -> None:
    """Whoever looks only at these instants knows the answer at every instant between them."""
    condition, looks = compiled(data), [world.now]
    while (following := condition.next_change(view_of(replace(world, now=looks[-1])))) is not None:
        looks.append(following)
        assert len(looks) < 500
    assume(len(looks) > 1)
    answers = [condition.holds(view_of(replace(world, now=now))) for now in looks]
    for now in moments(world):
        known = answers[max(index for index, look in enumerate(looks) if look <= now)]
        assert truth(data, replace(world, now=now)) is known, now


def moments(world: World) -> list[datetime]:
    """Every instant ahead at which anything drawn here could turn, and one just before it."""
    said = [
        instant(value) for one in [world.contact, *(it[3] for it in world.past)] for value in one.values()
    ]
    lists = [
        one
        for value in [*world.contact.values(), *world.trigger.values()]
        if isinstance(value, list)
        for one in value
    ]
    said += [instant(one.get("a")) for one in lists if isinstance(one, dict)]
    said += [left for _, _, left in world.passes]
    dates = {at for at in [*said, *(it[1] for it in world.past)] if at is not None}
    days = [timedelta(days=count) for count in (0, 0.5, 1, 10, 28, 29, 30, 31, 59, 60, 61, 62)]
    marks = {at + sign * length for at in dates for length in [*days, timedelta(hours=1)] for sign in (1, -1)}
    marks |= {SPRING + timedelta(days=day) for day in range(160)}
    tick = timedelta(microseconds=1)
    return sorted({one for at in marks for one in (at - tick, at) if one > world.now})
