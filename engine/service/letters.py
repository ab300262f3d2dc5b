"""Letters: a released message becomes what a channel carries, from the values kept at release alone."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.calendar.zones import zone_of
from engine.errors import RenderError
from engine.language.catalog import Catalog
from engine.messages.addresses import address_of
from engine.messages.mime import build
from engine.model.message import Content, Message, MessageSource, Parcel
from engine.model.policy import Sender
from engine.service.follower import Follower
from engine.service.links import Links, Person, Question
from engine.service.return_paths import ReturnPaths
from engine.service.versions import Version

#: A mail, the domain of its sender, and the time, to the mail with its signatures.
Sign = Callable[[bytes, str, datetime], bytes]


@dataclass(frozen=True, slots=True)
class Letters:
    """The shop's senders and language; one object makes all letters."""

    catalog: Catalog
    unsubscribe: str | None = None  # a mailto:
    links: Links | None = None  # pages of our own, where people can reach them
    follower: Follower | None = None  # for journeys that ask to be followed
    sign: Sign | None = None  # by DKIM, where there are keys
    return_paths: ReturnPaths | None = None  # to tell a mail that comes back
    reaches_people: bool = False  # a letter to nobody may hold links that lead nowhere

    @staticmethod
    def domain_of(catalog: Catalog) -> str:
        """The right side of Message-IDs: the domain of the default sender."""
        sender = catalog.senders.get(catalog.sender or "")
        return "journeys.invalid" if sender is None else address_of(sender.address).rpartition("@")[2].lower()

    def content(self, message: Message, version: Version) -> Content:
        """The rendered message. Raises RenderError in words for people."""
        template = version.templates.get(message.step)
        source = version.sources.get(message.step)
        if template is None or source is None:
            raise RenderError(
                f"the message of step `{message.step}` cannot be read",
                "See what `journeys validate` says of it.",
            )
        sender = self._sender(source)
        values = {
            **message.values,
            "sender": {"postal_address": None if sender is None else sender.postal_address},
            "transactional": message.transactional,
            "links": _LinksOf(self, message),
        }
        return template.render(
            values,
            locale=self._locale(message),
            zone=self._zone(message),
            currency=self.catalog.currency or "EUR",
            now=message.at,
        )

    def parcel(self, message: Message, version: Version, now: datetime) -> tuple[Parcel, Content]:
        """What the message's channel carries, and its content. Raises RenderError."""
        content = self.content(message, version)
        if message.channel != "email":
            return _text_parcel(message, content), content
        source = version.sources[message.step]
        sender = self._sender(source)
        if sender is None:
            raise RenderError("there is no sender", "Add one under `senders:` in catalog.yaml.")
        sent = content if self.follower is None else self.follower.followed(content, message, version)
        raw = build(
            sent,
            sender=sender.address,
            to=message.to or "",
            message_id=message.message_id,
            date=now,
            reply_to=source.reply_to or sender.reply_to,
            unsubscribe=self._ways_to_leave(message),
            list_id=_list_id(message, sender),
            topic=message.topic,
            journey=message.journey,
            transactional=message.transactional,
            attachments=source.attachments,
        )
        from_ = address_of(sender.address)
        if self.sign is not None:
            raw = self.sign(raw, from_.rpartition("@")[2].lower(), now)
        to, envelope = address_of(message.to or ""), self._return_path(message) or from_
        return Parcel(message.id or 0, envelope, to, raw, message.message_id), content

    def _return_path(self, message: Message) -> str | None:
        """Mail to staff comes back to its sender, who knows what to do."""
        if self.return_paths is None or message.id is None or message.is_to_staff:
            return None
        return self.return_paths.of(message.id)

    def link(self, name: str, message: Message) -> str | None:
        """Where `links.NAME` leads; None where there is no such page, so that who prints it fails."""
        if name == "unsubscribe":
            return self._page_to_leave(message) or self.unsubscribe
        links = self.links or (None if self.reaches_people else _NOWHERE)
        if links is None:
            return None
        match name:
            case "preferences":
                return links.preferences(message.contact_id)
            case "view":
                return links.view(message.id or 0)
            case _:
                question = self._question(message)
                return None if question is None else links.confirm(question)

    def _question(self, message: Message) -> Question | None:
        """About the topic that the trigger tells of, else that of the message."""
        topics, trigger = self.catalog.topics or {}, message.values.get("trigger")
        told = trigger.get("topic") if isinstance(trigger, Mapping) else None
        topic = next((one for one in (told, message.topic) if isinstance(one, str) and one in topics), None)
        if topic is None:
            return None
        wording = f"{message.journey}/{message.step}@{message.version[:12]}"
        return Question(message.contact_id, topic, wording, message.at)

    def _page_to_leave(self, message: Message) -> str | None:
        if self.links is None or message.transactional:
            return None
        return self.links.unsubscribe(Person(message.contact_id, message.topic))

    def _ways_to_leave(self, message: Message) -> tuple[str, ...]:
        """Mail programs take the page only over https (RFC 8058); others know only the address."""
        page = self._page_to_leave(message)
        pages = (page,) if page is not None and page.startswith("https:") else ()
        return (*pages, *([self.unsubscribe] if self.unsubscribe is not None else []))

    def _sender(self, source: MessageSource) -> Sender | None:
        return self.catalog.senders.get(source.sender or self.catalog.sender or "")

    def _locale(self, message: Message) -> str:
        """The contact's own if it is of the shop's language: a half-French letter helps nobody."""
        shop, theirs = self.catalog.locale or "en", _setting(message).get("locale")
        is_same_language = isinstance(theirs, str) and theirs[:2].lower() == shop[:2].lower()
        return str(theirs) if is_same_language else shop

    def _zone(self, message: Message) -> ZoneInfo:
        return zone_of(
            None if message.zone == "contact" else message.zone,
            _setting(message).get("timezone"),
            self.catalog.timezone,
        )[0]


#: In simulations, tests and captured letters links are whole, and lead nowhere.
_NOWHERE: Final = Links("https://journeys.invalid", (b"nobody",))


class _LinksOf(Mapping[str, str | None]):
    """The links of one message, each made when the template asks for it: most templates ask for one."""

    _NAMES: Final = ("unsubscribe", "preferences", "confirm", "view")

    def __init__(self, letters: Letters, message: Message) -> None:
        self._letters = letters
        self._message = message

    def __getitem__(self, name: str) -> str | None:
        if name not in self._NAMES:
            raise KeyError(name)
        return self._letters.link(name, self._message)

    def __iter__(self) -> Iterator[str]:
        return iter(self._NAMES)

    def __len__(self) -> int:
        return len(self._NAMES)


def _text_parcel(message: Message, content: Content) -> Parcel:
    """A text or JSON; the id without the domain that only mail has."""
    to = message.to or ""
    recipient = _phone(to) if message.channel in ("sms", "whatsapp") else to
    id = message.message_id.partition("@")[0]
    return Parcel(
        message.id or 0, "", recipient, content.text.encode("utf-8", "replace"), id, content.subject
    )


def carried_as(to: str, message_id: str) -> set[tuple[str, str]]:
    """Recipients and ids under which a channel may have carried a message to `to`."""
    recipients = {to, address_of(to)}
    with contextlib.suppress(RenderError):
        recipients.add(_phone(to))
    return {(recipient, id) for recipient in recipients for id in (message_id, message_id.partition("@")[0])}


def _phone(written: str) -> str:
    """As providers want it: digits, with a plus where there is one. Raises RenderError."""
    number = re.sub(r"[ ()./\u00a0-]", "", written.replace("(0)", ""))
    if not re.fullmatch(r"\+?[0-9]{4,15}", number):
        raise RenderError(
            f"{written[:40]!r} is not a phone number", help="Write it with its country: +41791234567."
        )
    return number


def unsubscribe_link_of(catalog: Catalog) -> str:
    """What messages lead to where `unsubscribe_mailto` is not set: the address of the shop itself.

    Simulations, tests and captured mail need some link to be rendered; real marketing needs the setting.
    """
    sender = catalog.senders.get(catalog.sender or "")
    address = (
        "unsubscribe@journeys.invalid" if sender is None else address_of(sender.reply_to or sender.address)
    )
    return f"mailto:{address}?subject=unsubscribe"


def _setting(message: Message) -> Mapping[str, Any]:
    """What was kept at release besides the template's own values."""
    kept = message.values.get("_")
    return kept if isinstance(kept, Mapping) else {}


def _list_id(message: Message, sender: Sender) -> str | None:
    domain = address_of(sender.address).rpartition("@")[2]
    return None if message.topic is None else f"{message.topic}.{domain}"
