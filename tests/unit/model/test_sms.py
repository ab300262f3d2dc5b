"""The length of an SMS, by the figures of 3GPP TS 23.038 and by counting anew."""

from __future__ import annotations

import pytest

from engine.model.sms import sms_length


@pytest.mark.parametrize(
    ("text", "units", "parts"),
    [
        ("", 0, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("a" * 152 + "€" + "a" * 152, 306, 3),  # the € does not fit into the first part, which stays short
        ("ä ö ü Ä Ö Ü ß é è à ñ", 21, 1),
        ("ç", 1, 1),
        ("–" * 70, 70, 1),
        ("–" * 71, 71, 2),
        ("😀" * 35, 70, 1),
        ("😀" * 36, 72, 2),
        ("😀" * 66, 132, 2),  # 33 fit into each part of 67
        ("😀" * 67, 134, 3),
    ],
)
def test_units_and_parts(text: str, units: int, parts: int) -> None:
    length = sms_length(text)
    assert (length.units, length.parts) == (units, parts)


def test_what_makes_it_longer_is_named() -> None:
    assert sms_length("Yes – “really”").odd == "–“”"
    assert str(sms_length("Hello")) == "5 characters, 1 part (GSM-7)"
    assert str(sms_length("a–" * 40)) == "80 characters, 2 parts (UCS-2 because of –)"
