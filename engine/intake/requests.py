"""Bodies of the Segment HTTP API: an item or a batch becomes events, traits of contacts, and who is who.

Source: the tracking specification that Segment publishes, and what clients of that family really send. A body
is JSON whatever its content type says; each item of a batch stands or falls by itself.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import structs

from engine.errors import ReadError
from engine.intake.limits import read_name
from engine.intake.lines import Identified, read_item
from engine.model.event import Event

#: Bytes of a body, also once it is unpacked. Segment's own limit is 500 KB; clients count it in their ways.
LARGEST_BODY: Final = 512 * 1024

#: Items of one batch; smaller ones than these the body's size allows by the ten thousand.
MOST_ITEMS: Final = 5_000

#: What the kinds without an event of their own are called in history.
PAGES: Final = {"page": "Page Viewed", "screen": "Screen Viewed", "group": "Group Joined"}
KINDS: Final = ("track", "identify", "alias", *PAGES)

_SHOWN: Final = 1_000


class TooLargeError(ReadError):
    """More bytes than a body may have."""


@dataclass(frozen=True, slots=True)
class Linked:
    """An anonymous visitor turned out to be a contact. `alias`: how an item that says only this begins.

    `is_stated`: it says who is who (an alias, an identify), so that two contacts are merged by it; that
    something happened somewhere is not enough for that. `is_through`: the contact id may be an anonymous one
    itself, of which it is known by then whose it is.
    """

    anonymous_id: str
    contact_id: str
    alias: str = ""
    is_stated: bool = False
    is_through: bool = False


@dataclass(frozen=True, slots=True)
class Anonymous:
    """What somebody unknown did or told; `item` names the anonymous id in the place of a contact's."""

    anonymous_id: str
    item: Event | Identified

    def known_as(self, contact_id: str) -> Event | Identified:
        """The item, now that it is known whose it is."""
        if isinstance(self.item, Event):
            return replace(self.item, contact_id=contact_id)
        return replace(
            self.item, contact_id=contact_id, traits=structs.replace(self.item.traits, id=contact_id)
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that cannot be taken, with the reason and its beginning."""

    reason: str
    text: str


@dataclass(slots=True)
class Batch:
    """What a body holds, in order. `write_key` is one that stood in the body itself; `figures` are added to
    the counters by (journey or source, step or kind, what)."""

    entries: list[Event | Identified | Linked | Anonymous] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    write_key: str | None = None
    figures: Mapping[tuple[str, str, str], int] = field(default_factory=dict)


def unpacked(body: bytes, encoding: str | None) -> bytes:
    """The body without gzip, never more than may come in. Raises TooLargeError, ReadError."""
    if encoding in (None, "", "identity"):
        plain = body
    elif encoding == "gzip":
        plain = _unzipped(body)
    else:
        raise ReadError(f"the encoding `{str(encoding)[:40]}` is not known", "Send gzip, or plain JSON.")
    if len(plain) > LARGEST_BODY:
        raise TooLargeError(f"the body has more than {LARGEST_BODY:,} bytes", "Send smaller batches.")
    return plain


def _unzipped(body: bytes) -> bytes:
    """Stops as soon as it is too much, whatever the rest would have been."""
    unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = unzip.decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise ReadError("the body is no gzip, though its header says so", "Send it as plain JSON.") from None
    if len(plain) <= LARGEST_BODY and not unzip.eof:
        raise ReadError("the gzip ends in the middle", "Send the whole of it.")
    return plain


def read_body(body: bytes, kind: str | None, received_at: datetime) -> Batch:
    """A batch, or with a `kind` one item of it. Raises ReadError for what is no JSON object at all."""
    plain = _object(body)
    key = plain.get("writeKey")
    batch = Batch(write_key=key if isinstance(key, str) else None)
    for item in _items(plain, kind):
        try:
            batch.entries += _read(item, received_at)
        except ReadError as error:
            batch.rejected.append(Rejected(_reason(error), _beginning(item)))
    return batch


def _object(body: bytes) -> Mapping[str, Any]:
    plain = _decoded(body, "Send one object as UTF-8.")
    if not isinstance(plain, dict):
        raise ReadError("the body is no JSON object", 'Send {"batch": [ … ]}, or one item.')
    return plain


def _decoded(body: bytes, help: str) -> Any:
    """What the body says. Half a character, NaN and the like spoil their own item only, not those beside it:

    clients in JavaScript write the half of a character that they cut off as an escape, which is JSON.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise ReadError("the body is no JSON: it is nested too deeply", help) from None
    except UnicodeDecodeError:
        raise ReadError("the body is not UTF-8", help) from None
    except msgspec.MsgspecError as error:
        try:
            return json.loads(body.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise ReadError(f"the body is no JSON: {error}", help) from None


def _items(plain: Mapping[str, Any], kind: str | None) -> list[Any]:
    if kind is not None:
        return [{**plain, "type": kind}]
    items = plain.get("batch")
    if not isinstance(items, list):
        raise ReadError("there is no `batch` with a list of items", 'Send {"batch": [ … ]}.')
    if len(items) > MOST_ITEMS:
        raise TooLargeError(f"the batch has more than {MOST_ITEMS:,} items", "Send smaller batches.")
    return items


def _reason(error: ReadError) -> str:
    end = "" if error.message.endswith((".", "?")) else "."
    return f"{error.message}{end} {error.help}".strip()


def _beginning(item: Any) -> str:
    try:
        return msgspec.json.encode(item).decode()[:_SHOWN]
    except (TypeError, ValueError):
        return repr(item)[:_SHOWN]


# --- one item --------------------------------------------------------------------------------------


def _read(item: Any, received_at: datetime) -> Iterator[Event | Identified | Linked | Anonymous]:
    """Who it is comes before what they did, so that an older self is joined first."""
    if not isinstance(item, dict):
        raise ReadError("this item is no object", "Send objects with a `type`.")
    kind = item.get("type")
    anonymous = _anonymous_id(item)
    if kind == "alias":
        return iter([_alias(item)])
    read = read_item(_as_known(item, anonymous), received_at=received_at)
    if item.get("userId") is None and anonymous is not None:
        return iter([Anonymous(anonymous, read)])
    if anonymous is None or anonymous == read.contact_id:
        return iter([read])
    return iter([Linked(anonymous, read.contact_id, is_stated=kind == "identify"), read])


def _anonymous_id(item: Mapping[str, Any]) -> str | None:
    given = item.get("anonymousId")
    return None if given is None or given == "" else read_name("anonymousId", given)


def _alias(item: Mapping[str, Any]) -> Linked:
    for key in ("userId", "previousId"):
        if item.get(key) is None:
            raise ReadError(f"an alias without `{key}` joins nobody", "Send userId and previousId.")
    return Linked(
        read_name("previousId", item["previousId"]),
        read_name("userId", item["userId"]),
        _beginning(item),
        is_stated=True,
    )


def _as_known(item: Mapping[str, Any], anonymous: str | None) -> dict[str, Any]:
    """The item as the lines of a file have it: a page is an event, and somebody unknown goes by that id."""
    plain = {key: item[key] for key in _TAKEN if key in item}
    if plain.get("userId") in (None, "") and anonymous is not None:
        plain["userId"] = anonymous
    if plain.get("timestamp") is None and item.get("originalTimestamp") is not None:
        plain["timestamp"] = item["originalTimestamp"]
    context = item.get("context")
    if plain.get("traits") is None and isinstance(context, Mapping):  # where RudderStack's clients put them
        plain["traits"] = context.get("traits")
    kind = plain.get("type")
    if isinstance(kind, str) and kind in PAGES:
        properties = _page_properties({**item, **plain})
        plain |= {"type": "track", "event": PAGES[kind], "properties": properties}
    return plain


#: What clients send besides (context, integrations, channel, …) says nothing that a journey asks for.
_TAKEN = ("type", "userId", "event", "timestamp", "messageId", "properties", "traits")


def _page_properties(item: Mapping[str, Any]) -> dict[str, Any]:
    said = item.get("traits") if item.get("type") == "group" else item.get("properties")
    properties = dict(said) if isinstance(said, Mapping) else {}
    for key in ("name", "category", "groupId"):
        if isinstance(item.get(key), str):
            properties.setdefault(key, item[key])
    return properties


# --- CloudEvents -----------------------------------------------------------------------------------


def read_cloud_events(body: bytes, received_at: datetime) -> Batch:
    """CloudEvents 1.0 as structured JSON, one or a list: `type` is the event, `subject` the contact.

    `source` and `id` together are unique there, so together they are the message id.
    """
    plain = _decoded(body, "Send CloudEvents as JSON.")
    items = plain if isinstance(plain, list) else [plain]
    if len(items) > MOST_ITEMS:
        raise TooLargeError(f"the batch has more than {MOST_ITEMS:,} events", "Send smaller batches.")
    batch = Batch()
    for item in items:
        try:
            batch.entries.append(read_item(_from_cloud(item), received_at=received_at))
        except ReadError as error:
            batch.rejected.append(Rejected(_reason(error), _beginning(item)))
    return batch


def _from_cloud(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict) or item.get("specversion") != "1.0":
        raise ReadError("this is no CloudEvent of version 1.0", 'Send {"specversion": "1.0", …}.')
    for key in ("id", "source", "type", "subject"):
        if not isinstance(item.get(key), str) or not item[key]:
            raise ReadError(f"there is no `{key}`", "Send id, source, type, and the contact as subject.")
    data = item.get("data")
    if data is not None and not isinstance(data, dict):
        raise ReadError("`data` is no object", "Send the properties of the event as `data`.")
    plain = {"type": "track", "userId": item["subject"], "event": item["type"], "properties": data}
    plain["messageId"] = f"{item['source']}#{item['id']}"
    return {**plain, "timestamp": item["time"]} if item.get("time") is not None else plain
