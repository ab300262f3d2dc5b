"""What comes back changes the contact: events in its history, the suppression list, the message's state.

Everything that one mail says is in one transaction, and taken once, however often the mail is read. How far a
mail is believed depends on what it shows: see `Trust`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from engine.bounces.classify import classify
from engine.bounces.original import original_of
from engine.bounces.reasons import OF_THE_MAILBOX
from engine.core.release import properties_of
from engine.intake.lines import Identified
from engine.intake.returned_mail import read_returned
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.message import Message
from engine.model.returned import Original, Returned, ReturnedMail
from engine.model.suppression import Reason, Suppression, normalised
from engine.service.erased import without_erased
from engine.service.return_paths import ReturnPaths
from engine.service.running import Running, under_newest
from engine.service.saying import leaving
from engine.service.take import Item, person_of, take_into
from engine.store.database import Store
from engine.store.outbox import MessageUpdate
from engine.store.pages import Page
from engine.store.tallies import What

SOURCE = "bounces"

#: Headers that say to whom a mail came; all but the first two are delivery agents' own.
_TO_WHOM = frozenset({"to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to"})

BOUNCED, COMPLAINED = "Message Bounced", "Message Complained"

#: So many soft bounces in a row, over so long, and the mailbox counts as dead. A mail that was sent and did
#: not come back for so long arrived.
_IN_A_ROW, _OVER, _ARRIVED = 5, timedelta(days=7), timedelta(days=3)

#: A bounce may come before the sender has written down that the mail was accepted; then that comes too late.
_WENT_OUT = frozenset({"sent", "unsure", "in_data"})
_NEVER_LEFT = frozenset({"draft", "held_out", "dropped", "failed"})

#: What feedback types mean: the person wants nothing more, or only to leave. The others tell of servers.
_COMPLAINTS, _LEAVES = frozenset({"abuse", "fraud", "other"}), frozenset({"opt-out"})


@dataclass(frozen=True, slots=True)
class Trust:
    """How far mails are believed that do not show a return path of ours.

    With return paths a mail without a token is at best a soft bounce or a wish to leave, and only if it shows
    the Message-ID of a mail of ours. Without them the Message-ID counts in full. A mere address counts for
    nothing, unless whoever hands over the mail vouches for it.
    """

    paths: ReturnPaths | None = None
    by_address: bool = False


@dataclass(frozen=True, slots=True)
class Apart:
    """A mail taken apart. `number` is of the message whose return path it shows."""

    id: str
    told: tuple[Returned, ...]
    original: Original
    number: int | None


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message that did not arrive. `is_hard`: the address is no more."""

    message: Message
    reason: str
    is_hard: bool
    said: str


@dataclass(slots=True)
class Work:
    """What a page of mails comes to, before it is written."""

    bounces: list[Bounce] = field(default_factory=list)
    complaints: list[tuple[Message, Returned]] = field(default_factory=list)
    leaving: list[tuple[Message, str]] = field(default_factory=list)  # with the mail's id
    counts: Counter[str] = field(default_factory=Counter)


def take_apart(raw: bytes, paths: ReturnPaths | None) -> Apart:
    """Raises ReadError for what cannot be read."""
    mail = read_returned(raw)
    number = None if paths is None else paths.find(_places(mail))
    return Apart(sha256(raw).hexdigest()[:32], tuple(classify(mail)), original_of(mail), number)


def _places(mail: ReturnedMail) -> Iterable[str]:
    """Where the return path may stand: to whom the mail came, and the head of what came back."""
    yield from (value for name, value in mail.headers if name in _TO_WHOM)
    yield from (part.text for part in mail.parts if part.type != "text/html")


def take_returned(
    store: Store, running: Running, mails: Sequence[Apart], trust: Trust, now: datetime
) -> Counter[str]:
    """All of them in one transaction; how many of what. A mail may count twice, for two recipients."""

    def work(running: Running) -> Counter[str]:
        with store.page("take") as page:
            running.require_newest(page)
            found = _sort_out(page, mails, trust)
            _write(page, running, found, now)
            return found.counts

    return under_newest(running, work)


def tell_bounces(store: Store, running: Running, bounces: Sequence[Bounce], now: datetime) -> None:
    """What servers said while we were sending; the messages are marked by the sender."""

    def work(running: Running) -> None:
        with store.page("take") as page:
            running.require_newest(page)
            _take(page, running, Work(list(bounces)), {}, now)

    under_newest(running, work)


# --- which message, and how far to believe it ------------------------------------------------------


def _sort_out(page: Page, mails: Sequence[Apart], trust: Trust) -> Work:
    found = Work()
    known = _Known.of(page, mails, trust)
    for mail in mails:
        if all(one.kind == "neither" for one in mail.told):
            found.counts["neither"] += 1
            continue
        message, is_proven = known.message(mail)
        if message is None or message.is_to_staff or message.state in _NEVER_LEFT:
            found.counts["not ours"] += 1
        else:
            _count_in(found, mail, message, _about(message, mail.told), is_proven)
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """The messages that a page of mails may be about."""

    by_number: Mapping[int, Message]
    by_id: Mapping[str, Message]
    by_address: Mapping[str, Message]
    has_paths: bool

    @staticmethod
    def of(page: Page, mails: Sequence[Apart], trust: Trust) -> _Known:
        numbers = {mail.number for mail in mails if mail.number is not None}
        without = [mail for mail in mails if mail.number is None]
        ids = {mail.original.message_id for mail in without} - {""}
        addresses = {address for mail in without for address in _addresses(mail)} if trust.by_address else ()
        return _Known(
            {message.id or 0: message for message in page.messages_by_id(numbers)},
            {message.message_id: message for message in page.messages_called(ids)},
            {_bare(message.to): message for message in page.newest_to(addresses)},
            trust.paths is not None,
        )

    def message(self, mail: Apart) -> tuple[Message | None, bool]:
        """With whether that it is this one is beyond doubt."""
        if mail.number is not None:
            return self.by_number.get(mail.number), True
        message = self.by_id.get(mail.original.message_id)
        if message is not None:
            return message, not self.has_paths
        return next((self.by_address[one] for one in _addresses(mail) if one in self.by_address), None), True


def _addresses(mail: Apart) -> list[str]:
    told = [address for one in mail.told for address in (one.recipient, one.original)]
    return [normalised("email", address) for address in (*told, mail.original.recipient) if address]


def _bare(address: str | None) -> str:
    """Of `Name <a@b>`, as it is compared."""
    return normalised("email", (address or "").rpartition("<")[2].strip(" >"))


def _about(message: Message, told: Sequence[Returned]) -> Returned:
    """The one that speaks of this message's recipient. Somebody else's address, to which the mail was handed
    on, may be gone for good: that says nothing of ours."""
    ours = _bare(message.to)
    for one in told:
        if ours in (normalised("email", one.recipient), normalised("email", one.original)):
            return one
    return replace(told[0], is_hard=told[0].is_hard and not told[0].recipient)


def _count_in(found: Work, mail: Apart, message: Message, one: Returned, is_proven: bool) -> None:
    if one.kind == "complaint":
        _count_complaint(found, mail, message, one, is_proven)
    elif one.action == "delayed":
        found.counts["delayed"] += 1
    else:
        is_hard = one.is_hard and is_proven
        found.bounces.append(Bounce(message, one.reason, is_hard, one.said or one.status))
        found.counts["hard" if is_hard else "soft"] += 1


def _count_complaint(found: Work, mail: Apart, message: Message, one: Returned, is_proven: bool) -> None:
    if one.reason in _COMPLAINTS:
        found.complaints += [(message, one)] if is_proven else []
        found.leaving.append((message, mail.id))
        found.counts["complaint" if is_proven else "opt-out"] += 1
    elif one.reason in _LEAVES:
        found.leaving.append((message, mail.id))
        found.counts["opt-out"] += 1
    else:
        found.counts["neither"] += 1


# --- what follows ----------------------------------------------------------------------------------


def _write(page: Page, running: Running, found: Work, now: datetime) -> None:
    people = {message.contact_id for message, _ in found.leaving}
    contacts = page.people(people)
    _take(page, running, found, contacts, now)
    marks = [
        MessageUpdate(one.message.id or 0, "bounced", one.reason, reply=one.said)
        for one in found.bounces
        if one.message.state in _WENT_OUT
    ]
    page.mark(marks, now)


def _take(page: Page, running: Running, found: Work, people: Mapping[str, Contact], now: datetime) -> None:
    """Events and wishes by the door that all come through; then the list, then the counts."""
    events = [_bounced(one, now) for one in found.bounces]
    events += [_complained(message, one, now) for message, one in found.complaints]
    wishes = [
        Identified(
            f"left-{id}", message.contact_id, now, now, _nothing_more(people[message.contact_id]), SOURCE
        )
        for message, id in found.leaving
        if message.contact_id in people
    ]
    news = {event.message_id for event in events} - page.known_events([event.message_id for event in events])
    items: list[Item] = [*events, *wishes]
    kept = without_erased(page, items, person_of)
    take_into(page, running, kept, now)
    there = {item.contact_id for item in kept}
    for one in found.bounces:
        if one.message.contact_id not in there:
            continue
        why: Reason | None = "hard_bounce" if one.is_hard else None
        if why is not None or _is_dead(page, one, now):
            _suppress(page, one.message, why or "soft_bounces", one.said, now)
    for message, said in found.complaints:
        _suppress(page, message, "complaint", said.reason, now)
    _count(page, [event for event in events if event.message_id in news], found, now)


def _bounced(one: Bounce, now: datetime) -> Event:
    """Once for a message, however often it is told."""
    properties = {**properties_of(one.message), "hard": one.is_hard, "reason": one.reason}
    id = f"bounced-{one.message.message_id}"
    return Event(id, one.message.contact_id, BOUNCED, now, now, properties)


def _complained(message: Message, one: Returned, now: datetime) -> Event:
    properties = {**properties_of(message), "type": one.reason}
    return Event(f"complained-{message.message_id}", message.contact_id, COMPLAINED, now, now, properties)


def _nothing_more(contact: Contact) -> Contact:
    return Contact(contact.id, topics=leaving(contact, None).topics)


def _suppress(page: Page, message: Message, why: Reason, said: str, now: datetime) -> None:
    """By address: who has another one by now is reached there."""
    address = (message.to or "").rpartition("<")[2].strip(" >")
    if message.channel == "email" and address:
        detail = said[:200] or None
        page.suppress(
            [Suppression("email", address, why, now, SOURCE, detail)], now, holders=[message.contact_id]
        )


def _is_dead(page: Page, one: Bounce, now: datetime) -> bool:
    """Soft bounces in a row, over some time, that are about the mailbox; a mail that arrived ends the row.

    Blocks, spam and policy are about us, and say nothing of the person however often they come.
    """
    if one.reason not in OF_THE_MAILBOX or one.message.channel != "email":
        return False
    key = page.contacts([one.message.contact_id], now)[one.message.contact_id]
    row = [one.message.at]
    for message in page.messages(key):
        if message.channel != "email" or message.id == one.message.id or _is_other(message, one.message):
            continue
        if message.state == "bounced" and message.reason in OF_THE_MAILBOX:
            row.append(message.at)
        elif message.state == "sent" and message.at <= now - _ARRIVED:
            break
    return len(row) >= _IN_A_ROW and max(row) - min(row) >= _OVER


def _is_other(message: Message, than: Message) -> bool:
    return _bare(message.to) != _bare(than.to)


def _count(page: Page, news: Sequence[Event], found: Work, now: datetime) -> None:
    """For the alarms: what was accepted and came back later. What a server refused at once is counted by the
    sender."""
    later = {one.message.message_id for one in found.bounces if one.message.state in _WENT_OUT}
    messages = {one.message.message_id: one.message for one in found.bounces}
    messages |= {message.message_id: message for message, _ in found.complaints}
    counts: Counter[tuple[str, What]] = Counter()
    for event in news:
        _, _, id = event.message_id.partition("-")
        what: What = "bounced" if event.name == BOUNCED else "complained"
        if not messages[id].transactional and (what == "complained" or id in later):
            counts[messages[id].journey, what] += 1
    page.tally(counts, now)
