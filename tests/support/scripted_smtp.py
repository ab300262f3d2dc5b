"""A real SMTP server that does in each phase what a test tells it to: answer oddly, close, reset, hang, drip.

    with ScriptedServer({"rcpt": say("550 5.1.1 no such user")}) as server: ...

A script gives each phase one action, which is used the first time the phase is reached, or a list of
actions, used one after the other; afterwards (and in phases without a script) the server behaves.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.smtp_server import Recorded, ThreadedServer


class Over(Exception):
    """The connection has ended, as scripted or because the client left."""


@dataclass
class Peer:
    """One connection as the server sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    said: bytes = b""  # in the phase at hand

    async def write(self, data: bytes) -> None:
        self.said += data
        self.writer.write(data)
        await self.writer.drain()

    async def line(self) -> bytes:
        line = await self.reader.readline()
        if not line.endswith(b"\n"):
            raise Over
        return line.rstrip(b"\r\n")


#: Does something instead of the usual reply, which it is given.
Action = Callable[[Peer, bytes], Awaitable[None]]


def say(text: str) -> Action:
    async def act(peer: Peer, usual: bytes) -> None:
        await peer.write(text.encode() + b"\r\n")

    return act


def say_bytes(data: bytes) -> Action:
    async def act(peer: Peer, usual: bytes) -> None:
        await peer.write(data)

    return act


async def behave(peer: Peer, usual: bytes) -> None:
    await peer.write(usual)


async def close(peer: Peer, usual: bytes) -> None:
    raise Over


async def behave_and_close(peer: Peer, usual: bytes) -> None:
    await peer.write(usual)
    raise Over


async def reset(peer: Peer, usual: bytes) -> None:
    """RST instead of FIN."""
    line: socket.socket = peer.writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.writer.transport.abort()
    raise Over


async def hang(peer: Peer, usual: bytes) -> None:
    """Say nothing until the client gives up."""
    await peer.reader.read(-1)
    raise Over


async def drip(peer: Peer, usual: bytes) -> None:
    """The usual reply, but one byte every 50 ms: never silent for long, and never done in time."""
    for at in range(len(usual)):
        await peer.write(usual[at : at + 1])
        await asyncio.sleep(0.05)


async def partial(peer: Peer, usual: bytes) -> None:
    """The beginning of the usual reply, then the end of the connection."""
    await peer.write(usual[:5])
    raise Over


async def garbage(peer: Peer, usual: bytes) -> None:
    await peer.write(b"\x00\xff\xfe this is no SMTP \x80\r\n")


class ScriptedServer(ThreadedServer):
    """`accepted`: messages taken; `commands`: every command line; `connections`: how many there were."""

    def __init__(
        self,
        script: Mapping[str, Action | Sequence[Action]] | None = None,
        *,
        offers: Sequence[str] = ("PIPELINING", "8BITMIME"),
        tls: ssl.SSLContext | None = None,
        is_implicit: bool = False,
        wants_login: bool = False,
    ) -> None:
        super().__init__()
        self.accepted: list[Recorded] = []
        self.commands: list[str] = []
        self.connections = 0
        self.most_at_once = 0
        self._open: set[int] = set()
        self._script = {
            phase: [actions] if callable(actions) else list(actions)
            for phase, actions in (script or {}).items()
        }
        self._offers, self._tls, self._is_implicit = tuple(offers), tls, is_implicit
        self._wants_login = wants_login

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(
            self._connected, "127.0.0.1", 0, ssl=self._tls if self._is_implicit else None
        )

    def verbs(self) -> list[str]:
        return [command.split(" ")[0].split(":")[0].upper() for command in self.commands]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        self.connections += 1
        self._open.add(id(peer))
        self.most_at_once = max(self.most_at_once, len(self._open))
        try:
            await self._talk(peer)
        except (Over, OSError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(id(peer))
            peer.writer.close()

    async def _at(self, phase: str, peer: Peer, usual: bytes) -> None:
        actions = self._script.get(phase)
        peer.said = b""
        await (actions.pop(0) if actions else behave)(peer, usual)

    async def _talk(self, peer: Peer) -> None:
        await self._at("connect", peer, b"220 scripted ESMTP\r\n")
        while True:
            line = (await peer.line()).decode("utf-8", "replace")
            self.commands.append(line)
            match line[:4].upper():
                case "EHLO":
                    await self._at("ehlo", peer, self._greeting(peer))
                case "STAR":
                    await self._at("tls", peer, b"220 go on\r\n")
                    assert self._tls is not None, "a script that offers STARTTLS needs a certificate"
                    await peer.writer.start_tls(self._tls)
                case "AUTH":
                    await self._at("auth", peer, b"235 welcome\r\n")
                case "MAIL":
                    peer.sender, peer.recipients = _address(line), []
                    await self._at("mail", peer, b"250 2.1.0 fine\r\n")
                case "RCPT":
                    peer.recipients.append(_address(line))
                    await self._at("rcpt", peer, b"250 2.1.5 fine\r\n")
                case "DATA":
                    await self._data(peer)
                case "RSET":
                    await self._at("rset", peer, b"250 2.0.0 forgotten\r\n")
                case "QUIT":
                    await self._at("quit", peer, b"221 2.0.0 goodbye\r\n")
                    raise Over
                case _:
                    await peer.write(b"502 5.5.1 not here\r\n")

    def _greeting(self, peer: Peer) -> bytes:
        offers = list(self._offers)
        is_secure = peer.writer.get_extra_info("ssl_object") is not None
        if self._tls is not None and not is_secure:
            offers.append("STARTTLS")
        if self._wants_login:
            offers.append("AUTH PLAIN LOGIN")
        lines = ["scripted", *offers]
        last = len(lines) - 1
        return "".join(f"250{' ' if at == last else '-'}{text}\r\n" for at, text in enumerate(lines)).encode()

    async def _data(self, peer: Peer) -> None:
        """Goes on to the message only if the answer to DATA was the one that asks for it."""
        await self._at("data", peer, b"354 go on, please\r\n")
        if peer.said.startswith(b"354"):
            await self._message(peer)

    async def _message(self, peer: Peer) -> None:
        lines = []
        while (line := await peer.reader.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise Over
            lines.append(line.removeprefix(b"."))
        message = Recorded(peer.sender, tuple(peer.recipients), b"".join(lines))
        try:
            await self._at("dot", peer, b"250 2.0.0 taken\r\n")
        finally:
            if peer.said.startswith(b"250 "):
                self.accepted.append(message)


def _address(line: str) -> str:
    return line[line.find("<") + 1 : line.rfind(">")]
