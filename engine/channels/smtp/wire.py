"""The line to the server once a session is open: commands out, strictly read replies in, every break noticed.

aiosmtplib opens the session; for the messages this takes its transport over, because aiosmtplib keeps
one reply at a time (so it cannot pipeline), files a stray line as the next answer, and does not tell
whether a line broke before or after the body.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\n]*?))?\r?\n")  # RFC 5321 4.2
_LONGEST_REPLY = 64 * 1024  # bytes, all lines together


class LineBroken(Exception):
    """No answer can be expected any more; the text says how the line ended. Never leaves the session."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said: its code, and its words on one line each."""

    code: int
    text: str


class Wire(asyncio.Protocol):
    """Owns an open transport. Each command announces how many replies it is due; anything else is a break."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._buffer = bytearray()
        self._lines: list[bytes] = []  # of a reply that has more lines to come
        self._code = 0  # of that reply
        self._due = 0  # replies we may expect
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end: str | None = None  # how the line ended
        self._gone = asyncio.get_running_loop().create_future()
        transport.set_protocol(self)
        if transport.is_closing():
            self._break("the server closed the connection")

    @property
    def is_open(self) -> bool:
        """Whether a command could still be written; True also when the far end vanished without a word."""
        return self._end is None

    def send(self, data: bytes, replies: int = 1) -> None:
        """Write, or raise LineBroken before a single byte is written."""
        if self._end is not None:
            raise LineBroken(self._end)
        self._due += replies
        self._transport.write(data)

    async def reply(self, timeout: float) -> Reply:
        """The next reply; raises LineBroken when there will be none within `timeout` seconds."""
        if not self._replies and self._end is None:
            await self._something(timeout)
        if self._replies:
            return self._replies.popleft()
        raise LineBroken(self._end or "")

    async def close(self, timeout: float) -> None:
        """Close and wait until the connection is gone; after `timeout` seconds it is cut."""
        self._end = self._end or "we closed the connection"
        if not self._transport.is_closing():  # closing TLS twice leaves asyncio's transport unusable
            self._transport.close()
        try:
            await asyncio.wait([self._gone], timeout=timeout)
        finally:
            self._cut()

    def abort(self) -> None:
        """Cut the connection without a word."""
        self._break("we cut the connection")

    async def _something(self, timeout: float) -> None:
        """Wait for a reply or for the end of the line, which the clock may bring about."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        clock = loop.call_later(timeout, self._break, f"the server did not answer within {timeout:g} seconds")
        try:
            await self._waiter
        finally:
            clock.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _break(self, how: str) -> None:
        self._end = self._end or how
        self._cut()
        self._wake()

    def _cut(self) -> None:
        if not self._gone.done():
            self._transport.abort()

    # What asyncio calls.

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._end is None and (end := self._buffer.find(b"\n") + 1):
            line = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._take(line)
        if len(self._buffer) + sum(map(len, self._lines)) > _LONGEST_REPLY:
            self._break("the server's answer does not end")

    def eof_received(self) -> None:
        self._break("the server closed the connection")

    def connection_lost(self, error: Exception | None) -> None:
        if not self._gone.done():
            self._gone.set_result(None)
        self._break("the connection broke" if error else "the server closed the connection")

    # Reading replies.

    def _take(self, line: bytes) -> None:
        parts = _LINE.fullmatch(line)
        if parts is None or (self._lines and int(parts[1]) != self._code):
            self._break(f"the server's answer is not SMTP: {_words(line)}")
            return
        self._code = int(parts[1])
        self._lines.append(parts[3] or b"")
        if parts[2] != b"-":
            text = "\n".join(map(_words, self._lines))
            self._lines = []
            self._arrived(Reply(self._code, text))

    def _arrived(self, reply: Reply) -> None:
        if self._due == 0:
            self._break(f"the server spoke out of turn: {reply.code} {reply.text}")
            return
        self._due -= 1
        self._replies.append(reply)
        self._wake()


def _words(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()
