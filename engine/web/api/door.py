"""The door of the admin API: who asks, what for, and once; then the call does it in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from engine.errors import JourneysError, MissingError, ReadError, StoreError
from engine.model.scopes import allows
from engine.store.admin_keys import AdminKey
from engine.store.pages import Page
from engine.web.api.calls import Ask, Call, Shop
from engine.web.api.keys import AdminKeyring
from engine.web.api.openapi import WITH_DESCRIPTION
from engine.web.problems import problem

log = logging.getLogger(__name__)

ROOT = "/api/v1"

#: Bytes of a body, seconds for it to arrive, requests at work, and those that may wait for their turn.
LARGEST, _PATIENCE, _AT_WORK, _WAITING = 128 * 1024, 10.0, 4, 64

_IDEMPOTENCY_KEY = "idempotency-key"
_PLAIN = re.compile("[!-~]{1,255}")


class _RefusedError(Exception):
    """A request that goes no further, with its answer."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def _refuse(status: int, detail: str, **more: Any) -> _RefusedError:
    return _RefusedError(problem(status, detail, **more))


class _Below(BaseRoute):
    """Every address that begins so, whatever else is in it, and every method."""

    def __init__(self, start: str, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._start = start
        self._answer = answer

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_ours = scope["type"] == "http" and str(scope["path"]).startswith(self._start)
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)


@dataclass(slots=True)
class Door:
    """Bounded: what comes while too much waits is told to come again."""

    shop: Shop
    keyring: AdminKeyring
    patience: float = _PATIENCE
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_AT_WORK, thread_name_prefix="api")
    )
    _waiting: int = 0

    def routes(self) -> list[BaseRoute]:
        """One for everything there is below /api, so that nothing is answered without a key."""
        return [_Below("/api/", self._answer)]

    async def _answer(self, request: Request) -> Response:
        try:
            key = await asyncio.to_thread(self._key_of, request)
            call, path = _found(request)
            if call.scope is not None and not allows(key.scopes, call.scope):
                raise _refuse(403, f"This key has not the scope {call.scope}.")
            if self._waiting >= _WAITING:
                raise _refuse(429, "Too much is being asked at once.", retry_after=1)
            self._waiting += 1
            try:
                return await self._do(request, call, path, key)
            finally:
                self._waiting -= 1
        except _RefusedError as refused:
            return refused.answer

    def _key_of(self, request: Request) -> AdminKey:
        try:
            found = self.keyring.key_of(request.headers.get("authorization", ""))
        except StoreError as error:
            raise _closed(error) from error
        if found is None:
            raise _refuse(
                401,
                "Send `Authorization: Bearer KEY`; `journeys keys create --admin` makes one.",
                challenge='Bearer realm="admin key"',
            )
        return found

    async def _do(self, request: Request, call: Call, path: Mapping[str, str], key: AdminKey) -> Response:
        raw = await self._body(request)
        ask = _read(request, call, path, key, self.shop, raw)
        again = _again(request, call, key)
        fingerprint = sha256(f"{request.method} {request.url.path}\n".encode() + raw).hexdigest()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._worked, call, ask, again, fingerprint)

    async def _body(self, request: Request) -> bytes:
        try:
            return await asyncio.wait_for(_bounded(request), self.patience)
        except TimeoutError:
            raise _refuse(408, "The body did not arrive in time.") from None
        except ClientDisconnect:
            raise _refuse(400, "The body ended in the middle.") from None

    # --- in a thread ---------------------------------------------------------------------------

    def _worked(self, call: Call, ask: Ask, again: str | None, fingerprint: str) -> Response:
        try:
            return self._once(call, ask, again, fingerprint)
        except _RefusedError as refused:
            return refused.answer
        except StoreError as error:
            return _closed(error).answer
        except JourneysError as error:
            return problem(_status_of(error), f"{error.message}. {error.help}".strip())

    def _once(self, call: Call, ask: Ask, again: str | None, fingerprint: str) -> Response:
        """A request that says what it is, is done once; the same one later gets the same answer."""
        store = self.shop.store
        if again is None:
            return _json(msgspec.json.encode(call.work(ask)))
        before = store.begin_request(again, fingerprint, self.shop.now())
        if before is not None:
            if before.fingerprint != fingerprint:
                raise _refuse(422, "This Idempotency-Key came with another request before.")
            if before.status is None:
                raise _refuse(409, "The same request is being worked on.", retry_after=1)
            return _json(before.answer.encode(), before.status, {"Idempotency-Replayed": "true"})
        ask.keep = lambda page, text: _keep(page, again, text)
        try:
            answer = msgspec.json.encode(call.work(ask))
        except BaseException:
            store.forget_request(again)
            raise
        if not ask.is_kept:
            with store.page("request") as page:
                _keep(page, again, answer)
        return _json(answer)


def _keep(page: Page, key: str, answer: bytes) -> None:
    page.keep_answer(key, 200, answer.decode())


def _json(answer: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(answer, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def _closed(error: StoreError) -> _RefusedError:
    log.error("a request cannot be worked on: %s %s", error.message, error.help)
    return _refuse(503, "The database cannot be used at the moment.", retry_after=5)


def _status_of(error: JourneysError) -> int:
    match error:
        case MissingError():
            return 404
        case ReadError():
            return 422
        case _:
            return 409


# --- reading a request ---------------------------------------------------------------------------


def _found(request: Request) -> tuple[Call, Mapping[str, str]]:
    """By the address as it came, so that an id may hold a slash (%2F)."""
    raw = bytes(request.scope.get("raw_path") or request.url.path.encode()).partition(b"?")[0]
    pieces = raw.split(b"/")
    try:
        parts = [unquote_to_bytes(piece).decode() for piece in pieces]
    except UnicodeDecodeError:
        raise _refuse(404, "The address is not UTF-8.") from None
    if parts[:3] != ROOT.split("/"):
        raise _refuse(404, f"There is nothing at {request.url.path}.")
    found = {
        call.method: (call, path) for call in WITH_DESCRIPTION if (path := call.match(parts[3:])) is not None
    }
    if not found:
        raise _refuse(404, f"There is nothing at {request.url.path}.")
    if request.method not in found:
        raise _refuse(405, f"{request.method} is not asked here.", allow=", ".join(sorted(found)))
    return found[request.method]


async def _bounded(request: Request) -> bytes:
    """As much as may come in, and no byte more; what it claims of its length is not believed."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise _refuse(413, f"The body has more than {LARGEST:,} bytes.")
        parts.append(part)
    return b"".join(parts)


def _read(
    request: Request, call: Call, path: Mapping[str, str], key: AdminKey, shop: Shop, raw: bytes
) -> Ask:
    ask = Ask(shop, key, path)
    if call.query is not None:
        ask.query = _checked(lambda: msgspec.convert(_query(request), call.query, strict=False))
    if call.body is not None:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise _refuse(415, "Send JSON, and say so: `Content-Type: application/json`.")
        ask.body = _checked(lambda: msgspec.json.decode(raw, type=call.body))
        ask.plain = _checked(lambda: msgspec.json.decode(raw))
    return ask


def _query(request: Request) -> dict[str, str]:
    pairs = request.query_params.multi_items()
    if len({name for name, _ in pairs}) != len(pairs):
        raise _refuse(400, "A parameter of the address is there twice.")
    return dict(pairs)


def _checked(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise _refuse(400, f"The request is not as described: {error}.") from None


def _again(request: Request, call: Call, key: AdminKey) -> str | None:
    """What a request that may come again is kept by: nobody else's key leads there."""
    given = request.headers.get(_IDEMPOTENCY_KEY)
    if given is None or not call.writes:
        return None
    if not _PLAIN.fullmatch(given):
        raise _refuse(400, "An Idempotency-Key has 1 to 255 plain characters, and no blanks.")
    return sha256(f"{key.hash}\n{given}".encode()).hexdigest()
