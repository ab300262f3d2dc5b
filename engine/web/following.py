"""Where followed links and the dot of a mail lead: on to the page, whatever becomes of the record."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from engine.errors import JourneysError, ReadError
from engine.intake.requests import Batch
from engine.service.follower import Follower
from engine.service.hits import Hit, What, hit
from engine.service.inbox import Inbox
from engine.service.running import Running
from engine.store.database import Store

log = logging.getLogger(__name__)

_DOT = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_NOWHERE = """\
This link leads nowhere any more.
Dieser Link führt nirgends mehr hin.
Ce lien ne mène plus nulle part.
"""
#: Seconds for which a person waits for our record before the page comes anyway.
_PATIENCE = 2.0
_MARKS = ("purpose", "sec-purpose", "x-purpose", "x-moz")


@dataclass(frozen=True, slots=True)
class Following:
    """What the two routes share."""

    store: Store
    inbox: Inbox
    follower: Follower
    running: Callable[[], Running]

    def routes(self) -> list[Route]:
        """/c/TOKEN for links, /o/TOKEN.gif for the dot. GET and HEAD, for mail holds nothing else."""
        return [
            Route("/c/{token}", self._click, methods=["GET"]),
            Route("/o/{token}.gif", self._open, methods=["GET"]),
        ]

    async def _click(self, request: Request) -> Response:
        found = await self._hit(request, "clicked", "c")
        if found is None:
            return PlainTextResponse(_NOWHERE, 404, _HEADERS)
        await self._record(request, found)
        return RedirectResponse(found.address, 302, _HEADERS)

    async def _open(self, request: Request) -> Response:
        """The dot comes whatever was asked for: a broken picture in a mail helps nobody."""
        found = await self._hit(request, "opened", "o")
        if found is not None:
            await self._record(request, found)
        return Response(_DOT, 200, _HEADERS, media_type="image/gif")

    async def _hit(self, request: Request, what: What, kind: str) -> Hit | None:
        try:
            token = self.follower.read(kind, request.path_params["token"])
        except ReadError:
            return None
        agent = request.headers.get("user-agent", "")
        marks = [value for name in _MARKS if (value := request.headers.get(name)) is not None]
        return await asyncio.to_thread(
            hit, self.store, self.running(), what, token, agent, marks, self.inbox.now()
        )

    async def _record(self, request: Request, found: Hit) -> None:
        if request.method == "HEAD":  # nobody looks at a page without its body
            return
        try:
            await asyncio.wait_for(asyncio.shield(self.inbox.put(Batch([found.event]), "mail")), _PATIENCE)
        except (JourneysError, TimeoutError) as error:
            log.warning("a followed link goes on, but its record waits or is lost: %s", error)
