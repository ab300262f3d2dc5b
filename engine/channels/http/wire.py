"""One HTTP request at a time over kept connections. The only file that knows httpcore.

httpcore is what httpx stands on: it follows no redirects, reads no proxy from the environment, keeps no
cookies, and lets us dial by ourselves. It tells when the first byte of a request leaves, which is the moment
after which nobody knows for certain that nothing arrived.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpcore

from engine.channels.http.guard import Network, is_refused

#: More of an answer is not read: what a provider says of a message is short.
_LONGEST_ANSWER: Final = 4096
_LEAVES: Final = "http11.send_request_headers.started"


class RefusedAddressError(Exception):
    """The name leads to an address that may not be called."""


class UnsentError(Exception):
    """The line broke before anything of the message left."""


class UnsureError(Exception):
    """The line broke afterwards: the other side may have it."""


class WithheldError(Exception):
    """The last question was answered with no."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str


class Wire:
    """The connections to one address."""

    def __init__(
        self,
        connections: int,
        timeout: float,
        allowed: Sequence[Network],
        longest_answer: int = _LONGEST_ANSWER,
    ) -> None:
        self._timeout = timeout
        self._longest = longest_answer
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=connections,
            keepalive_expiry=30.0,
            network_backend=_Dialling(allowed),
        )

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        may_leave: Callable[[], Awaitable[bool]],
    ) -> Answer:
        """Connect, ask, send, read. Raises what `may_leave` raises, and the errors above."""
        leaving = _Leaving(may_leave, self._timeout)
        try:
            async with asyncio.timeout(self._timeout) as leaving.limit:
                return await self._exchange(method, url, headers, body, leaving)
        except TimeoutError:
            raise self._broken(leaving, "no answer in time") from None
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise self._broken(leaving, str(error) or type(error).__name__) from None

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, leaving: _Leaving
    ) -> Answer:
        sent = [*headers.items(), ("Content-Length", str(len(body)))]
        async with self._pool.stream(
            method, url, headers=sent, content=body, extensions={"trace": leaving.hear}
        ) as response:
            text = b""
            async for chunk in response.aiter_stream():
                text += chunk
                if len(text) >= self._longest:
                    break
            told = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            return Answer(response.status, told, text[: self._longest].decode("utf-8", "replace"))

    @staticmethod
    def _broken(leaving: _Leaving, words: str) -> Exception:
        return UnsureError(words) if leaving.has_left else UnsentError(words)

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        await self._pool.aclose()


class _Leaving:
    """Hears how far a request has come, and asks just before its first byte leaves."""

    def __init__(self, may_leave: Callable[[], Awaitable[bool]], timeout: float) -> None:
        self._may_leave = may_leave
        self._timeout = timeout
        self.limit: asyncio.Timeout | None = None
        self.has_left = False

    async def hear(self, event: str, _: Mapping[str, Any]) -> None:
        """Called by httpcore. How long the answer takes is our affair and no delay of the other side."""
        if event != _LEAVES or self.has_left or self.limit is None:
            return
        self.limit.reschedule(None)
        if not await self._may_leave():
            raise WithheldError
        self.limit.reschedule(asyncio.get_running_loop().time() + self._timeout)
        self.has_left = True


class _Dialling(httpcore.AsyncNetworkBackend):
    """Looks a name up, judges where it leads, and dials just those numbers."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._lines = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A line to the first address that answers. Raises RefusedAddressError if any of them is inside."""
        addresses = await self._addresses(host, port)
        for address in addresses:
            if is_refused(address, self._allowed):
                raise RefusedAddressError(f"{host} leads to {address}, an address inside a network")
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._lines.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002  # httpcore's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Nothing on this machine is called so."""
        raise RefusedAddressError(f"{path} is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """For httpcore's own retries, of which there are none."""
        await asyncio.sleep(seconds)

    @staticmethod
    async def _addresses(host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=1)  # SOCK_STREAM
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))
