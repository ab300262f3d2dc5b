"""A message as a page, for mail programs that show it badly. What is read is what was kept at release."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from engine.errors import ReadError, RenderError
from engine.model.message import Content
from engine.service.running import Running
from engine.web.pages import HEADERS, Pages

#: Pictures may come from where the shop keeps them; nothing runs, and nothing is sent anywhere.
_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline' https:; img-src https: data:; font-src https:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox allow-popups"
    ),
}


@dataclass(frozen=True, slots=True)
class Viewing:
    """/v/TOKEN. `running` has the versions that messages were released under."""

    pages: Pages
    running: Callable[[], Running]

    def routes(self) -> list[Route]:
        """To look."""
        return [Route("/v/{token}", self._show, methods=["GET", "HEAD"])]

    async def _show(self, request: Request) -> Response:
        try:
            number = self.pages.links.message(request.path_params["token"])
            content = await asyncio.to_thread(self._content, number)
        except (ReadError, RenderError):
            return self.pages.broken(request)
        if content is None:
            return self.pages.broken(request)
        if content.html is None:
            return PlainTextResponse(content.text, 200, _HEADERS)
        return HTMLResponse(content.html, 200, _HEADERS)

    def _content(self, number: int) -> Content | None:
        """None where the message or its version is gone: erased, or thrown away with time."""
        item = self.pages.store.message(number)
        if item is None:
            return None
        running, message = self.running(), item.message
        version = running.version(message.journey, message.version)
        return None if version is None else running.letters.content(message, version)
