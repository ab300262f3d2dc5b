"""What a webhook becomes, by its source file: contacts, events and answers about consent; pure.

One request may hold several payloads (a list), and one payload may give several items. Each payload stands or
falls by itself: one that cannot be read is kept with its reason, one that no rule wants is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote

import msgspec

from engine.calendar.instants import write_instant
from engine.errors import ReadError
from engine.intake.lines import Identified, read_item
from engine.intake.payload_values import Reader, pairs_of, read_instant, reader_of, said, test_of
from engine.intake.requests import Anonymous, Linked, Rejected
from engine.intake.signatures import Request
from engine.language.sources.paths import Payload, as_text
from engine.language.sources.source_file import NOT_ATTRIBUTES
from engine.model.contact import BUILT_IN
from engine.model.event import Event

#: Payloads of one request.
MOST_PAYLOADS: Final = 1_000

#: Characters of a rejected payload that are kept, and of a kind that is counted.
_SHOWN: Final = 1_000
_LONGEST_KIND: Final = 100

_FETCHED: Final = "fetched."
_RESERVED: Final = NOT_ATTRIBUTES | frozenset(BUILT_IN)

Entry = Event | Identified | Linked | Anonymous
Pairs = Callable[[Payload], dict[str, Any]]


@dataclass(slots=True)
class Mapped:
    """What came of one request. `taken` and `ignored` count payloads by their kind."""

    entries: list[Entry] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the other system before a payload can be read. The headers may hold secrets."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class _Fetch:
    """`url` in pieces: texts as they are, and readers of what stands between them."""

    pieces: tuple[str | Reader, ...]
    headers: Mapping[str, str] = field(repr=False)

    def question(self, payload: Payload) -> Question:
        """Raises ReadError where the payload does not say what to ask for."""
        parts = [piece if isinstance(piece, str) else _in_url(piece(payload)) for piece in self.pieces]
        return Question("".join(parts), self.headers)


def _in_url(value: Any) -> str:
    text = as_text(value)
    if text is None:
        help = "Look at `fetch` in the source file."
        raise ReadError("the payload does not say what to ask the other system for", help)
    return quote(text, safe="")


def _fetch(plain: Mapping[str, Any]) -> _Fetch:
    pieces = re.split(r"(?<!\$)\{([^{}]*)\}", plain["url"])
    read = tuple(reader_of(piece) if number % 2 else piece for number, piece in enumerate(pieces))
    return _Fetch(read, plain.get("headers", {}))


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a payload is about. `anonymous` is the number that only the other system knows."""

    id: str | None
    email: str | None
    anonymous: str | None

    @property
    def contact_id(self) -> str | None:
        return self.id or self.email


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds whom a payload is about."""

    readers: Mapping[str, Reader]

    def find(self, payload: Payload) -> Who:
        found = {name: _line(name, value) for name, value in said(self.readers, payload).items()}
        email = found.get("email")
        return Who(found.get("id"), None if email is None else email.lower(), found.get("anonymous"))


@dataclass(frozen=True, slots=True)
class _Answer:
    """One of `consent`: what was answered about a topic or a channel, and when."""

    about: Mapping[str, str]  # `topics` or `consent` → the name
    read: Reader
    at: Reader | None

    def traits(self, payload: Payload, received_at: datetime) -> dict[str, Any] | None:
        """As an identify says it; None where nothing was answered. A time to come is none."""
        yes = self.read(payload)
        if not isinstance(yes, bool):
            return None
        said: dict[str, Any] = {group: {name: yes} for group, name in self.about.items()}
        told = None if self.at is None else self.at(payload)
        at = None if told is None else read_instant(told)
        return said if at is None or at > received_at else {**said, "consent_at": write_instant(at)}


def _answer(plain: Mapping[str, Any]) -> _Answer:
    about = {"topics": plain["topic"]} if "topic" in plain else {"consent": plain["channel"]}
    way = {key: plain[key] for key in ("path", "table") if key in plain}
    return _Answer(about, reader_of(way), reader_of(plain["at"]) if "at" in plain else None)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One of `take`, ready to be asked."""

    when: frozenset[str] | None
    where: Callable[[Payload], bool]
    where_fetched: Callable[[Payload], bool]
    fetch: _Fetch | None
    finder: _Finder
    attributes: Mapping[str, Reader]
    attributes_from: Pairs | None
    event: str | None
    properties: Mapping[str, Reader]
    properties_from: Pairs | None
    consent: tuple[_Answer, ...]
    at: Reader | None
    id: tuple[Reader, ...]

    def wants(self, kind: str | None, payload: Payload) -> bool:
        """Whether this rule fits, as far as the payload itself tells."""
        return (self.when is None or kind in self.when) and self.where(payload)


class Source:
    """A source file, compiled. `name` is the name of the file; `plain` has passed every check."""

    def __init__(self, name: str, plain: Mapping[str, Any]) -> None:
        self.name = name
        self._select = reader_of(plain["select"]) if "select" in plain else None
        self._each = reader_of(plain["each"]) if "each" in plain else None
        self._ignores_nobody = plain.get("nobody") == "ignore"
        self._rules = tuple(_rule(one, plain.get("contact") or {}) for one in plain["take"])

    def questions(self, request: Request) -> list[Question]:
        """What to ask the other system before `read`; what cannot be asked, `read` rejects."""
        if not any(rule.fetch for rule in self._rules):
            return []
        found: list[Question] = []
        with suppress(ReadError):
            whole = _whole(request)
            for payload in map(whole.at, self._items(whole)[:MOST_PAYLOADS]):
                found += self._questions_of(payload)
        return list(dict.fromkeys(found))

    def _questions_of(self, payload: Payload) -> Iterator[Question]:
        kind = self._kind(payload)
        for rule in self._rules:
            if rule.fetch is not None and rule.wants(kind, payload):
                with suppress(ReadError):
                    yield rule.fetch.question(payload)

    def read(
        self, request: Request, received_at: datetime, answers: Mapping[str, Any] | None = None
    ) -> Mapped:
        """What the request says, received at an instant; `answers` by the address that was asked."""
        mapped = Mapped()
        try:
            whole = _whole(request)
        except ReadError as error:
            text = request.body[:_SHOWN].decode(errors="replace").replace("\0", "")
            mapped.rejected.append(Rejected(_words(error), text))
            return mapped
        items = self._items(whole)
        for item in items[:MOST_PAYLOADS]:
            self._take(whole.at(item), received_at, mapped, answers or {})
        if len(items) > MOST_PAYLOADS:
            words = f"one request holds {len(items):,} payloads, and {MOST_PAYLOADS:,} are taken of one."
            mapped.rejected.append(Rejected(words, _beginning(items[MOST_PAYLOADS])))
        return mapped

    def _items(self, whole: Payload) -> Sequence[Any]:
        """The payloads of the request: a list is always several."""
        found = whole.body if self._each is None else self._each(whole)
        return found if isinstance(found, list) else [] if self._each is not None else [found]

    def _kind(self, payload: Payload) -> str | None:
        return None if self._select is None else as_text(self._select(payload))

    def _take(
        self, payload: Payload, received_at: datetime, mapped: Mapped, answers: Mapping[str, Any]
    ) -> None:
        kind = self._kind(payload)
        shown = _shown(kind)
        entries: list[Entry] = []
        try:
            for rule in self._rules:
                if rule.wants(kind, payload):
                    inside = _answered(rule, payload, answers)
                    if rule.where_fetched(inside):
                        entries += self._entries(rule, inside, received_at)
        except ReadError as error:
            mapped.rejected.append(Rejected(_words(error), _beginning(payload.item)))
            return
        except RecursionError:
            mapped.rejected.append(Rejected("the payload is nested too deeply.", ""))
            return
        mapped.entries += entries
        (mapped.taken if entries else mapped.ignored)[shown] += 1

    def _entries(self, rule: _Rule, payload: Payload, received_at: datetime) -> Iterator[Entry]:
        """Who it is comes before what is known of them, and that before what they did."""
        who = rule.finder.find(payload)
        if who.contact_id is None and who.anonymous is None:
            if not self._ignores_nobody:
                help = "Look at `contact` in the source file, or write `nobody: ignore`."
                raise ReadError("the payload names nobody", help)
            return
        if who.contact_id is not None and who.anonymous is not None and who.anonymous != who.contact_id:
            yield Linked(who.anonymous, who.contact_id, is_stated=True, is_through=who.email is None)
        if who.contact_id is None and who.anonymous is not None:
            stranger = who.anonymous
            for one in self._items_of(rule, payload, who, stranger, received_at):
                if not (
                    isinstance(one, Identified) and one.gives_way
                ):  # nobody knows what they told us since
                    yield Anonymous(stranger, one)
        elif who.contact_id is not None:
            yield from self._items_of(rule, payload, who, who.contact_id, received_at)

    def _items_of(
        self, rule: _Rule, payload: Payload, who: Who, contact_id: str, received_at: datetime
    ) -> Iterator[Event | Identified]:
        plain: dict[str, Any] = {"userId": contact_id}
        if rule.at is not None and (at := rule.at(payload)) is not None:
            plain["timestamp"] = write_instant(read_instant(at))
        own = [text for read in rule.id if (text := as_text(read(payload))) is not None]
        unique = own if own and len(own) == len(rule.id) else [payload.item]
        if traits := _traits(rule, payload, who):
            # The id of an event is not that of all that is known by then: an order comes again, with more.
            parts = unique if rule.event is None else [payload.item]
            yield self._identify(plain, traits, received_at, contact_id, *parts, traits)
        for answer in rule.consent:
            if (said := answer.traits(payload, received_at)) is not None:
                item = self._identify(plain, said, received_at, contact_id, said, payload.item)
                yield replace(item, gives_way=True)
        if rule.event is not None:
            properties = said_of(rule.properties, rule.properties_from, payload)
            track = {**plain, "type": "track", "event": rule.event, "properties": properties}
            id = self._message_id("track", rule.event, *unique)
            yield read_item({**track, "messageId": id}, received_at=received_at)

    def _identify(
        self, plain: Mapping[str, Any], traits: Mapping[str, Any], received_at: datetime, *unique: Any
    ) -> Identified:
        id = self._message_id("identify", *unique)
        item = {**plain, "type": "identify", "traits": traits, "messageId": id}
        read = read_item(item, received_at=received_at)
        assert isinstance(read, Identified)  # noqa: S101  # its type says so
        return read

    def _message_id(self, *said: Any) -> str:
        """The same for the same thing, however often and by whatever way it comes."""
        digest = blake2b(_encoded([self.name, *said]), digest_size=16).hexdigest()
        return f"{self.name[:200]}-{digest}"


def _whole(request: Request) -> Payload:
    body = _decoded(request.body)
    return Payload(body, body, request.headers, request.address)


def _answered(rule: _Rule, payload: Payload, answers: Mapping[str, Any]) -> Payload:
    """The payload with what the other system answered about it."""
    if rule.fetch is None:
        return payload
    return replace(payload, fetched=answers.get(rule.fetch.question(payload).url))


def _traits(rule: _Rule, payload: Payload, who: Who) -> dict[str, Any]:
    """What becomes known. Names out of a list are the sender's own, so they never reach what is built in."""
    listed = {} if rule.attributes_from is None else rule.attributes_from(payload)
    free = {name: value for name, value in listed.items() if name not in _RESERVED}
    traits = {**free, **said(rule.attributes, payload)}
    if who.email is not None:
        traits.setdefault("email", who.email)
    if isinstance(traits.get("email"), str):
        traits["email"] = traits["email"].strip().lower()
    return traits


def said_of(readers: Mapping[str, Reader], listed: Pairs | None, payload: Payload) -> dict[str, Any]:
    """What is named in the file wins over what a list of names and values says."""
    return {**({} if listed is None else listed(payload)), **said(readers, payload)}


def _rule(plain: Mapping[str, Any], usual: Mapping[str, Any]) -> _Rule:
    when, id = plain.get("when"), plain.get("id", ())
    contact, where = plain.get("contact", usual), plain.get("where", {})
    return _Rule(
        when=None if when is None else frozenset([when] if isinstance(when, str) else when),
        where=test_of({path: one for path, one in where.items() if not path.startswith(_FETCHED)}),
        where_fetched=test_of({path: one for path, one in where.items() if path.startswith(_FETCHED)}),
        fetch=_fetch(plain["fetch"]) if "fetch" in plain else None,
        finder=_Finder({name: reader_of(value) for name, value in contact.items()}),
        attributes={name: reader_of(value) for name, value in plain.get("attributes", {}).items()},
        attributes_from=pairs_of(plain["attributes_from"]) if "attributes_from" in plain else None,
        event=plain.get("event"),
        properties={name: reader_of(value) for name, value in plain.get("properties", {}).items()},
        properties_from=pairs_of(plain["properties_from"]) if "properties_from" in plain else None,
        consent=tuple(_answer(one) for one in plain.get("consent", ())),
        at=reader_of(plain["at"]) if "at" in plain else None,
        id=tuple(reader_of(one) for one in ([id] if isinstance(id, str) else id)),
    )


def _line(name: str, value: Any) -> str:
    text = as_text(value)
    if text is None:
        raise ReadError(f"`{name}` of the contact is no single value", "Name a path to a text or a number.")
    return text.strip()


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise ReadError("the body is no JSON: it is nested too deeply", "Send it as JSON.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        help = "Choose JSON as the format where the webhook is set up."
        raise ReadError(f"the body is no JSON: {error}", help) from None


def _encoded(value: Any) -> bytes:
    """Anything that was decoded, in one spelling."""
    return msgspec.json.encode(value, order="sorted")


def _shown(kind: str | None) -> str:
    """A kind as it is counted: short, and without what cannot be seen."""
    return "".join(one for one in (kind or "")[:_LONGEST_KIND] if one.isprintable())


def _words(error: ReadError) -> str:
    end = "" if error.message.endswith((".", "?")) else "."
    return f"{error.message}{end} {error.help}".strip()


def _beginning(item: Any) -> str:
    return _encoded(item).decode()[:_SHOWN]
