"""Ingestion: the Segment HTTP API and CloudEvents. 200 means that it is on disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.errors import JourneysError, ReadError, StoreError
from engine.intake.requests import (
    KINDS,
    LARGEST_BODY,
    Batch,
    TooLargeError,
    read_body,
    read_cloud_events,
    unpacked,
)
from engine.service.inbox import BusyError, Inbox
from engine.web.problems import problem
from engine.web.write_keys import Keyring

log = logging.getLogger(__name__)

#: Seconds in which a body must have arrived.
_PATIENCE = 10.0

Read = Callable[[bytes, datetime], Batch]


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What the routes share."""

    inbox: Inbox
    keyring: Keyring
    patience: float = _PATIENCE

    def routes(self) -> list[Route]:
        """POST /v1/batch, one for each kind of item, and /v1/cloudevents."""
        readers: dict[str, Read] = {
            "batch": lambda body, at: read_body(body, None, at),
            "import": lambda body, at: read_body(body, None, at),
            "cloudevents": read_cloud_events,
        }
        readers |= {kind: _reader_of(kind) for kind in KINDS}
        return [self._route(name, read) for name, read in readers.items()]

    def _route(self, name: str, read: Read) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._take(request, read)

        return Route(f"/v1/{name}", endpoint, methods=["POST"])

    async def _take(self, request: Request, read: Read) -> Response:
        try:
            body = await asyncio.wait_for(_body(request), self.patience)
            return await self._store(request, read(body, self.inbox.now()))
        except TooLargeError as error:
            return problem(413, _words(error))
        except ReadError as error:
            return problem(400, _words(error))
        except TimeoutError:
            return problem(408, "The body did not arrive in time.")
        except ClientDisconnect:
            return problem(400, "The body ended in the middle.")
        except BusyError as error:
            return problem(429, _words(error), retry_after=2)
        except StoreError as error:
            log.error("events cannot be stored: %s %s", error.message, error.help)
            return problem(503, "The database does not take anything in.", retry_after=5)

    async def _store(self, request: Request, batch: Batch) -> Response:
        source = self.keyring.source_of(request.headers, batch.write_key)
        if source is None:
            return problem(401, "Send a write key; `journeys keys create --source shop` makes one.")
        if batch.rejected and request.headers.get("x-strict-mode") == "1":
            return problem(400, batch.rejected[0].reason)
        await self.inbox.put(batch, source)
        return JSONResponse({"success": True})


def _reader_of(kind: str) -> Read:
    return lambda body, at: read_body(body, kind, at)


async def _body(request: Request) -> bytes:
    """As much as may come in, and no byte more; what it claims of its length is not believed."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLargeError(f"the body has more than {LARGEST_BODY:,} bytes", "Send smaller batches.")
        parts.append(part)
    return unpacked(b"".join(parts), request.headers.get("content-encoding"))


def _words(error: JourneysError) -> str:
    return f"{error.message}. {error.help}".strip()
