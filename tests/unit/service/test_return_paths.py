"""Return paths: found wherever a mail shows them, and only those that were made here."""

from __future__ import annotations

import hmac
from base64 import b32encode
from hashlib import sha256

import pytest

from engine.service.return_paths import ReturnPaths, has_room

OLD, NEW = b"o" * 32, b"n" * 32
PATHS = ReturnPaths("bounces@shop.example", (NEW, OLD))


def by_hand(number: int, key: bytes) -> str:
    """Another reading of the format: number, then the first 80 bits of the signature, in base32."""
    said = number.to_bytes(5, "big")
    mac = hmac.new(key, b"return-path:" + said, sha256).digest()[:10]
    return f"bounces+{b32encode(said + mac).decode().lower()}@shop.example"


@pytest.mark.parametrize("number", [1, 2, 4711, 2**32, 2**40 - 1])
def test_it_says_which_message_and_fits_a_local_part(number: int) -> None:
    path = PATHS.of(number)
    assert path == by_hand(number, NEW)
    assert PATHS.find([path]) == number
    assert len(path.partition("@")[0]) <= 64


@pytest.mark.parametrize("around", ["{}", "<{}>", "x <{}>, y", "rfc822;{}", "To: {}\nCc: z"])
def test_it_is_found_in_whatever_stands_around_it(around: str) -> None:
    assert PATHS.find(["nothing", around.format(PATHS.of(7)), "nothing"]) == 7


@pytest.mark.parametrize("written", [str.upper, str.title, lambda text: text.replace("@", "=40")])
def test_it_is_found_however_it_is_written(written: object) -> None:
    assert callable(written)
    assert PATHS.find([written(PATHS.of(7))]) == 7


def test_a_key_that_signs_no_more_is_still_accepted() -> None:
    assert PATHS.find([by_hand(7, OLD)]) == 7


def test_any_other_letter_breaks_it() -> None:
    path = PATHS.of(7)
    start, end = len("bounces+"), path.index("@")
    for at in range(start, end):
        for letter in "a2":
            bent = path[:at] + letter + path[at + 1 :]
            assert bent == path or PATHS.find([bent]) is None, at


def test_of_another_shop_it_is_nothing() -> None:
    assert PATHS.find([by_hand(7, b"x" * 32)]) is None
    assert PATHS.find([PATHS.of(7).replace("bounces+", "returns+")]) is None


def test_a_forged_one_before_the_right_one_hides_nothing() -> None:
    assert PATHS.find([f"{by_hand(8, b'x' * 32)} {PATHS.of(7)}"]) == 7


@pytest.mark.parametrize(
    ("base", "fits"), [("b@x.example", True), ("b" * 39 + "@x", True), ("b" * 40 + "@x", False)]
)
def test_room_for_the_token(base: str, fits: bool) -> None:
    assert has_room(base) is fits
    if fits:
        assert len(ReturnPaths(base, (NEW,)).of(1).partition("@")[0]) <= 64
