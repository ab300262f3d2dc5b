"""Where mail lies: a maildir, an mbox, a folder of .eml files, one mail, or what a pipe hands over."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UsageError
from engine.intake.returned_mail import LARGEST

#: What stands for the pipe that a mail server opens.
PIPE = "-"


@dataclass(frozen=True, slots=True)
class MailFile:
    """One mail as bytes, at most one more than is read; `name` says where it is from."""

    name: str
    raw: bytes


def mails_at(place: str) -> Iterator[MailFile]:
    """Every mail there, one after the other. UsageError where nothing can be read at all."""
    if place == PIPE:
        yield MailFile(PIPE, sys.stdin.buffer.read(LARGEST + 1))
        return
    path = Path(place)
    try:
        yield from _in_folder(path) if path.is_dir() else _in_file(path)
    except OSError as error:
        raise UsageError(
            f"{place} cannot be read: {error.strerror}", "Name a mail, an mbox, a maildir, or - for a pipe."
        ) from None


def _in_folder(folder: Path) -> Iterator[MailFile]:
    """A maildir has new and cur; any other folder holds mails itself."""
    is_maildir = (folder / "new").is_dir() or (folder / "cur").is_dir()
    places = (folder / "new", folder / "cur") if is_maildir else (folder,)
    files = [file for place in places if place.is_dir() for file in sorted(place.iterdir())]
    mails = [file for file in files if file.is_file() and (is_maildir or file.suffix == ".eml")]
    if not mails and not is_maildir:
        raise UsageError(
            f"{folder} holds no mail", "Name a maildir (with new and cur), or a folder of .eml files."
        )
    for file in mails:
        yield MailFile(str(file), _read(file))


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


def _in_file(file: Path) -> Iterator[MailFile]:
    with file.open("rb") as opened:
        if opened.read(5) != b"From ":
            opened.seek(0)
            yield MailFile(str(file), opened.read(LARGEST + 1))
            return
        opened.seek(0)
        for number, raw in enumerate(_in_mbox(opened), start=1):
            yield MailFile(f"{file}#{number}", raw)


def _in_mbox(lines: Iterator[bytes]) -> Iterator[bytes]:
    """A line `From …` begins the next mail where an empty one is before it (RFC 4155)."""
    mail: list[bytes] = []
    size, was_empty = 0, True
    for line in lines:
        if was_empty and line.startswith(b"From "):
            if mail:
                yield b"".join(mail)
            mail, size = [], 0
        elif size <= LARGEST:
            mail.append(line[1:] if line.startswith(b">From ") else line)
            size += len(line)
        was_empty = not line.strip()
    if mail:
        yield b"".join(mail)
