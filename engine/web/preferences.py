"""The page on which a person chooses: topics, channels, a break, the language; a copy of their data, erasure.

It states only what is different from what held before: a topic that nobody was ever asked about stays so when
somebody saves the page for another reason. Copy and erasure ask for the address that we write to, because a
letter with the link may have been passed on.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.errors import JourneysError, ReadError
from engine.model.consent import is_subscribed
from engine.model.contact import Contact
from engine.model.policy import Topic
from engine.model.proof import Proof
from engine.model.suppression import SUPPRESSIBLE, addresses_of, normalised
from engine.service.dossier import dossier
from engine.service.saying import Wish, leaving, saying
from engine.web.pages import HEADERS, SOURCE, Form, Pages, first_of, form_of, masked, note, where_from
from engine.web.words import WORDS, Words

#: The breaks that are offered, in days.
BREAKS: Final = (30, 90)


@dataclass(frozen=True, slots=True)
class Preferences:
    """/p/TOKEN. `erase` erases a contact by id; None where people do not help themselves to their data."""

    pages: Pages
    erase: Callable[[str], None] | None

    def routes(self) -> list[Route]:
        """To choose, and for the data."""
        own = [
            Route("/p/{token}", self._show, methods=["GET", "HEAD"]),
            Route("/p/{token}", self._save, methods=["POST"]),
        ]
        if self.erase is None:
            return own
        return [
            *own,
            Route("/p/{token}/data", self._ask_export, methods=["GET", "HEAD"]),
            Route("/p/{token}/data", self._export, methods=["POST"]),
            Route("/p/{token}/erase", self._ask_erase, methods=["GET", "HEAD"]),
            Route("/p/{token}/erase", self._erase, methods=["POST"]),
        ]

    async def _found(self, request: Request) -> tuple[Contact, Words] | Response:
        """Whose page it is, in their language; or what to say instead."""
        try:
            id = self.pages.links.chooser(request.path_params["token"])
        except ReadError:
            return self.pages.broken(request)
        contact = await self.pages.contact(id)
        if contact is None:
            return self.pages.broken(request)
        return contact, self.pages.words(request, contact)

    # --- choosing ---

    async def _show(self, request: Request) -> Response:
        found = await self._found(request)
        return found if isinstance(found, Response) else self._page(request, *found)

    async def _save(self, request: Request) -> Response:
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        contact, words = found
        form, now = await form_of(request), self.pages.inbox.now()
        is_leaving = first_of(form, "do") == "leave"
        wish = leaving(contact, None) if is_leaving else self._wish(contact, form, now)
        if wish != Wish():
            proof = Proof(
                wording=f"preferences page, {words.language}",
                confirmed_at=now,  # who has the link got it by a message to the address
                details={"network": where_from(request)},
            )
            if not await self.pages.say(saying(contact.id, wish, SOURCE, now, proof)):
                return self.pages.unsaved(words, words.preferences)
        contact = await self.pages.contact(contact.id) or contact
        words = self.pages.words(request, contact)
        done = words.done_all if is_leaving else words.saved
        return self._page(request, contact, words, note(self.pages.filled(done)))

    def _wish(self, contact: Contact, form: Form, now: datetime) -> Wish:
        """What is different from before, of what the page had shown."""
        shown, ticked = set(form.get("shown", ())), set(form.get("topic", ()))
        topics = {
            topic.id: topic.id in ticked
            for topic in self._topics()
            if topic.id in shown and (topic.id in ticked) != self._has(contact, topic)
        }
        channels = {
            channel: channel in form.get("channel", ())
            for channel in _channels_of(contact)
            if f"by {channel}" in shown and (channel in form.get("channel", ())) != _may(contact, channel)
        }
        locale = first_of(form, "language")
        is_other = locale in WORDS and (contact.locale or "")[:2].lower() != locale
        return Wish(
            topics, channels, _break(contact, first_of(form, "break"), now), locale if is_other else None
        )

    def _topics(self) -> list[Topic]:
        return [topic for topic in (self.pages.catalog().topics or {}).values() if topic.consent != "none"]

    def _has(self, contact: Contact, topic: Topic) -> bool:
        return is_subscribed(contact, self.pages.catalog().topics or {}, topic.id)

    # --- the page ---

    def _page(self, request: Request, contact: Contact, words: Words, notice: str = "") -> Response:
        parts = [
            self._intro(contact, words),
            '<form method="post">\n',
            *self._topic_choices(contact, words),
            *self._channel_choices(contact, words),
            *self._break_choices(contact, words),
            *self._language_choices(words),
            f'<button class="first" name="do" value="save">{escape(words.save)}</button>\n</form>\n',
            self._way_out(words),
            *self._data_ways(request, contact, words),
        ]
        return self.pages.page(words, words.preferences, "".join(parts), 200, notice)

    def _intro(self, contact: Contact, words: Words) -> str:
        address = _address(contact)
        if address is None:
            return ""
        return f'<p class="soft">{self.pages.filled(words.for_address, address=masked(address))}</p>\n'

    def _way_out(self, words: Words) -> str:
        filled = self.pages.filled
        return (
            f"<section><h2>{filled(words.all_title)}</h2>\n"
            f"<p>{filled(words.all_help)} {filled(words.still)}</p>\n"
            f'<form method="post"><button name="do" value="leave">{filled(words.do_all)}</button></form>\n'
            "</section>\n"
        )

    def _topic_choices(self, contact: Contact, words: Words) -> Iterator[str]:
        topics = self._topics()
        if not topics:
            return
        yield _group(words.topics, self.pages.filled(words.topics_help))
        for topic in topics:
            yield f'<input type="hidden" name="shown" value="{escape(topic.id)}">\n'
            yield _choice("checkbox", "topic", topic.id, topic.name, is_on=self._has(contact, topic))
        yield "</fieldset>\n"

    def _channel_choices(self, contact: Contact, words: Words) -> Iterator[str]:
        channels = _channels_of(contact)
        if not channels:
            return
        yield _group(words.channels, "")
        for channel, address in channels.items():
            yield f'<input type="hidden" name="shown" value="by {channel}">\n'
            shown = "" if channel == "push" else masked(address)
            name = words.channel_names[channel]
            yield _choice("checkbox", "channel", channel, name, shown, is_on=_may(contact, channel))
        yield "</fieldset>\n"

    def _break_choices(self, contact: Contact, words: Words) -> Iterator[str]:
        until = contact.paused_until
        is_kept = until is not None and until > self.pages.inbox.now()
        yield _group(words.pause, self.pages.filled(words.pause_help))
        if is_kept and until is not None:
            kept = words.pause_kept.format(date=words.date(until))
            yield _choice("radio", "break", "kept", kept, is_on=True)
        yield _choice("radio", "break", "none", words.pause_none, is_on=not is_kept)
        for days in BREAKS:
            yield _choice("radio", "break", str(days), words.pause_days.format(days=days), is_on=False)
        yield "</fieldset>\n"

    def _language_choices(self, words: Words) -> Iterator[str]:
        yield _group(words.speech, self.pages.filled(words.speech_help))
        for language, known in WORDS.items():
            yield _choice(
                "radio", "language", language, known.name, is_on=language == words.language, speech=language
            )
        yield "</fieldset>\n"

    def _data_ways(self, request: Request, contact: Contact, words: Words) -> Iterator[str]:
        if self.erase is None or _address(contact) is None:
            return
        filled, token = self.pages.filled, self._token(request)
        yield f"<section><h2>{filled(words.data)}</h2>\n<p>{filled(words.data_help)}</p>\n"
        yield f'<p class="row"><a class="button" href="{token}/data">{filled(words.to_export)}</a>\n'
        yield f'<a class="button" href="{token}/erase">{filled(words.to_erase)}</a></p></section>'

    @staticmethod
    def _token(request: Request) -> str:
        """Links are written from the page's own folder, whatever proxy stands before it."""
        return str(request.path_params["token"])

    # --- data ---

    async def _ask_export(self, request: Request) -> Response:
        found = await self._found(request)
        return found if isinstance(found, Response) else self._ask(request, found[1], _EXPORT)

    async def _ask_erase(self, request: Request) -> Response:
        found = await self._found(request)
        return found if isinstance(found, Response) else self._ask(request, found[1], _ERASE)

    def _ask(self, request: Request, words: Words, what: _Asking, notice: str = "") -> Response:
        filled, title = self.pages.filled, what.title(words)
        content = (
            f'<p id="about">{filled(what.help(words))}</p>\n<form method="post">\n'
            f'<label for="address">{filled(words.your_address)}</label>\n'
            '<input type="text" id="address" name="address" inputmode="email" autocomplete="email" '
            'autocapitalize="none" spellcheck="false" required aria-describedby="about">\n'
            f'<button class="first">{filled(what.do(words))}</button>\n</form>\n'
            f'<p><a href="../{self._token(request)}">{filled(words.back)}</a></p>'
        )
        return self.pages.page(words, title, content, 422 if notice else 200, notice)

    async def _export(self, request: Request) -> Response:
        found = await self._allowed(request, _EXPORT)
        if isinstance(found, Response):
            return found
        contact, _ = found
        told = await asyncio.to_thread(dossier, self.pages.store, contact.id, self.pages.inbox.now())
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="my-data.json"'}
        text = json.dumps(told, ensure_ascii=False, indent=2)
        return Response(text, 200, headers, media_type="application/json")

    async def _erase(self, request: Request) -> Response:
        found = await self._allowed(request, _ERASE)
        if isinstance(found, Response):
            return found
        contact, words = found
        try:
            await asyncio.to_thread(self.erase or _nobody, contact.id)
        except JourneysError:
            return self.pages.unsaved(words, words.erase_title)
        content = f'<p role="status">{self.pages.filled(words.erased)}</p>'
        return self.pages.page(words, words.erased_title, content)

    async def _allowed(self, request: Request, what: _Asking) -> tuple[Contact, Words] | Response:
        """Whoever knows the address that we write to; or the question once more."""
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        contact, words = found
        given = first_of(await form_of(request), "address")
        if not _is_theirs(contact, given):
            return self._ask(request, words, what, note(self.pages.filled(words.wrong_address), is_bad=True))
        return contact, words


@dataclass(frozen=True, slots=True)
class _Asking:
    """The words of a question for the address."""

    title: Callable[[Words], str]
    help: Callable[[Words], str]
    do: Callable[[Words], str]


_EXPORT: Final = _Asking(lambda w: w.export_title, lambda w: w.export_help, lambda w: w.do_export)
_ERASE: Final = _Asking(lambda w: w.erase_title, lambda w: w.erase_help, lambda w: w.do_erase)


def _nobody(_id: str) -> None:
    """Stands where nothing is erased; its route is not there then."""


def _channels_of(contact: Contact) -> Mapping[str, str]:
    """By which channels the contact can be reached at all, and where."""
    return {
        channel: addresses_of(contact)[channel]
        for channel in SUPPRESSIBLE
        if channel in addresses_of(contact)
    }


def _may(contact: Contact, channel: str) -> bool:
    """Mail follows the topics until somebody says no; every other channel needs a yes."""
    return contact.consents.get(channel, channel == "email")


def _break(contact: Contact, chosen: str, now: datetime) -> datetime | None:
    """Until when a break is wanted; None where that changes nothing. An end is an instant that is past."""
    if chosen in {str(days) for days in BREAKS}:
        return now + timedelta(days=int(chosen))
    is_running = contact.paused_until is not None and contact.paused_until > now
    return now if chosen == "none" and is_running else None


def _address(contact: Contact) -> str | None:
    return contact.email or contact.phone


def _is_theirs(contact: Contact, given: str) -> bool:
    """Whether it is the mail address or the number, however it is written. Compared in constant time."""
    theirs = [("email", contact.email), ("sms", contact.phone)]
    pairs = [(normalised(of, at), normalised(of, given)) for of, at in theirs if at]
    found = [hmac.compare_digest(one.encode(), other.encode()) for one, other in pairs if other]
    return any(found)


def _group(name: str, help: str) -> str:
    below = f'<p class="soft">{help}</p>\n' if help else ""
    return f"<fieldset><legend>{escape(name)}</legend>\n{below}"


def _choice(
    kind: str, name: str, value: str, text: str, small: str = "", *, is_on: bool, speech: str = ""
) -> str:
    below = f"<small>{escape(small)}</small>" if small else ""
    language = f' lang="{speech}"' if speech else ""
    return (
        f'<label class="choice"{language}><input type="{kind}" name="{name}" value="{escape(value)}"'
        f"{' checked' if is_on else ''}> <span>{escape(text)}{below}</span></label>\n"
    )
