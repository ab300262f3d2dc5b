"""Mail from outside becomes a `ReturnedMail`: parsed by the standard library, within limits that nobody can
stretch. Anybody may send to the address that bounces go to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from html.parser import HTMLParser
from itertools import islice

from engine.errors import ReadError
from engine.model.returned import Part, ReturnedMail

#: Bytes of a mail that is looked at at all, and of the beginning that is parsed: reports come first.
LARGEST = 10 * 1024 * 1024
_PARSED = 512 * 1024

#: A part's text, a header, how many there are of either, how deep parts may lie in parts.
_TEXT = 64 * 1024
_HEADER = 2_000
_HEADERS = 300
_PARTS = 50
_NESTED = 60
_LONGEST_TYPE = 4_000

_TYPE_HEADER = re.compile(rb"^content-[a-z-]{1,40}:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)


def read_returned(raw: bytes) -> ReturnedMail:
    """ReadError for what is too large or made to be hard to read; everything else is read somehow."""
    if len(raw) > LARGEST:
        raise ReadError(
            f"the mail has {len(raw):,} bytes, and at most {LARGEST:,} are read", "Look at it by hand."
        )
    head = raw[:_PARSED].replace(b"\0", b"")
    _refuse_traps(head)
    try:
        message = BytesParser(policy=compat32).parsebytes(head)
        parts = tuple(_parts(message))
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, LookupError, AssertionError) as error:  # the parser's own mistakes with odd mail
        raise ReadError(f"the mail cannot be taken apart ({error})", "Look at it by hand.") from None
    return ReturnedMail(tuple(_headers(message)), parts)


def _refuse_traps(head: bytes) -> None:
    """What costs the parser time without end: parts in parts in parts, and types of endless length."""
    if head.lower().count(b"boundary=") > _NESTED:
        raise _too_deep()
    if any(len(found[0]) > _LONGEST_TYPE for found in _TYPE_HEADER.finditer(head)):
        raise ReadError("the mail has a Content-Type header without end", "Look at it by hand.")


def _too_deep() -> ReadError:
    return ReadError(f"the mail has parts in parts more than {_NESTED} deep", "Look at it by hand.")


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in islice(message.raw_items(), _HEADERS):
        yield name.lower(), _decoded(str(value)[:_HEADER])


def _decoded(value: str) -> str:
    """RFC 2047; what cannot be decoded stays as it is."""
    flat = _text(" ".join(value.split()).encode("utf-8", "surrogateescape"), None)
    if "=?" not in flat:
        return flat
    try:
        return "".join(
            piece if isinstance(piece, str) else _text(piece, charset)
            for piece, charset in decode_header(flat)
        )
    except (ValueError, LookupError):
        return flat


def _text(data: bytes, charset: str | None) -> str:
    """In the charset that it says, else as UTF-8, else as Latin-1, which takes every byte."""
    is_japanese = b"\x1b$" in data and charset in (None, "us-ascii", "utf-8")
    for name in ("iso-2022-jp" if is_japanese else charset, "utf-8"):
        try:
            if name:
                return data.decode(name)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


# --- parts ---------------------------------------------------------------------------------------


def _parts(message: Message) -> Iterator[Part]:
    """The leaves; an enclosed message ends as its headers, since its text is ours."""
    waiting, count = [message], 0
    while waiting and count < _PARTS:
        one = waiting.pop(0)
        type = one.get_content_type()
        if type.endswith("delivery-status") or type == "message/feedback-report":
            count += 1
            yield Part(type, _fields(one))
        elif type.startswith("message/") and one.is_multipart():
            count += 1
            yield Part("message/rfc822", _head(one))
        elif one.is_multipart():
            waiting = [part for part in one.get_payload() if isinstance(part, Message)] + waiting
        elif type.startswith("multipart/"):
            count += 1
            yield from _unparted(_payload(one))
        else:
            count += 1
            yield _leaf(one, type)


def _unparted(text: str) -> Iterator[Part]:
    """A multipart whose boundaries were lost on the way: all of it is text, and the report is in there."""
    yield Part("text/plain", text)
    report = re.search(
        r"^(?:reporting-mta|final-recipient|original-recipient):", text, re.IGNORECASE | re.MULTILINE
    )
    if report:
        yield Part("message/delivery-status", text[report.start() :])


def _fields(part: Message) -> str:
    """As it was written: the parser makes messages of its groups, and so loses what is broken."""
    inside = part.get_payload()
    if isinstance(inside, list):
        written = "\n".join(_as_written(group) for group in inside if isinstance(group, Message))
        return _text(written[:_TEXT].encode("utf-8", "surrogateescape"), None)
    return _payload(part)


def _as_written(group: Message) -> str:
    head = "".join(f"{name}: {value}\n" for name, value in group.raw_items())
    body = group.get_payload()
    if isinstance(body, list):
        return head + "\n" + "\n".join(_as_written(one) for one in body if isinstance(one, Message))
    return f"{head}\n{body or ''}"


def _head(part: Message) -> str:
    inside = part.get_payload()
    first = inside[0] if isinstance(inside, list) and inside else part
    if not isinstance(first, Message):
        return ""
    lines = [f"{name}: {value}" for name, value in _headers(first)]
    return "\n".join(lines)[:_TEXT]


def _leaf(part: Message, type: str) -> Part:
    if not type.startswith(("text/", "message/")):
        return Part(type, "")
    text = _payload(part)
    return Part(type, _without_tags(text) if type == "text/html" else text)


def _payload(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(part.get_payload())[:_TEXT]
    charset = part.get_content_charset()
    return _text(data[:_TEXT], charset).replace("\r\n", "\n").replace("\r", "\n")


class _Words(HTMLParser):
    """The words of a page; style and script are none."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins a new line."""
        del attrs
        self._hidden += tag in ("style", "script")
        if tag in ("p", "br", "div", "tr", "li", "td", "h1", "h2", "h3", "pre"):
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Words are seen again behind style and script."""
        self._hidden -= tag in ("style", "script") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if not self._hidden:
            self.words.append(data)


def _without_tags(html: str) -> str:
    words = _Words()
    words.feed(html)
    return "".join(words.words)
