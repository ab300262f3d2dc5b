"""Mail servers for tests, on 127.0.0.1 and on a port of their own: one that records, one that is quick.

with RecordingServer() as server:            aiosmtpd: somebody else's reading of SMTP
    ...deliver to server.port...
    server.messages[0].recipients

with QuickServer() as server:                thousands of messages a second, offers PIPELINING

python -m tests.support.smtp_server --port 0 --dir DIR
    the quick one as a process: prints `listening 127.0.0.1 PORT` and files each message it accepts in
    DIR, one file per acceptance, so that a message accepted twice is two files
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message as the server took it: envelope and bytes, dot-stuffing undone."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class ThreadedServer:
    """Runs an asyncio server in a thread of its own for the length of a `with` block."""

    def __init__(self) -> None:
        self.port = 0
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)
        self._is_ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    async def listen(self) -> asyncio.Server:
        """Start serving; overridden by each server."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        self._thread.start()
        self._is_ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._is_ready.set()
            raise

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self.listen()
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await self._stop.wait()
        server.close()
        self.hang_up()
        await asyncio.sleep(0)  # one turn of the loop, in which the connections hear of it

    def hang_up(self) -> None:
        """Cut what is still open; overridden where something can be."""


# ---- recording ------------------------------------------------------------------------------------


class RecordingServer(ThreadedServer):
    """aiosmtpd keeping every message in `messages`. Plain, without login, eight-bit and UTF-8 welcome."""

    def __init__(self, size_limit: int | None = None) -> None:
        super().__init__()
        self.messages: list[Recorded] = []
        self._size_limit = size_limit
        self._protocols: list[Any] = []

    async def listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(self._protocol, "127.0.0.1", 0)

    def hang_up(self) -> None:
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()

    def _protocol(self) -> Any:
        from aiosmtpd.smtp import SMTP

        class Patient(SMTP):
            line_length_limit = 2**20  # longer lines than the RFC allows are none of this server's business

        protocol = Patient(self, data_size_limit=self._size_limit, enable_SMTPUTF8=True, hostname="recorder")
        self._protocols.append(protocol)
        return protocol

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """What aiosmtpd calls for each message."""
        self.messages.append(Recorded(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content))
        return "250 2.0.0 recorded"


# ---- quick ----------------------------------------------------------------------------------------

Keep = Callable[[Recorded], Awaitable[None] | None]


class QuickSmtp(asyncio.Protocol):
    """The least of SMTP that accepts everything, with pipelining."""

    GREETING = b"220 quick ESMTP\r\n"
    EHLO = b"250-quick\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800\r\n"

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._buffer = b""
        self._is_data = False
        self._is_busy = False
        self._sender = ""
        self._recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.GREETING)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._work()

    def _work(self) -> None:
        answers: list[bytes] = []
        while not self._is_busy and (self._message() if self._is_data else self._command(answers)):
            pass
        if answers and not self.transport.is_closing():
            self.transport.write(b"".join(answers))

    def _command(self, answers: list[bytes]) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        verb = line[:4].upper()
        if verb == b"QUIT":
            self.transport.write(b"".join([*answers, b"221 bye\r\n"]))
            answers.clear()
            self.transport.close()
            return False
        answers.append(self._answer(verb, line))
        return True

    def _answer(self, verb: bytes, line: bytes) -> bytes:
        match verb:
            case b"EHLO":
                return self.EHLO
            case b"MAIL":
                self._sender, self._recipients = _address(line), []
            case b"RCPT":
                self._recipients.append(_address(line))
            case b"DATA":
                self._is_data = True
                self._buffer = b"\r\n" + self._buffer  # so that a message of nothing but the dot is found
                return b"354 go on\r\n"
            case b"RSET" | b"HELO" | b"NOOP":
                pass
            case _:
                return b"500 what?\r\n"
        return b"250 ok\r\n"

    def _message(self) -> bool:
        body, end, rest = self._buffer.partition(b"\r\n.\r\n")
        if not end:
            return False
        self._buffer, self._is_data = rest, False
        raw = (body + b"\r\n")[2:]
        raw = raw.replace(b"\r\n..", b"\r\n.")
        raw = raw[1:] if raw.startswith(b"..") else raw
        pending = self._keep(Recorded(self._sender, tuple(self._recipients), raw))
        if pending is None:
            self.transport.write(b"250 taken\r\n")
            return True
        self._is_busy = True
        self._task = asyncio.ensure_future(pending)
        self._task.add_done_callback(self._kept)
        return False

    def _kept(self, task: asyncio.Future[None]) -> None:
        self._is_busy = False
        if task.cancelled() or self.transport.is_closing():
            return
        failed = task.exception() is not None
        self.transport.write(b"451 could not be filed\r\n" if failed else b"250 taken\r\n")
        self._work()


def _address(line: bytes) -> str:
    return line[line.find(b"<") + 1 : line.rfind(b">")].decode("utf-8", "replace")


class QuickServer(ThreadedServer):
    """The quick one in a thread, keeping every message in `messages`."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Recorded] = []
        self._open: list[QuickSmtp] = []

    async def listen(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", 0)

    def hang_up(self) -> None:
        for protocol in self._open:
            protocol.transport.abort()

    def _protocol(self) -> QuickSmtp:
        self._open.append(QuickSmtp(self.messages.append))
        return self._open[-1]


# ---- as a process ---------------------------------------------------------------------------------


class Files:
    """Files each message before it is acknowledged; a file appears in the folder only when it is whole."""

    def __init__(self, directory: Path, fsync: bool) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._fsync = fsync
        # Where a server before us stopped counting, so that a restart overwrites nothing.
        self._numbers = itertools.count(
            1 + max((int(f.stem) for f in directory.glob("[0-9]*.eml")), default=0)
        )

    async def keep(self, message: Recorded) -> None:
        name = f"{next(self._numbers):08d}"
        # In a thread, so that the connections wait for the disk side by side.
        await asyncio.to_thread(self._write, name, message.raw)

    def keep_at_once(self, message: Recorded) -> None:
        self._write(f"{next(self._numbers):08d}", message.raw)

    def _write(self, name: str, raw: bytes) -> None:
        aside = self._directory / f".{name}.part"
        with aside.open("wb") as file:
            file.write(raw)
            if self._fsync:
                file.flush()
                os.fsync(file.fileno())
        aside.replace(self._directory / f"{name}.eml")


async def serve(port: int, directory: Path, fsync: bool) -> None:
    files = Files(directory, fsync)
    keep: Keep = files.keep if fsync else files.keep_at_once
    server = await asyncio.get_running_loop().create_server(lambda: QuickSmtp(keep), "127.0.0.1", port)
    print(f"listening 127.0.0.1 {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def mail_process(directory: Path) -> Iterator[int]:
    """The quick server as a process that outlives whoever sends to it, filing into `directory`; its port."""
    command = [sys.executable, "-m", "tests.support.smtp_server", "--dir", str(directory), "--no-fsync"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int((server.stdout or sys.stdin).readline().split()[-1])
        finally:
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.smtp_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--dir", type=Path, required=True, help="where accepted messages are filed")
    parser.add_argument("--no-fsync", action="store_true", help="do not wait for the disk")
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(chosen.port, chosen.dir, not chosen.no_fsync))


if __name__ == "__main__":
    main()
