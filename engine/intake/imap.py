"""A mailbox over IMAP as a way in: what is not seen is taken, and is seen once it is on record. RFC 3501."""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from engine.errors import RefusedError
from engine.intake.mail_files import MailFile
from engine.intake.returned_mail import LARGEST

Tls = Literal["required", "implicit", "none"]

_TIMEOUT = 30.0
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """`tls`: STARTTLS, from the first byte on, or none. `ca_file`: whom to trust besides the system's."""

    host: str
    user: str
    password: str = field(repr=False)
    port: int = 993
    tls: Tls = "implicit"
    folder: str = "INBOX"
    ca_file: str | None = None


@dataclass(slots=True)
class ImapMailbox:
    """One connection for each round: a server that hangs costs one round and no more."""

    settings: ImapSettings
    every: timedelta = timedelta(seconds=60)
    _line: imaplib.IMAP4 | None = None

    @property
    def name(self) -> str:
        """For the log."""
        return f"{self.settings.folder} at {self.settings.host}"

    def begin(self) -> None:
        """Connect, log in, open the folder. RefusedError in words, as from all that follows."""
        try:
            self._line = self._open()
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise self._refusal(error) from None

    def waiting(self, limit: int) -> Iterator[MailFile]:
        """What nobody has seen, the oldest first."""
        try:
            for uid in self._unseen()[:limit]:
                yield MailFile(uid, self._mail(uid))
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise self._refusal(error) from None

    def done(self, mail: MailFile) -> None:
        """It is on record: from now on it counts as seen."""
        self._flag(mail, r"(\Seen)")

    def set_aside(self, mail: MailFile) -> None:
        """It cannot be read by us, and waits for people, with a flag."""
        self._flag(mail, r"(\Seen \Flagged)")

    # --- the line ---

    def _open(self) -> imaplib.IMAP4:
        one = self.settings
        trust = None if one.tls == "none" else ssl.create_default_context(cafile=one.ca_file)
        if one.tls == "implicit":
            line: imaplib.IMAP4 = imaplib.IMAP4_SSL(one.host, one.port, ssl_context=trust, timeout=_TIMEOUT)
        else:
            line = imaplib.IMAP4(one.host, one.port, timeout=_TIMEOUT)
        try:
            if one.tls == "required":
                line.starttls(ssl_context=trust)
            line.login(one.user, one.password)
            answer, _ = line.select(_quoted(one.folder))
            if answer != "OK":
                raise imaplib.IMAP4.error(f"there is no folder {one.folder}")
        except BaseException:
            with suppress(Exception):
                line.shutdown()
            raise
        return line

    def _unseen(self) -> list[str]:
        assert self._line is not None  # noqa: S101  # only asked while it is open
        _, found = self._line.uid("SEARCH", "UNSEEN")
        return [uid.decode() for uid in (found[0] or b"").split()]

    def _mail(self, uid: str) -> bytes:
        """PEEK leaves it unseen. What is too large is not even asked for."""
        assert self._line is not None  # noqa: S101
        _, told = self._line.uid("FETCH", uid, "(RFC822.SIZE)")
        size = _SIZE.search(b" ".join(part for part in told if isinstance(part, bytes)))
        if size is not None and int(size[1]) > LARGEST:
            return bytes(LARGEST + 1)
        _, found = self._line.uid("FETCH", uid, "(BODY.PEEK[])")
        return next((part[1] for part in found if isinstance(part, tuple)), b"")

    def _flag(self, mail: MailFile, flags: str) -> None:
        try:
            if self._line is None:
                raise imaplib.IMAP4.error("the connection is closed")
            self._line.uid("STORE", mail.name, "+FLAGS.SILENT", flags)
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._refusal(error) from None

    def end(self) -> None:
        """Say goodbye; a server that does not answer is left."""
        line, self._line = self._line, None
        if line is not None:
            with suppress(Exception):
                line.logout()
            with suppress(Exception):
                line.shutdown()

    def _refusal(self, error: Exception) -> RefusedError:
        """A server may repeat the password it was given."""
        words = " ".join(str(error).split())[:200].replace(self.settings.password, "***")
        return RefusedError(
            f"bounces.imap: {self.name} cannot be read: {words or type(error).__name__}",
            "Nothing is lost: what is unseen is taken when it works again.",
        )


def _quoted(folder: str) -> str:
    """A name as RFC 3501 has it; names outside ASCII are written in its own UTF-7."""
    encoded = _utf7(folder)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7(text: str) -> str:
    """RFC 3501 5.1.3: `&` is `&-`, and what is not ASCII stands in a base64 of its own between & and -."""
    pieces = re.split(r"([^\x20-\x7e]+)", text)
    return "".join(
        _shifted(piece) if number % 2 else piece.replace("&", "&-") for number, piece in enumerate(pieces)
    )


def _shifted(piece: str) -> str:
    return "&" + b64encode(piece.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
