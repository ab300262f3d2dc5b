"""docs/guarantees.md says what the last run of its tests showed, and names only tests that are there."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.guarantees.page import PAGE, REWRITE, ROOT, SEEN, all_tests, rendered


def test_the_page_is_what_was_seen() -> None:
    seen = json.loads(SEEN.read_text("utf-8"))
    assert list(seen["outcomes"]) == all_tests(), f"promises changed since the last run: {REWRITE}"
    assert PAGE.read_text("utf-8") == rendered(seen), f"write it again: {REWRITE}"


@pytest.mark.parametrize("test", all_tests())
def test_it_names_tests_that_are_there_and_passed(test: str) -> None:
    file, _, name = test.partition("::")
    assert name in _functions(ROOT / file)
    outcome = json.loads(SEEN.read_text("utf-8"))["outcomes"][test]
    assert outcome["passed"] > 0
    assert outcome["failed"] == 0


def _functions(file: Path) -> set[str]:
    return {
        node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    }
