"""The page on which a person unsubscribes. Looking changes nothing, because scanners look at every link.

A POST does it at once, without a cookie and without a second question: RFC 8058 for mail programs, a button
for people. Whoever does it twice has done it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from engine.errors import JourneysError, ReadError
from engine.intake.lines import Identified
from engine.intake.requests import Batch
from engine.language.catalog import Catalog
from engine.messages.addresses import read_address
from engine.model.contact import Contact
from engine.service.inbox import Inbox
from engine.service.links import Links, Person
from engine.store.database import Store
from engine.web.words import Words, words_for

_PAGE = files("engine.web").joinpath("page.html").read_text("utf-8")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: Bytes of a form: a word or two.
_LARGEST = 4_096


@dataclass(frozen=True, slots=True)
class Leaving:
    """`catalog` is the applied one, for the names of topics and shop."""

    store: Store
    inbox: Inbox
    links: Links
    catalog: Callable[[], Catalog]

    def routes(self) -> list[Route]:
        """/u/TOKEN."""
        return [
            Route("/u/{token}", self._show, methods=["GET", "HEAD"]),
            Route("/u/{token}", self._leave, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        try:
            person = self.links.person(request.path_params["token"])
        except ReadError:
            return self._broken(request)
        contact = await asyncio.to_thread(self._contact, person)
        words, topic = self._words(request, contact), self._topic(person)
        ask = words.ask_all if topic is None else words.ask_topic
        buttons = (
            [("all", words.do_all)] if topic is None else [("topic", words.do_topic), ("all", words.do_all)]
        )
        content = f"<p>{self._filled(ask, topic)}</p>\n" + self._form(buttons, topic)
        return _page(words, words.title, f"{content}\n<p>{self._filled(words.still, topic)}</p>")

    async def _leave(self, request: Request) -> Response:
        try:
            person = self.links.person(request.path_params["token"])
        except ReadError:
            return self._broken(request)
        form = await _form_of(request)
        contact, topic = await asyncio.to_thread(self._contact, person), self._topic(person)
        words = self._words(request, contact)
        is_everything = topic is None or "what=all" in form.split("&")
        if contact is not None:  # somebody erased gets no mail any more, and is told the same
            try:
                await self.inbox.put(
                    Batch([self._said(person, contact, is_everything=is_everything)]), "page"
                )
            except JourneysError:
                return HTMLResponse("503", 503, {**_HEADERS, "Retry-After": "5"})
        done = words.done_all if is_everything else words.done_topic
        content = f"<p>{self._filled(done, topic)}</p>\n<p>{self._filled(words.still, topic)}</p>"
        return _page(words, words.title, content)

    def _said(self, person: Person, contact: Contact, *, is_everything: bool) -> Identified:
        """What the contact says from now on. A no to everything takes back every yes to a single topic."""
        named = (*contact.topics, "*") if is_everything else (person.topic or "*",)
        topics = dict.fromkeys(named, False)
        now = self.inbox.now()
        once = sha256(f"{person}{sorted(topics)}{now.isoformat()}".encode()).hexdigest()[:32]
        return Identified(f"page-{once}", contact.id, now, now, Contact(contact.id, topics=topics))

    def _contact(self, person: Person) -> Contact | None:
        return self.store.contact(person.contact_id)

    def _topic(self, person: Person) -> str | None:
        """The name of the topic that can be left."""
        known = (self.catalog().topics or {}).get(person.topic or "")
        return known.name if known is not None and known.consent != "none" else None

    def _words(self, request: Request, contact: Contact | None) -> Words:
        theirs = None if contact is None else contact.locale
        return words_for(theirs, request.headers.get("accept-language"), self.catalog().locale)

    def _filled(self, text: str, topic: str | None) -> str:
        return escape(text.format(topic=topic or "", shop=self._shop()))

    def _shop(self) -> str:
        catalog = self.catalog()
        sender = catalog.senders.get(catalog.sender or "")
        return "" if sender is None else read_address(sender.address).name or sender.address

    def _form(self, buttons: list[tuple[str, str]], topic: str | None) -> str:
        """The action is left out: the page posts to itself, whatever proxy stands before it."""
        drawn = "\n".join(
            f'<button name="what" value="{what}"{" class=first" if number == 0 else ""}>'
            f"{self._filled(text, topic)}</button>"
            for number, (what, text) in enumerate(buttons)
        )
        return f'<form method="post">\n{drawn}\n</form>'

    def _broken(self, request: Request) -> Response:
        words = self._words(request, None)
        return _page(words, words.broken_title, f"<p>{self._filled(words.broken, None)}</p>", 404)


async def _form_of(request: Request) -> str:
    """As much of the body as matters."""
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > _LARGEST:
            break
    return read[:_LARGEST].decode("ascii", "replace")


def _page(words: Words, heading: str, content: str, status: int = 200) -> Response:
    text = _PAGE.format(
        language=words.language, title=escape(heading), heading=escape(heading), content=content
    )
    return HTMLResponse(text, status, _HEADERS)
