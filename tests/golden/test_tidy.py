"""Golden pairs of `journeys fmt`: a file as somebody wrote it, and as it is tidied."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language.tidy import tidy
from engine.language.yaml_text import read_yaml

CASES = sorted((Path(__file__).parent / "tidy").glob("*.txt"))
NO_LINE_END = "\\ no line end\n"


def parts(case: Path) -> tuple[str, str]:
    before, _, after = case.read_text(encoding="utf-8").partition("=== tidy\n")
    return before.removesuffix(NO_LINE_END), after.removesuffix(NO_LINE_END)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_file_is_tidied_as_promised(case: Path) -> None:
    before, after = parts(case)
    found, faults = tidy(before.encode(), "a.yaml")
    assert found is not None, faults
    assert found.decode() == after


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_tidy_file_stays_as_it_is(case: Path) -> None:
    after = parts(case)[1].encode()
    assert tidy(after, "a.yaml")[0] == after


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_both_are_read_alike(case: Path) -> None:
    before, after = parts(case)
    assert repr(read_yaml(before, "").data) == repr(read_yaml(after, "").data)
