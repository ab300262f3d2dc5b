"""What all pages for contacts share: whose they are, their language, how they look, and how a wish comes in.

Looking changes nothing, because scanners look at every link; a POST to the same address does. The token in
the address is the only thing that opens a page: there are no cookies, so no browser can be made to post.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from engine.errors import JourneysError
from engine.intake.lines import Identified
from engine.intake.requests import Batch
from engine.language.catalog import Catalog
from engine.messages.addresses import read_address
from engine.model.contact import Contact
from engine.model.policy import Topic
from engine.service.inbox import Inbox
from engine.service.links import Links
from engine.store.database import Store
from engine.web.brand import Brand
from engine.web.words import Words, words_for

_PAGE = files("engine.web").joinpath("page.html").read_text("utf-8")
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
#: Bytes and fields of a form: a tick for each topic.
_LARGEST, _MOST_FIELDS = 32_768, 1_000

#: Under this name what people do here stands in the record of consent.
SOURCE = "page"

Form = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Pages:
    """`catalog` is the applied one, for the names of topics and shop."""

    store: Store
    inbox: Inbox
    links: Links
    catalog: Callable[[], Catalog]
    brand: Brand

    async def contact(self, id: str) -> Contact | None:
        """Whoever goes by that id now."""
        return await asyncio.to_thread(self.store.contact, id)

    def topic(self, id: str | None) -> Topic | None:
        """A topic that people can choose; None for what is never asked."""
        known = (self.catalog().topics or {}).get(id or "")
        return known if known is not None and known.consent != "none" else None

    def words(self, request: Request, contact: Contact | None) -> Words:
        """In the language of the contact, else of the browser, else of the shop."""
        theirs = None if contact is None else contact.locale
        return words_for(theirs, request.headers.get("accept-language"), self.catalog().locale)

    def shop(self) -> str:
        """What the shop calls itself."""
        catalog = self.catalog()
        sender = catalog.senders.get(catalog.sender or "")
        if self.brand.name is not None or sender is None:
            return self.brand.name or ""
        return read_address(sender.address).name or sender.address

    def filled(self, text: str, **names: str) -> str:
        """Words with their names, safe within HTML."""
        return escape(text.format(shop=self.shop(), **names))

    def page(self, words: Words, heading: str, content: str, status: int = 200, notice: str = "") -> Response:
        """A whole page. `content` and `notice` are HTML, `heading` is text."""
        text = _PAGE.format(
            language=words.language,
            title=escape(f"{heading} · {self.shop()}" if self.shop() else heading),
            heading=escape(heading),
            brand=self.brand.header(self.shop()),
            content=notice + content,
            **self.brand.colors(),
        )
        return HTMLResponse(text, status, HEADERS)

    def broken(self, request: Request) -> Response:
        """A link that leads nowhere, whatever is wrong with it."""
        words = self.words(request, None)
        return self.page(words, words.broken_title, f"<p>{self.filled(words.broken)}</p>", 404)

    async def say(self, item: Identified) -> bool:
        """Take in what somebody wants; False if the database does not take it now."""
        try:
            await self.inbox.put(Batch([item]), SOURCE)
        except JourneysError:
            return False
        return True

    def unsaved(self, words: Words, heading: str) -> Response:
        """The database is busy or away; nothing was done."""
        response = self.page(words, heading, "", 503, note(self.filled(words.unsaved), is_bad=True))
        response.headers["Retry-After"] = "5"
        return response


def masked(address: str) -> str:
    """Enough of it for its owner; a letter may have been passed on, and its link shows nobody's address."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}•••@{domain}" if at else f"•••{address[-2:]}"


def note(text: str, *, is_bad: bool = False) -> str:
    """Said first, and read out by screen readers. `text` is HTML."""
    role, kind = ("alert", " bad") if is_bad else ("status", "")
    return f'<p class="note{kind}" role="{role}">{text}</p>\n'


async def form_of(request: Request) -> Form:
    """The fields; of a body that is too large, as many as fit. Nobody fills in more than the page asks."""
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > _LARGEST:
            break
    try:
        return parse_qs(read[:_LARGEST].decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}


def first_of(form: Form, name: str) -> str:
    """A field that stands once; empty where it was left out."""
    return form.get(name, [""])[0]


def where_from(request: Request) -> str | None:
    """The network of the visitor, for the record: enough to tell countries and companies apart, and nobody's
    own address (the last byte of IPv4, all but 48 bits of IPv6 are cut off)."""
    try:
        address = ip_address(request.client.host if request.client is not None else "")
    except ValueError:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))
