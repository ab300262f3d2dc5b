"""`journeys fmt`: which files it touches, what it says, and how it ends."""

from __future__ import annotations

from pathlib import Path

from tests.unit.commands.conftest import Journeys
from tests.unit.commands.test_validate import CART, change


def test_shipped_files_are_tidy(shop: Path, journeys: Journeys) -> None:
    code, out, err = journeys("fmt", "--check")
    assert (code, err) == (0, "")
    assert out.startswith("0 of ")
    assert out.endswith(" files not tidy\n")


def test_a_file_is_tidied_in_its_place(shop: Path, journeys: Journeys) -> None:
    before = (shop / CART).read_bytes()
    change(shop / CART, "wait: 1 hour", "wait:   1 hour  ")
    code, out, _ = journeys("fmt")
    assert code == 0
    assert f"{CART}: tidied\n" in out
    assert (shop / CART).read_bytes() == before


def test_check_writes_nothing(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 hour", "wait:   1 hour  ")
    untidy = (shop / CART).read_bytes()
    code, out, _ = journeys("fmt", "--check", "abandoned-cart")
    assert code == 1
    assert out == f"{CART}: is not tidy\n1 of 2 files not tidy\n"
    assert (shop / CART).read_bytes() == untidy


def test_only_what_was_named_is_touched(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 hour", "wait:   1 hour  ")
    assert journeys("fmt", "--check", "welcome-series")[0] == 0


def test_a_file_that_cannot_be_read_is_left_alone(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 hour", "wait:   1 hour\n    wait: 2 hours")
    broken = (shop / CART).read_bytes()
    code, out, _ = journeys("fmt")
    assert code == 1
    assert f"{CART}: left alone, because it cannot be read\n  {CART}:" in out
    assert ", 1 left alone\n" in out
    assert (shop / CART).read_bytes() == broken
