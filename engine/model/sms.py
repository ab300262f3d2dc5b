"""How long an SMS is: characters of the GSM alphabet or of UCS-2, and the parts that are sent and paid for.

3GPP TS 23.038 6.2.1: one part holds 160 characters of the GSM alphabet, or 70 of UCS-2 as soon as one
character is not in it; of several parts each holds 153 or 67, as the rest tells how they belong together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Each takes the room of two.
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class SmsLength:
    """`units` fill the parts: septets of GSM, or UTF-16 units. `odd` are the characters outside of GSM."""

    units: int
    parts: int
    odd: str

    @property
    def is_gsm(self) -> bool:
        return not self.odd

    def __str__(self) -> str:
        alphabet = "GSM-7" if self.is_gsm else f"UCS-2 because of {' '.join(self.odd[:5])}"
        return f"{self.units} characters, {self.parts} part{'' if self.parts == 1 else 's'} ({alphabet})"


def sms_length(text: str) -> SmsLength:
    """The length of a finished text."""
    odd = "".join(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENDED))
    if odd:
        sizes, whole, each = [1 + (ord(c) > 0xFFFF) for c in text], 70, 67
    else:
        sizes, whole, each = [1 + (c in _EXTENDED) for c in text], 160, 153
    units = sum(sizes)
    return SmsLength(units, 1 if units <= whole else _parts(sizes, each), odd)


def _parts(sizes: list[int], each: int) -> int:
    """No character is cut in two: one that does not fit goes into the next part."""
    parts, room = 1, each
    for size in sizes:
        if size > room:
            parts, room = parts + 1, each
        room -= size
    return parts
