"""Webhooks of other systems: POST /in/SOURCE, believed by its signature, answered once it is on disk.

200 goes to whoever proved to be the vendor, also for what no rule wants or nobody can read: sending it again
would help nobody, so it is counted or kept with its reason. Who proves nothing is told nothing.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from engine.errors import ReadError, StoreError
from engine.intake.requests import LARGEST_BODY, TooLargeError
from engine.intake.signatures import Request, UnsignedError
from engine.service.asking import UnansweredError, ask
from engine.service.inbox import BusyError, Inbox
from engine.service.sources import PREFIX, ClosedError, OpenSource, Sources, batch_of
from engine.web.problems import problem

log = logging.getLogger(__name__)

#: Seconds in which a body must have arrived, and between two lines of the log about one source.
_PATIENCE: Final = 10.0
_QUIET: Final = 60.0
_UNPROVEN: Final = "The request is not proven to be from the sender"
#: Characters of the value that a GET asks us to repeat.
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_.~+/=-]{1,200}")


@dataclass(slots=True)
class Webhooks:
    """`public_url` is how senders see us, where one is configured; some sign the address as well."""

    inbox: Inbox
    sources: Sources
    public_url: str | None = None
    patience: float = _PATIENCE
    _refused: Counter[tuple[str, int]] = field(default_factory=Counter)
    _told_at: dict[tuple[str, int], float] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """/in/SOURCE and /in/SOURCE/ADDRESS, for vendors that do not say in a request what it is about."""
        paths = ("/in/{source}", "/in/{source}/{address}")
        return [Route(path, self._take, methods=["POST"]) for path in paths] + [
            Route(path, self._challenge, methods=["GET"]) for path in paths
        ]

    async def _take(self, web: WebRequest) -> Response:
        name = web.path_params["source"]
        try:
            source = await asyncio.to_thread(self.sources.find, name)
            if source is None:
                return problem(404, f"There is no source {name[:60]!r} here.")
            request = await asyncio.wait_for(self._request(web), self.patience)
            return await self._believe(name, source, request)
        except UnsignedError as error:
            self._tell(name, error.message, 401)
            return problem(401, "The signature is wrong or too old.", title=_UNPROVEN, challenge=None)
        except UnansweredError as error:
            self._tell(name, f"{error.message}. {error.help}", 503)
            return problem(503, "The system that sent this does not answer.", retry_after=30)
        except ClosedError:
            return problem(503, "This source is not open yet; the log says why.", retry_after=60)
        except TooLargeError as error:
            return problem(413, f"{error.message}. {error.help}".strip())
        except ReadError as error:
            return problem(400, f"{error.message}. {error.help}".strip())
        except TimeoutError:
            return problem(408, "The body did not arrive in time.")
        except ClientDisconnect:
            return problem(400, "The body ended in the middle.")
        except BusyError as error:
            return problem(429, f"{error.message}. {error.help}".strip(), retry_after=2)
        except StoreError as error:
            log.error("webhooks cannot be stored: %s %s", error.message, error.help)
            return problem(503, "The database does not take anything in.", retry_after=5)

    async def _believe(self, name: str, source: OpenSource, request: Request) -> Response:
        ping = source.plain.get("ping")
        if ping is not None and request.body.startswith(ping.encode()):
            return _answer(source.plain)
        now = self.inbox.now()
        source.proof.check(request, now)
        answers = await ask(source.source.questions(request))
        await self.inbox.put(batch_of(name, source.source.read(request, now, answers)), f"{PREFIX}{name}")
        return _answer(source.plain)

    async def _challenge(self, web: WebRequest) -> Response:
        """A vendor asks whether this address is meant: it gets back what it sent, as plain text."""
        try:
            source = await asyncio.to_thread(self.sources.find, web.path_params["source"])
        except (ClosedError, StoreError):
            source = None
        parameter = None if source is None else source.plain.get("challenge")
        asked = web.query_params.get(parameter, "") if parameter is not None else ""
        if not _CHALLENGE.fullmatch(asked):
            return problem(405, "Send a webhook by POST.")
        return PlainTextResponse(asked, headers={"X-Content-Type-Options": "nosniff"})

    async def _request(self, web: WebRequest) -> Request:
        """The raw body, never more than may come in; of a header that comes twice the first."""
        if web.headers.get("content-encoding", "identity") != "identity":
            raise ReadError("a packed body cannot be checked against its signature", "Send it as it is.")
        parts, size = [], 0
        async for part in web.stream():
            size += len(part)
            if size > LARGEST_BODY:
                raise TooLargeError(f"the body has more than {LARGEST_BODY:,} bytes", "Send less at once.")
            parts.append(part)
        headers = {name: web.headers[name] for name in web.headers}
        address = str(web.path_params.get("address", ""))
        return Request(b"".join(parts), headers, web.method, self._url(web, headers), address)

    def _url(self, web: WebRequest, headers: Mapping[str, str]) -> str:
        """The address as the sender wrote it: behind a proxy only `public_url` knows it."""
        path = web.scope["raw_path"].decode("latin-1")
        query = web.scope["query_string"].decode("latin-1")
        beginning = self.public_url or f"{web.url.scheme}://{headers.get('host', '')}"
        return f"{beginning.rstrip('/')}{path}{'?' + query if query else ''}"

    def _tell(self, name: str, reason: str, status: int) -> None:
        """One line a minute for each source and status, whoever knocks and how often."""
        key, now = (name, status), time.monotonic()
        self._refused[key] += 1
        if now - self._told_at.get(key, float("-inf")) < _QUIET:
            return
        number = self._refused.pop(key)
        self._told_at[key] = now
        log.warning("source %s: %d × %d, the last because %s", name, number, status, reason)


def _answer(plain: Mapping[str, object]) -> Response:
    return JSONResponse(plain.get("answer", {"success": True}))
