"""Ingestion: the Segment HTTP API and CloudEvents. 200 means that it is on disk.

Every event of a shop passes here, so these routes speak ASGI themselves: what Starlette makes of a request
costs more than reading it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
from engine.web.origins import FOREIGN, PREFLIGHT, is_foreign
from engine.web.problems import problem
from engine.web.write_keys import Keyring

log = logging.getLogger(__name__)

#: Seconds in which a body must have arrived.
_PATIENCE = 10.0

#: Bytes of one body that are always taken in, and those that all bodies may have beyond while they arrive.
_FREE, _IN_FLIGHT = 64 * 1024, 64 * 1024 * 1024

Read = Callable[[bytes, datetime], Batch]

_BODY = b'{"success":true}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]
_TAKEN: Message = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
_TAKEN_FROM_PAGE: Message = {**_TAKEN, "headers": [*_HEADERS, (b"access-control-allow-origin", b"*")]}
_SUCCESS: Message = {"type": "http.response.body", "body": _BODY}


class _HungUpError(Exception):
    """The client went away in the middle."""


@dataclass(slots=True)
class Ingestion:
    """What the routes share. `refused` counts answers that were no 200, by status."""

    inbox: Inbox
    keyring: Keyring
    patience: float = _PATIENCE
    refused: Counter[int] = field(default_factory=Counter)
    in_flight: int = 0  # bytes of bodies that arrive, beyond what each may have

    def doors(self) -> dict[str, ASGIApp]:
        """By path: /v1/batch, one for each kind of item, and /v1/cloudevents."""
        readers: dict[str, Read] = {
            "batch": lambda body, at: read_body(body, None, at),
            "import": lambda body, at: read_body(body, None, at),
            "cloudevents": read_cloud_events,
        }
        readers |= {kind: _reader_of(kind) for kind in KINDS}
        return {f"/v1/{name}": self._door(read) for name, read in readers.items()}

    def _door(self, read: Read) -> ASGIApp:
        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            headers = Headers(scope=scope)
            refused = await self._answer(scope["method"], headers, receive, read)
            if refused is None:
                await send(_TAKEN_FROM_PAGE if "origin" in headers else _TAKEN)
                await send(_SUCCESS)
                return
            self.refused[refused.status_code] += refused.status_code >= 400
            await refused(scope, receive, send)

        return door

    async def _answer(self, method: str, headers: Headers, receive: Receive, read: Read) -> Response | None:
        """None: it was taken, and is on disk."""
        if self.keyring.is_open() and is_foreign(headers):
            return problem(403, FOREIGN)
        if method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        if method != "POST":
            return problem(405, "Send it as POST.", allow="POST, OPTIONS")
        answer = await self._take(headers, receive, read)
        if answer is not None and "origin" in headers:
            answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    async def _take(self, headers: Headers, receive: Receive, read: Read) -> Response | None:
        try:
            async with asyncio.timeout(self.patience):
                body = await self._body(headers, receive)
            return await self._store(headers, read(body, self.inbox.now()), len(body))
        except TooLargeError as error:
            return problem(413, _words(error))
        except ReadError as error:
            return problem(400, _words(error))
        except TimeoutError:
            return problem(408, "The body did not arrive in time.")
        except _HungUpError:
            return problem(400, "The body ended in the middle.")
        except BusyError as error:
            return problem(429, _words(error), retry_after=2)
        except StoreError as error:
            log.error("events cannot be stored: %s %s", error.message, error.help)
            return problem(503, "The database does not take anything in.", retry_after=5)
        except Exception as error:  # a mistake of ours is told as one, and the server goes on
            log.error("events broke: %s", error, exc_info=error)
            return problem(500, "This is a mistake of ours; the log tells more.")

    async def _store(self, headers: Headers, batch: Batch, size: int) -> Response | None:
        source = self.keyring.source_of(headers, batch.write_key)
        if source is None:
            return problem(401, "Send a write key; `journeys keys create --source shop` makes one.")
        if batch.rejected and headers.get("x-strict-mode") == "1":
            return problem(400, batch.rejected[0].reason)
        await self.inbox.put(batch, source, size)
        return None

    # --- the body ------------------------------------------------------------------------------

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """As much as may come in, and no byte more; a length that is too much is believed.

        Most bodies come in one piece.
        """
        if int(headers.get("content-length", "0")) > LARGEST_BODY:
            raise _too_large()
        part = await receive()
        body = part.get("body", b"")
        if part.get("more_body"):
            body = await self._rest(bytearray(body), receive)
        elif part["type"] == "http.disconnect":
            raise _HungUpError
        return unpacked(body, headers.get("content-encoding"))

    async def _rest(self, body: bytearray, receive: Receive) -> bytes:
        """A body that comes in pieces. What they have beyond their first bytes all of them share."""
        held = 0
        try:
            while True:
                more = max(len(body) - _FREE, 0) - held
                held, self.in_flight = held + more, self.in_flight + more
                if self.in_flight > _IN_FLIGHT:
                    raise BusyError("too much is arriving at once", "Send it again in a few seconds.")
                part = await receive()
                if part["type"] == "http.disconnect":
                    raise _HungUpError
                body += part.get("body", b"")
                if len(body) > LARGEST_BODY:
                    raise _too_large()
                if not part.get("more_body"):
                    return bytes(body)
        finally:
            self.in_flight -= held


def _reader_of(kind: str) -> Read:
    return lambda body, at: read_body(body, kind, at)


def _too_large() -> TooLargeError:
    return TooLargeError(f"the body has more than {LARGEST_BODY:,} bytes", "Send smaller batches.")


def _words(error: JourneysError) -> str:
    return f"{error.message}. {error.help}".strip()
