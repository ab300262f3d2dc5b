"""A connection that nobody can hold for ever: what uvicorn leaves open to clients that dawdle or pour.

uvicorn gives a client all the time in the world for its first request and for every head, as much head as
it likes, and once there are too many connections it refuses everybody. Here a head has its time and its
size, what goes on after the answer has its time, and where it is crowded those who keep us waiting make room.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

#: Bytes of a request besides its body: heads with all their cookies, marks between chunks, trailers.
MOST_BESIDES = 64 * 1024

#: Seconds for the first request to begin, for a head to be whole, and for what comes after its answer.
PATIENCE = 10.0

#: Requests that wait on one connection for the answers before theirs. Clients that exist send none ahead.
MOST_AHEAD = 16

_OFFER = re.compile(rb"(\r\n)upgrade[ \t]*:", re.IGNORECASE)

#: Connections at once.
MOST_CONNECTIONS = 1_000


class GuardedConnection(HttpToolsProtocol):
    """`since` is when the client's turn began: to ask, or to end what it asked."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.since = time.monotonic()
        self._besides = 0
        self._is_new = True  # nothing was asked yet
        self._is_in_head = False
        self._is_whole = True  # what was asked last has come in to its last byte

    # --- what comes in -------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """One more; where it is crowded, whoever kept us waiting longest makes room for it."""
        if len(self.connections) >= MOST_CONNECTIONS and not _make_room(self.connections):
            transport.abort()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Some bytes, of a head or of a body."""
        self._besides += len(data)
        if self._is_whole and b"pgrade" in data:
            data = _without_offers(data)
        super().data_received(data)
        if self._besides > MOST_BESIDES and not self.transport.is_closing():
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self.since = time.monotonic()
        self._is_new = self._is_whole = False
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        """The head is whole. Raises ValueError, which ends the connection, for a client too far ahead."""
        if len(self.pipeline) >= MOST_AHEAD:
            raise ValueError("too many requests without waiting for answers")
        self._is_in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._besides -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._is_whole, self._besides = True, 0

    def on_response_complete(self) -> None:
        """It was answered; now it is the client's turn."""
        self.since = time.monotonic()
        super().on_response_complete()

    # --- what ends it --------------------------------------------------------------------------

    @property
    def keeps_us_waiting(self) -> bool:
        """Whether nothing can be done until the client goes on."""
        return not self._is_whole or not self._is_our_turn

    @property
    def _is_our_turn(self) -> bool:
        """Whether something was asked that is not answered."""
        asked: RequestResponseCycle | None = self.cycle  # uvicorn does not say that there may be none
        return asked is not None and not asked.response_complete

    def end_if_late(self, now: float) -> None:
        """Asked about once a second. A late body is answered by whoever reads it, or else ends here."""
        waited = now - self.since
        is_our_turn = self._is_our_turn and (self._is_whole or waited < 2 * PATIENCE)
        if is_our_turn or waited < PATIENCE or self.transport.is_closing():
            return
        if self._is_in_head:
            self._refuse(b"408 Request Timeout")
        elif self._is_new or not self._is_whole or self._besides:
            self.transport.abort()  # a pause between two requests is allowed for longer

    def _refuse(self, status: bytes) -> None:
        """Say why and hang up, whatever else the client is about to send."""
        self.transport.write(b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
        self.transport.close()


def _without_offers(data: bytes) -> bytes:
    """The beginning of a request without what it offers to speak instead (Java's own client offers HTTP/2).

    An offer may be passed over (RFC 9110, 7.8); the parser would take the body for the other protocol.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _OFFER.sub(rb"\1x-offered:", head) + end + rest


def end_the_late(connections: Iterable[GuardedConnection]) -> None:
    """Every connection that kept us waiting for too long."""
    now = time.monotonic()
    for connection in tuple(connections):
        connection.end_if_late(now)


def _make_room(connections: Iterable[Any]) -> bool:
    """Whether somebody could be sent away."""
    waiting = [one for one in connections if one.keeps_us_waiting and not one.transport.is_closing()]
    if waiting:
        min(waiting, key=lambda one: one.since).transport.abort()
    return bool(waiting)
