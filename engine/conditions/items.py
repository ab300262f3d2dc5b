"""Lists of items: `{ some: trigger.products, where: { item.category: shoes } }`, `every` and `none_of`.

Where there is no list, none of the three holds: a missing value compares with nothing. Of an empty list every
item and none is as asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.conditions import rules
from engine.conditions.alone import refuse_others
from engine.conditions.contract import Build, Compiled, Kind, NextChange, Reading
from engine.conditions.names import read_named
from engine.conditions.references import Getter, getter
from engine.conditions.vocabulary import ROOTS, TYPE_PHRASES
from engine.conditions.windows import earliest_after
from engine.model.predicate import Items, Predicate, Reference
from engine.model.view import View

_WORDS = ("some", "every", "none_of")
_OPTIONS = ("where",)


# --- reading -------------------------------------------------------------------------------------


def _read(word: str, data: Mapping[Any, Any], reading: Reading) -> Predicate | None:
    """The whole mapping. Mistakes are reported; what is left is read all the same."""
    refuse_others(word, data, _OPTIONS, reading)
    items = _read_list(word, data[word], reading.at(word))
    if "where" not in data:
        if len(data) > 1:  # what stands in its place is told already
            return None
        return reading.wrong(
            rules.ITEMS_WHERE,
            f"`{word}` does not say what must hold of the items.",
            f"Write for example `{{{word}: {items or 'trigger.products'},"
            " where: {item.price: {gte: 50}}}`.",
            at_key=True,
        )
    inside = replace(reading.names, roots=reading.names.roots | {"item"})
    where = reading.condition(data["where"], reading.naming(inside).at("where"))
    return Items(_word(word), items, where) if items is not None and where is not None else None


def _word(word: str) -> Any:
    """One of the three, as the table hands it in."""
    return word


def _read_list(word: str, data: Any, reading: Reading) -> Reference | None:
    found = read_named(data, reading.path, reading.report, reading.names)
    if found is None or found.type is None or found.type.type == "list":
        return found.reference if found is not None else None
    return reading.wrong(
        rules.ITEMS_NO_LIST,
        f"`{word}` looks through a list, and `{found.reference}` is {TYPE_PHRASES[found.type.type]}.",
        "Name a list, or compare the value itself without `some`, `every` and `none_of`.",
    )


# --- compiling -----------------------------------------------------------------------------------


def _compile(asked: Items, build: Build) -> Compiled:
    where, get = build(asked.where), getter(asked.list)
    change = None if where.next_change is None else _next_change(get, where.next_change)
    return Compiled(_VERDICTS[asked.word](get, where.holds), change, where.events, where.journeys)


def _looking_at(view: View, items: list[Any]) -> Iterator[View]:
    """A view for each item, in which it is the one under test; one view, changed from item to item."""
    inner = copy(view)
    for item in items:
        inner.item = item
        yield inner


def _some(get: Getter, holds: Callable[[View], bool]) -> Callable[[View], bool]:
    def some(view: View) -> bool:
        items = get(view)
        return isinstance(items, list) and any(holds(inner) for inner in _looking_at(view, items))

    return some


def _every(get: Getter, holds: Callable[[View], bool]) -> Callable[[View], bool]:
    def every(view: View) -> bool:
        items = get(view)
        return isinstance(items, list) and all(holds(inner) for inner in _looking_at(view, items))

    return every


def _none_of(get: Getter, holds: Callable[[View], bool]) -> Callable[[View], bool]:
    return _every(get, lambda view: not holds(view))


_VERDICTS = {"some": _some, "every": _every, "none_of": _none_of}


def _next_change(get: Getter, change: NextChange) -> NextChange:
    def next_change(view: View) -> datetime | None:
        items = get(view)
        if not isinstance(items, list):
            return None
        return earliest_after(view.now, (change(inner) for inner in _looking_at(view, items)))

    return next_change


# --- the schema ----------------------------------------------------------------------------------


def _list_schema(summary: str) -> dict[str, Any]:
    return {"type": "string", "pattern": rf"^({'|'.join(ROOTS)})\.", "description": summary}


ITEMS = Kind(
    name="items",
    words=_WORDS,
    companions=dict.fromkeys(_WORDS, _OPTIONS),
    is_alone=True,
    summary="Looks through a list of items: some, every or none of them is as `where` says.",
    example="""\
some: trigger.products
where: { item.category: shoes, item.price: { gte: 50 } }
""",
    schema={
        "some": _list_schema(
            "At least one item of this list is as `where` says. Example: some: trigger.products"
        ),
        "every": _list_schema("Every item of this list is as `where` says. Example: every: trigger.products"),
        "none_of": _list_schema(
            "No item of this list is as `where` says. Example: none_of: trigger.products"
        ),
    },
    read=_read,
    compile=_compile,
    forms=(Items,),
)
