"""Paths into a payload: dotted names, `[]` for every item of a list, and two ways to name one item of it.

    customer.email                   a value within a value
    line_items[].price               of every item, as a list
    discount_codes[0].code           of the first item
    answers[field.ref=city].text     of the first item whose `field.ref` is `city`
    header.X-Shopify-Topic           a header of the request
    address                          what the address of the request ends in, behind the source's name
    body.currency                    from the top of the payload, where paths begin at an item of a list
    fetched.billing.email            in what the other system answered, where the file asks it (`fetch`)

The notation is total: what a path does not lead to is not there (None), whatever the payload looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from engine.calendar.spelling import quoted
from engine.errors import ReadError

Root = Literal["item", "body", "header", "address", "fetched"]

#: Characters of a path; nothing that a person writes is longer.
_LONGEST: Final = 300
_PART: Final = re.compile(r"(?P<key>[^.\[\]]+)|\[(?P<inner>[^\[\]]*)\]")
_HEADER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_EXAMPLES: Final = "Write for example `customer.email`, `line_items[].price` or `header.X-Topic`."


@dataclass(frozen=True, slots=True)
class Every:
    """`[]`: each item of a list."""


@dataclass(frozen=True, slots=True)
class First:
    """`[KEY=TEXT]`: the first item whose value at the key is, as a text, this one."""

    keys: tuple[str, ...]
    text: str


Step = str | int | Every | First


@dataclass(frozen=True, slots=True)
class PayloadPath:
    """A path that was read. Of a header `steps` hold the name in small letters."""

    text: str
    root: Root
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """What paths look into. `headers` by their names in small letters; `body` is the whole, `item` a part."""

    item: Any
    body: Any
    headers: Mapping[str, str]
    address: str = ""
    fetched: Any = None

    def at(self, item: Any) -> Payload:
        """The same payload, with paths that begin at an item of it."""
        return Payload(item, self.body, self.headers, self.address, self.fetched)


def read_path(text: str) -> PayloadPath:
    """Raises ReadError in plain words."""
    if len(text) > _LONGEST:
        raise ReadError(f"A path has at most {_LONGEST} characters.", _EXAMPLES)
    if text == "address":
        return PayloadPath(text, "address", ())
    root, _, rest = text.partition(".")
    if root == "header":
        if not _HEADER.fullmatch(rest):
            raise ReadError(f"{quoted(text)} names no header.", "Write for example `header.X-Topic`.")
        return PayloadPath(text, "header", (rest.lower(),))
    if root in ("body", "fetched") and rest:
        return PayloadPath(text, root, tuple(_steps(rest, text)))  # type: ignore[arg-type]  # one of the two
    return PayloadPath(text, "item", tuple(_steps(text, text)))


def _steps(text: str, whole: str) -> Iterator[Step]:
    place, wants_key = 0, True
    while place < len(text):
        if text[place] == "." and not wants_key:
            place, wants_key = place + 1, True
            continue
        found = _PART.match(text, place)
        if found is None or wants_key != (found["inner"] is None):
            raise ReadError(f"{quoted(whole)} is no path.", _EXAMPLES)
        yield found["key"].strip() if found["inner"] is None else _choice(found["inner"], whole)
        place, wants_key = found.end(), False
    if wants_key:
        raise ReadError(f"{quoted(whole)} is no path: a name is missing.", _EXAMPLES)


def _choice(inner: str, whole: str) -> Step:
    """What stands between brackets."""
    if inner == "":
        return Every()
    if inner.isascii() and inner.isdigit() and len(inner) < 6:
        return int(inner)
    key, equals, text = inner.partition("=")
    keys = tuple(part.strip() for part in key.split("."))
    if not equals or not all(keys):
        help = "Between brackets write nothing (every item), a number (`[0]` is the first) or `[name=text]`."
        raise ReadError(f"`[{inner}]` in {quoted(whole)} names no item of a list.", help)
    return First(keys, text.strip())


def find(path: PayloadPath, payload: Payload) -> Any:
    """The value there; None where there is none. A path with `[]` gives a list."""
    match path.root:
        case "address":
            return payload.address or None
        case "header":
            return payload.headers.get(str(path.steps[0]))
        case "fetched":
            return _walk(payload.fetched, path.steps)
        case _:
            return _walk(payload.body if path.root == "body" else payload.item, path.steps)


def _walk(value: Any, steps: tuple[Step, ...]) -> Any:
    for number, step in enumerate(steps):
        if isinstance(step, Every):
            if not isinstance(value, list):
                return None
            rest = steps[number + 1 :]
            found = [one for item in value if (one := _walk(item, rest)) is not None]
            return _flat(found) if any(isinstance(one, Every) for one in rest) else found
        value = _one(value, step)
        if value is None:
            return None
    return value


def _flat(lists: list[Any]) -> list[Any]:
    """Lists within lists, from a path with two `[]`, as one."""
    return [one for items in lists for one in (items if isinstance(items, list) else [items])]


def _one(value: Any, step: str | int | First) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, list):
        return None
    if isinstance(step, int):
        return value[step] if step < len(value) else None
    return next((item for item in value if as_text(_walk(item, step.keys)) == step.text), None)


def as_text(value: Any) -> str | None:
    """A single value as a text, as it stands in JSON; None for nothing, lists and mappings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None
