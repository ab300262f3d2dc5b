"""`recommend`: some products for this contact, by a name that later messages can go through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Final

from engine.conditions.names import PRODUCT_ROOTS
from engine.conditions.products import PRODUCT_ID, id_of
from engine.conditions.table import compile_condition, read_condition
from engine.conditions.vocabulary import ROOTS, WORDS, AttributeType
from engine.model.journey import Step
from engine.model.predicate import Condition
from engine.model.result import GoTo, Result
from engine.model.stock import NAME, PICKS, Product
from engine.model.view import View
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.naming import NAME_SCHEMA, read_name
from engine.steps.rules import WHERE_OF_OTHERS

SOURCES: Final = ("bought_together", "bestsellers", "recently_viewed", "new_arrivals")
VIEWED: Final = "Product Viewed"
_COUNT: Final = 4
_GROUPS: Final = ("all", "any", "none", "not")
#: So many candidates are looked at, however few of them pass `where`.
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Recommending:
    """A recommend step as written."""

    name: str
    source: str
    count: int
    where: Condition | None


def read(data: Mapping[str, Any], reader: Reader) -> Recommending | None:
    """The name, where from, how many; `where` sees the candidate as `product.*`."""
    plain = data["recommend"]
    name = read_name(plain["as"], reader, ("recommend", "as"), "picks")
    where = None
    if "where" in plain:
        names = replace(reader.names, roots=reader.names.roots | PRODUCT_ROOTS)
        path = (*reader.path, "recommend", "where")
        if _asks_of_others(plain["where"], ("recommend", "where"), reader):
            return None
        predicate = read_condition(plain["where"], path, reader.report, names)
        if predicate is None:
            return None
        where = compile_condition(predicate)
    return None if name is None else Recommending(name, plain["from"], plain.get("count", _COUNT), where)


def _asks_of_others(data: Any, at: tuple[str | int, ...], reader: Reader) -> bool:
    """A condition about the contact says nothing of a product; reported where it stands. What is not
    understood is left to the reading of conditions."""
    found = False
    for key, value in data.items() if isinstance(data, Mapping) else ():
        if key in _GROUPS:
            inner = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, one in inner:
                here = (*at, key) if index is None else (*at, key, index)
                found |= _asks_of_others(one, here, reader)
        elif key in WORDS or (str(key).partition(".")[0] in ROOTS and not str(key).startswith("product")):
            message = f"`{key}` says nothing of a product, and `where` chooses among products."
            help = "Compare `product.…` here; whether the contact gets the step at all is for its `when`."
            reader.wrong((*at, key), WHERE_OF_OTHERS, message, help, at_key=True)
            found = True
    return found


def bind(asked: Recommending, frame: Frame) -> Step:
    """Looks at candidates in their order until there are enough."""
    text = f"recommend {asked.count} of {asked.source.replace('_', ' ')}"

    def run(view: View) -> Result:
        known = named_by_trigger(view.trigger)
        found = [row["id"] for row in _some(_fitting(asked, view, known), asked.count)]
        memory = {NAME: asked.name, PICKS: [{PRODUCT_ID: id} for id in found]}
        why = f"{text}: {', '.join(found) or 'none'}"
        return Result(GoTo(frame.next), why=why, remember=memory)

    events = frozenset({VIEWED}) if asked.source == "recently_viewed" else frozenset[str]()
    if asked.where is not None:
        events |= asked.where.events
    journeys = frozenset[str]() if asked.where is None else asked.where.journeys
    return Step(
        frame.id,
        "recommend",
        frame.next,
        run,
        events=events,
        journeys=journeys,
        text=text,
        asks_stock=True,
    )


def _some(rows: Iterator[Product], count: int) -> Iterator[Product]:
    for _, row in zip(range(count), rows, strict=False):
        yield row


def _fitting(asked: Recommending, view: View, known: list[str]) -> Iterator[Product]:
    inner = copy(view)
    for id, _ in zip(_candidates(asked.source, view, known), range(_MOST), strict=False):
        row = None if id in known else view.stock.product(id)
        if row is None:
            continue
        inner.product = row
        if asked.where is None or asked.where.holds(inner):
            yield row


def _candidates(source: str, view: View, known: list[str]) -> Iterable[str]:
    if source == "bestsellers":
        return view.stock.bestsellers()
    if source == "bought_together":
        return view.stock.bought_together(known) if known else ()
    if source == "new_arrivals":
        return view.stock.new_arrivals(view.now)
    return viewed(view)


def viewed(view: View) -> list[str]:
    """What the contact looked at, each once, the latest first."""
    events = reversed(view.history.get(VIEWED, ()))
    ids = (id_of(event.properties.get(PRODUCT_ID)) for event in events if event.at <= view.now)
    return list(dict.fromkeys(id for id in ids if id is not None))


def named_by_trigger(trigger: Mapping[str, Any]) -> list[str]:
    """The products that the trigger is about: its `product_id`, and those of its `products`."""
    items = trigger.get("products")
    listed = (
        [one.get(PRODUCT_ID) for one in items if isinstance(one, Mapping)] if isinstance(items, list) else []
    )
    ids = (id_of(value) for value in (trigger.get(PRODUCT_ID), *listed))
    return list(dict.fromkeys(id for id in ids if id is not None))


RECOMMEND = StepType(
    word="recommend",
    keys=("recommend",),
    summary="Chooses products for this contact, as a list for later messages.",
    example="""\
- id: choose
  recommend: { as: picks, from: bestsellers, count: 4, where: { product.stock: { gte: 1 } } }
""",
    schema={
        "recommend": {
            "type": "object",
            "description": "Where from, how many, and the name of the list in later messages.",
            "examples": [{"as": "picks", "from": "bestsellers"}],
            "properties": {
                "as": {**NAME_SCHEMA, "examples": ["picks"]},
                "from": {"enum": list(SOURCES), "description": "What the list is made of."},
                "count": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 20,
                    "description": "How many at most; 4 unless it says otherwise.",
                    "examples": [4],
                },
                "where": {
                    "$ref": "#/definitions/condition",
                    "description": "Only such products; `product.*` is the one that is looked at.",
                },
            },
            "required": ["as", "from"],
            "additionalProperties": False,
        }
    },
    required=("recommend",),
    read=read,
    bind=bind,
    remembers=lambda _data: {"items": AttributeType("list")},
    names_something=True,
)
