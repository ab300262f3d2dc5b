"""The default way out: every message becomes a file, so a new installation cannot write to real people."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from engine.model.message import MayGo, Parcel, Receipt

_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]")
_ENDING = re.compile(r"(?<=-[0-9a-f]{16})\..*")
_LONGEST_NAME = 80  # characters of the recipient; far below any file system's limit


def _unchanged(parcel: Parcel) -> bytes:
    return parcel.raw


def readable(parcel: Parcel) -> bytes:
    """A text for people: whom to, the title if there is one, and below an empty line the text to the byte."""
    head = [f"To: {parcel.recipient}", *([f"Subject: {parcel.subject}"] if parcel.subject else [])]
    return "\n".join([*head, f"Message-ID: {parcel.message_id}", "", ""]).encode("utf-8") + parcel.raw


class CaptureChannel:
    """Writes `RECIPIENT-HASH.eml`, or another ending, into one folder; mail and JSON unchanged to the byte.

    The name depends on recipient and Message-ID alone: a message carried twice is one file, not two.
    """

    name = "capture"

    def __init__(
        self,
        directory: Path | str,
        connections: int = 4,
        *,
        fsync: bool = False,
        ending: str = ".eml",
        written: Callable[[Parcel], bytes] = _unchanged,
    ) -> None:
        self.connections = connections
        self._directory = Path(directory)
        self._ending = ending
        self._written = written
        self._fsync = fsync  # survive a power cut, at the cost of speed
        self._slots = asyncio.Semaphore(connections)

    async def deliver(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        """Write the file aside, ask, and only then give it its name. Raises only what `may_go` raises."""
        async with self._slots:
            final = self._directory / file_name(parcel, self._ending)
            aside = final.with_name(f".{final.name}.part")
            try:
                return await self._carry(parcel, may_go, aside, final)
            finally:
                with contextlib.suppress(OSError):
                    aside.unlink()

    async def close(self) -> None:
        """Nothing stays open."""

    async def _carry(self, parcel: Parcel, may_go: MayGo, aside: Path, final: Path) -> Receipt:
        try:
            await asyncio.to_thread(self._write, aside, self._written(parcel))
        except OSError as error:
            return self._fault(error)
        if not await may_go(parcel):
            return Receipt("withheld", "data", None, "withdrawn just before it was written")
        try:
            aside.replace(final)  # all or nothing, and too quick to need a thread
        except OSError as error:
            return self._fault(error)
        return Receipt("sent", "dot", None, str(final))

    def _fault(self, error: OSError) -> Receipt:
        return Receipt("relay_fault", "data", None, _words(self._directory, error))

    def _write(self, path: Path, raw: bytes) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(raw)
            if self._fsync:
                file.flush()
                os.fsync(file.fileno())


def file_name(parcel: Parcel, ending: str = ".eml") -> str:
    """A name no recipient can bend: no separators, no leading dot, and the Message-ID only as a hash."""
    return _stem(parcel.recipient, parcel.message_id) + ending


def _stem(recipient: str, message_id: str) -> str:
    shown = _UNSAFE.sub("_", recipient).lstrip(".")[:_LONGEST_NAME]
    identity = f"{recipient}\n{message_id}".encode("utf-8", "surrogatepass")
    return f"{shown}-{hashlib.sha256(identity).hexdigest()[:16]}"


def captured(directory: Path, carried: Iterable[tuple[str, str]]) -> list[Path]:
    """The files of messages by recipient and Message-ID, over whatever channel; one look at the folder."""
    wanted = {_stem(*one) for one in carried}
    try:
        names = os.listdir(directory) if wanted else []
    except OSError:  # nothing was ever captured there
        return []
    return [directory / name for name in sorted(names) if _ENDING.sub("", name) in wanted]


def _words(directory: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk under the folder {directory} for captured mail is full; make room"
    reason = error.strerror or error
    return f"captured mail cannot be written to {directory} ({reason}): see delivery.capture_dir"
