"""Header texts: outside ASCII they become encoded words (RFC 2047), long ones are folded (RFC 5322 2.2.3)."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Final

from engine.errors import RenderError

#: C0, DEL, C1 and the line separators of Unicode: what no header may hold.
CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WIDTH: Final = 76
#: An encoded word is 75 characters at most, 12 of them `=?utf-8?b?` and `?=`: 60 of Base64 are 45 bytes.
_BYTES_PER_WORD: Final = 45
_Q_PER_WORD: Final = 63
#: RFC 2047 5(3): what may stand for itself, even in a phrase.
_Q_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def one_line(text: str) -> str:
    """A text without line breaks, control characters and double spaces."""
    return " ".join(CONTROLS.sub(" ", text).split())


def refuse_controls(text: str, where: str) -> None:
    """Raise RenderError when a text would break out of its header line."""
    if CONTROLS.search(text):
        raise RenderError(
            f"{where} holds a line break or another control character: {text[:80]!r}",
            help="It probably comes from pasted or imported data; clean it there.",
        )


def header_text(text: str, used: int) -> str:
    """An unstructured header value (Subject). `used` is how much of the first line is already taken."""
    if not text.isascii() or "=?" in text:
        return encoded_words(text, used)
    if len(text) + used <= _WIDTH:
        return text
    return _folded(text, used)


def _folded(text: str, used: int) -> str:
    """Break the line before spaces: unfolding gives back every character."""
    lines, start, room = [], 0, _WIDTH - used
    while len(text) - start > room:
        space = text.rfind(" ", start + 1, start + room + 1)
        if space <= start:
            return encoded_words(text, used)
        lines.append(text[start:space])
        start, room = space, _WIDTH
    return "\r\n".join([*lines, text[start:]])


def encoded_words(text: str, used: int = 12) -> str:
    """A text as encoded words, folded between them; each holds whole characters (RFC 2047 5)."""
    data = text.encode("utf-8", "replace")
    escaped = sum(byte not in _Q_SAFE and byte != 0x20 for byte in data)
    in_q = escaped * 3 < len(data)
    words: list[str] = []
    room = _room(in_q, used)
    chunk, size = b"", 0
    for character in text:
        piece = character.encode("utf-8", "replace")
        cost = sum(1 if byte in _Q_SAFE or byte == 0x20 else 3 for byte in piece) if in_q else len(piece)
        if chunk and size + cost > room:
            words.append(_word(chunk, in_q))
            chunk, size, room = b"", 0, _room(in_q, 0)
        chunk, size = chunk + piece, size + cost
    return "\r\n ".join([*words, _word(chunk, in_q)])


def _room(in_q: bool, used: int) -> int:
    if in_q:
        return max(_Q_PER_WORD - used, 12)
    return max(_BYTES_PER_WORD - used * 3 // 4, 12)


def _word(chunk: bytes, in_q: bool) -> str:
    if not in_q:
        return f"=?utf-8?b?{b64encode(chunk).decode('ascii')}?="
    written = "".join(
        "_" if byte == 0x20 else chr(byte) if byte in _Q_SAFE else f"={byte:02X}" for byte in chunk
    )
    return f"=?utf-8?q?{written}?="
