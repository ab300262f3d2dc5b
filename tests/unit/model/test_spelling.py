"""Which word a misspelt one is taken for."""

from __future__ import annotations

import pytest

from engine.model.spelling import did_you_mean, suggest

KEYS = [
    "wait",
    "wait_for",
    "send",
    "branch",
    "split",
    "days",
    "within",
    "when",
    "between",
    "until",
    "subscribe",
    "unsubscribe",
]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("wiat", "wait"),
        ("sedn", "send"),
        ("dayz", "days"),
        ("Days", "days"),
        ("witin", "within"),
        ("untill", "until"),
        ("wait-for", "wait_for"),
        ("waitfor", "wait_for"),
        ("unsuscribe", "unsubscribe"),
        ("brnach", "branch"),
        ("betwen", "between"),
    ],
)
def test_slips_of_the_finger_find_their_word(written: str, meant: str) -> None:
    assert suggest(written, KEYS) == meant


@pytest.mark.parametrize("written", ["", "x", "email", "topic", "w" * 1_000_000])
def test_other_words_find_nothing(written: str) -> None:
    assert suggest(written, KEYS) is None
    assert did_you_mean(written, KEYS) == ""


def test_swapped_neighbours_are_nearer_than_another_letter() -> None:
    assert suggest("form", ["fork", "from"]) == "from"
    assert suggest("tow", ["two"]) == "two"


def test_the_right_spelling_in_another_case_comes_first() -> None:
    assert suggest("order completed", ["Order Complete", "Order Completed"]) == "Order Completed"


def test_a_stricter_cutoff_finds_less() -> None:
    assert suggest("dayz", KEYS, cutoff=0.9) is None


def test_the_sentence_names_the_word_as_it_is_to_be_written() -> None:
    assert did_you_mean("cart updatd", ["Cart Updated"]) == " Did you mean `Cart Updated`?"
