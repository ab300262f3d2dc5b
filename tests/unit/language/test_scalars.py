"""Words that somebody may have meant as true or false."""

from __future__ import annotations

import pytest

from engine.language.scalars import boolean_meant, looks_like_boolean


@pytest.mark.parametrize("word", ["yes", "Yes", "ON", "True", "y", "true", " on "])
def test_words_for_true(word: str) -> None:
    assert boolean_meant(word) == "true"
    assert looks_like_boolean(word)


@pytest.mark.parametrize("word", ["no", "NO", "Off", "FALSE", "n"])
def test_words_for_false(word: str) -> None:
    assert boolean_meant(word) == "false"
    assert looks_like_boolean(word)


@pytest.mark.parametrize("word", ["", "1", "none", "nope", "only"])
def test_other_words(word: str) -> None:
    assert boolean_meant(word) is None
    assert not looks_like_boolean(word)
