"""Writes a finished mail: RFC 5322 headers, multipart/alternative with text first, CRLF, lines of 998 at
most.

By hand, because `email.message.EmailMessage` costs 1.35 ms for each message. The tests read every message
back with the standard library's parser, which knows nothing of this file.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from engine.errors import RenderError
from engine.messages.addresses import Address, address_of, read_address
from engine.messages.words import header_text, refuse_controls
from engine.model.message import Attachment, Content

__all__ = ["address_of", "build"]

_LONGEST_LINE: Final = 998
_ABOVE_ASCII: Final = bytes(range(128, 256))
#: What 7bit may not hold: NUL, a bare CR (all line ends are CRLF by then), and `From ` at the start of a
#: line, which some programs still change to `>From ` and so break signatures.
_NOT_7BIT: Final = re.compile(rb"\x00|\r(?!\n)|(?:^|\n)From |[^\r\n]{%d}" % (_LONGEST_LINE + 1))
_ID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
_LIST_ID: Final = re.compile(r"[A-Za-z0-9._-]+")
_HEADER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_UNSUBSCRIBE: Final = re.compile(r"(?:https://|mailto:)[!-;=?-~]+")
_OURS: Final = frozenset(
    "from to cc bcc sender reply-to subject date message-id mime-version content-type return-path received "
    "content-transfer-encoding list-unsubscribe list-unsubscribe-post list-id feedback-id "
    "auto-submitted".split()
)


def build(
    content: Content,
    *,
    sender: str,
    to: str,
    message_id: str,
    date: datetime,
    reply_to: str | None = None,
    unsubscribe: str | tuple[str, ...] | None = None,
    list_id: str | None = None,
    topic: str | None = None,
    journey: str | None = None,
    transactional: bool = False,
    extra: Mapping[str, str] | None = None,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """The complete message as it goes over the wire after DATA, before dot-stuffing.

    `sender`, `to`, `reply_to`: `Name <a@b>` or `a@b`, one each. `message_id`: without angle brackets. `date`:
    aware. `unsubscribe`: https: and mailto: addresses; with `list_id` left out of transactional mail. `topic`
    and `journey` go into Feedback-ID. `extra`: further headers in ASCII. Raises RenderError for whatever
    cannot be written.
    """
    from_, recipient = read_address(sender), read_address(to)
    headers = [
        f"From: {from_.header()}",
        f"To: {recipient.header()}",
        *([f"Reply-To: {read_address(reply_to).header()}"] if reply_to else []),
        f"Subject: {_subject(content.subject)}",
        f"Date: {format_datetime(date)}",
        f"Message-ID: <{_checked(_ID, message_id, 'a Message-ID')}>",
        *([] if transactional else _list_headers(unsubscribe, list_id)),
        *_feedback_id(journey, topic, transactional, from_),
        "Auto-Submitted: auto-generated",
        *_extra_headers(extra or {}),
        "MIME-Version: 1.0",
    ]
    return "\r\n".join(headers).encode("ascii") + b"\r\n" + _whole(content, message_id, attachments)


# --- headers ------------------------------------------------------------------------------------------------


def _subject(subject: str) -> str:
    refuse_controls(subject, "the subject")
    return header_text(subject.strip(), len("Subject: "))


def _list_headers(unsubscribe: str | tuple[str, ...] | None, list_id: str | None) -> list[str]:
    """RFC 2369, RFC 8058 and RFC 2919."""
    ways = (unsubscribe,) if isinstance(unsubscribe, str) else unsubscribe or ()
    headers = []
    if ways:
        written = [f"<{_checked(_UNSUBSCRIBE, way, 'an unsubscribe address')}>" for way in ways]
        headers.append("List-Unsubscribe: " + ",\r\n ".join(written))
    if any(way.startswith("https:") for way in ways):
        headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    if list_id:
        headers.append(f"List-Id: <{_checked(_LIST_ID, list_id, 'a List-Id')}>")
    return headers


def _feedback_id(journey: str | None, topic: str | None, transactional: bool, sender: Address) -> list[str]:
    """Journey, topic, kind and sender, which name no person; providers count complaints by it."""
    if not journey and not topic:
        return []
    kind = "transactional" if transactional else "marketing"
    domain = sender.mail.rpartition("@")[2]
    fields = [journey or "-", topic or "-", kind, domain]
    return ["Feedback-ID: " + ":".join(re.sub(r"[^A-Za-z0-9._-]", "-", field)[:60] for field in fields)]


def _extra_headers(extra: Mapping[str, str]) -> list[str]:
    for name, value in extra.items():
        refuse_controls(value, f"the header {name[:80]!r}")
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS or not value.isascii():
            raise RenderError(
                f"the header {name[:80]!r} cannot be added", help="Name it X-…, with a value in ASCII."
            )
        if len(name) + len(value) + 2 > _LONGEST_LINE:
            raise RenderError(f"the header {name[:80]!r} is longer than a line of mail may be")
    return [f"{name}: {value}" for name, value in extra.items()]


def _checked(pattern: re.Pattern[str], value: str, what: str) -> str:
    if len(value) > _LONGEST_LINE - 40 or not pattern.fullmatch(value):
        refuse_controls(value, what)
        raise RenderError(f"{value[:120]!r} cannot be written as {what}")
    return value


# --- body ---------------------------------------------------------------------------------------------------


def _whole(content: Content, message_id: str, attachments: Sequence[Attachment]) -> bytes:
    body = _body(content, message_id)
    if not attachments:
        return body
    boundary = _boundary(f"mixed {message_id}")
    parts = b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in (body, *map(_file, attachments)))
    return b'Content-Type: multipart/mixed;\r\n boundary="%b"\r\n\r\n%b--%b--\r\n' % (
        boundary,
        parts,
        boundary,
    )


def _file(attachment: Attachment) -> bytes:
    """One file, in lines of Base64 (RFC 2045 6.8); its name as in RFC 2183, outside ASCII as in RFC 2231."""
    refuse_controls(attachment.name, "the name of an attachment")
    escaped = attachment.name.replace("\\", "_").replace('"', "_")
    name = (
        f'filename="{escaped}"'
        if escaped.isascii()
        else f"filename*=utf-8''{quote(attachment.name, safe='')}"
    )
    head = (
        f"Content-Type: {attachment.type}\r\n"
        f"Content-Disposition: attachment;\r\n {name}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    lines = (attachment.data[start : start + 76] for start in range(0, len(attachment.data), 76))
    return head.encode("ascii") + "\r\n".join(lines).encode("ascii") + b"\r\n"


def _boundary(identity: str) -> bytes:
    """`=_` cannot occur in quoted-printable or Base64, and the same try gives the same bytes."""
    return b"=_" + sha256(identity.encode()).hexdigest()[:32].encode()


def _body(content: Content, message_id: str) -> bytes:
    text = _part(content.text, b"plain")
    if content.html is None:
        return text
    boundary = _boundary(message_id)
    html = _part(content.html, b"html")
    return (
        b'Content-Type: multipart/alternative;\r\n boundary="%b"\r\n\r\n' % boundary
        + b"--%b\r\n%b\r\n--%b\r\n%b\r\n--%b--\r\n" % (boundary, text, boundary, html, boundary)
    )


def _part(text: str, subtype: bytes) -> bytes:
    """One part with its own headers; it ends with a line break."""
    data = _with_crlf(text).encode("utf-8", "replace")
    encoding, encoded = _encoded(data)
    return (
        b'Content-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n'
        % (subtype, encoding)
        + encoded
    )


def _with_crlf(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (text if text.endswith("\n") else text + "\n").replace("\n", "\r\n")


def _encoded(data: bytes) -> tuple[bytes, bytes]:
    high = 0 if data.isascii() else len(data) - len(data.translate(None, _ABOVE_ASCII))
    if not high and not _NOT_7BIT.search(data) and b"--=_" not in data:
        return b"7bit", data
    if high * 6 > len(data):  # above a sixth, quoted-printable is the longer one
        return b"base64", encodebytes(data).replace(b"\n", b"\r\n")
    return b"quoted-printable", b2a_qp(data)
