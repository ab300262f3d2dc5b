"""The application: its routes, and what becomes of requests for which there is none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.web.problems import problem

log = logging.getLogger(__name__)


def app_of(
    routes: Sequence[BaseRoute], is_ready: Callable[[], bool], doors: Mapping[str, ASGIApp] | None = None
) -> ASGIApp:
    """`is_ready` answers whether the loops are at work; `doors` are asked first, by path."""

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ready\n") if is_ready() else PlainTextResponse("stopping\n", 503)

    watched = [Route("/livez", alive), Route("/readyz", ready)]
    handlers = {HTTPException: _refused, Exception: _broken}
    rest = Starlette(routes=[*routes, *watched], exception_handlers=handlers)  # type: ignore[arg-type]  # narrower than it asks
    found = dict(doors or {})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await found.get(scope["path"], rest)(scope, receive, send)

    return app


async def _refused(request: Request, error: HTTPException) -> Response:
    status = error.status_code if error.status_code in (404, 405) else 400
    return problem(status, f"{request.method} {request.url.path}: {error.detail}")


async def _broken(request: Request, error: Exception) -> Response:
    log.error("%s %s broke: %s", request.method, request.url.path, error, exc_info=error)
    return problem(500, "This is a mistake of ours; the log tells more.")
