"""From the bytes of a file to text that can be read: size, encoding and characters that nobody can see."""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import Final

from engine.language import yaml_rules as rules
from engine.language.source_text import Finding

MOST_BYTES: Final = 1024 * 1024

_BOM: Final = "\ufeff"
_WIDE_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_CONTROL: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff"
#: What YAML does not allow, and its rare line ends, which an editor shows as nothing at all.
_FORBIDDEN: Final = re.compile(f"[{_CONTROL}\x85\u2028\u2029\ufeff]")
#: What may not even stand in the body of a message.
_DAMAGE: Final = re.compile(f"[{_CONTROL}]")
#: One cause mostly makes many of them, so a few are enough to find it.
_MOST_NAMED: Final = 10
_SAVE_AS_UTF8: Final = "Save the file with the encoding UTF-8 (in most editors: Save with encoding… → UTF-8)."


def is_too_large(text: bytes | str) -> bool:
    """More than 1 MiB of UTF-8; looks at the size alone and never at the content of a huge file."""
    if isinstance(text, bytes) or len(text) > MOST_BYTES:
        return len(text) > MOST_BYTES
    return len(text) * 4 > MOST_BYTES and len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES


def too_large(size: int) -> Finding:
    """The complaint about a file of this size; it points at the beginning of the file."""
    mebibytes = f"{size / MOST_BYTES:.1f}" if size > 1.05 * MOST_BYTES else "a little more than 1.0"
    message = f"The file is too large: {mebibytes} MiB, and at most 1 MiB is read."
    return Finding(
        0, 0, rules.TOO_LARGE, message, "Split it into several files, or move long texts to message files."
    )


def decode(text: bytes | str) -> tuple[str, Finding | None]:
    """The text without a byte order mark, and what is wrong with its encoding.

    After a complaint the text is only good for finding the line.
    """
    if isinstance(text, str):
        return text.removeprefix(_BOM), None
    if text.startswith(_WIDE_BOMS):
        return "", Finding(0, 0, rules.ENCODING, "The file is saved as UTF-16, not as UTF-8.", _SAVE_AS_UTF8)
    try:
        return text.decode("utf-8").removeprefix(_BOM), None
    except UnicodeDecodeError as error:
        shown = text.decode("utf-8", errors="replace").removeprefix(_BOM)
        offset = len(text[: error.start].decode("utf-8").removeprefix(_BOM))
        return shown, _bad_byte(offset, text[error.start])


def _bad_byte(offset: int, byte: int) -> Finding:
    letter = bytes([byte]).decode("cp1252", errors="replace")
    guess = f" (probably meant as `{letter}`)" if letter.isalpha() or letter in "€„“”‘’–—…" else ""
    message = f"The file is not saved as UTF-8: the byte {byte:02X} stands here{guess}."
    return Finding(offset, offset + 1, rules.ENCODING, message, _SAVE_AS_UTF8)


def forbidden_characters(text: str, start: int = 0, end: int | None = None) -> list[Finding]:
    """Complaints about the first ten characters between two offsets that must not stand in a YAML file."""
    stop = len(text) if end is None else end
    return [_forbidden(match) for match in islice(_FORBIDDEN.finditer(text, start, stop), _MOST_NAMED)]


def damaged_characters(text: str, start: int) -> list[Finding]:
    """The same for a text that is no YAML: control characters only."""
    return [_forbidden(match) for match in islice(_DAMAGE.finditer(text, start), _MOST_NAMED)]


def _forbidden(match: re.Match[str]) -> Finding:
    code = ord(match.group())
    if code in (0x85, 0x2028, 0x2029):
        message = f"An invisible line break of a document (U+{code:04X}) stands here."
        remedy = "Delete it and press Enter instead."
    elif code == 0:
        message = "A NUL character stands here; the file is damaged, or not saved as UTF-8."
        remedy = _SAVE_AS_UTF8
    else:
        message = f"An invisible control character (U+{code:04X}) stands here."
        remedy = "Delete it; when nothing is to be seen, type the line again."
    return Finding(match.start(), match.end(), rules.CONTROL_CHARACTER, message, remedy)
