"""Counts and tables on the screen."""

from __future__ import annotations

import pytest

from engine.commands.columns import as_table
from engine.commands.counts import counted, some


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 events"), (1, "1 event"), (2, "2 events"), (6919, "6,919 events")]
)
def test_one_is_said_differently_from_many(count: int, words: str) -> None:
    assert some(count, "event") == words


def test_reasons_are_words_and_keep_their_order() -> None:
    assert (
        counted([("no_address", 1200), ("re_entry", 1), ("exit", 3)])
        == "1,200 no address, 1 re-entry, 3 exit"
    )
    assert counted([]) == ""


def test_columns_are_as_wide_as_their_widest_cell_and_lines_do_not_end_in_spaces() -> None:
    lines = as_table(("step", "passed", "not mailed"), [("welcome", "1,200", "1 exit"), ("wait", "", "")])
    assert lines == [
        "  step     passed  not mailed",
        "  welcome   1,200  1 exit",
        "  wait",
    ]
