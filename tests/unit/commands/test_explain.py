"""`journeys explain`: a page for every code that validation can tell."""

from __future__ import annotations

import json

import pytest

from engine.service.explanations import MEANINGS, page_of
from tests.unit.commands.conftest import Journeys


def test_a_lint_rule_is_shown_with_both_examples(journeys: Journeys) -> None:
    code, out, err = journeys("explain", "J720")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "J720 warning  A condition can never hold."
    assert "    enter_when: { contact.orders: { gte: 5, lt: 3 } }" in lines
    assert "    enter_when: { contact.orders: { gte: 3, lt: 5 } }" in lines
    assert "This condition never holds: its parts exclude each other." in lines
    assert lines[-1].endswith("# lint: ignore J720 — REASON")


def test_a_fault_is_shown_with_its_golden_example(journeys: Journeys) -> None:
    code, out, _ = journeys("explain", "j360")
    assert code == 0
    assert out.startswith("J360  A wait_for does not say how long at most.\n")
    assert "help: Add how long at most" in out
    assert "lint: ignore" not in out


def test_without_a_code_all_are_listed(journeys: Journeys) -> None:
    code, out, _ = journeys("explain")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == sorted(MEANINGS)


def test_programs_get_json(journeys: Journeys) -> None:
    page = json.loads(journeys("explain", "J778", "--format", "json")[1])["page"]
    assert (page["code"], page["severity"], page["can_be_ignored"]) == ("J778", "warning", True)
    assert "http://shop.example" in page["example"]
    assert "J778" in json.loads(journeys("explain", "--format", "json")[1])["codes"]


def test_an_unknown_code_is_a_mistake_of_usage(journeys: Journeys) -> None:
    code, _, err = journeys("explain", "J99")
    assert code == 2
    assert "there is no code `J99`" in err


@pytest.mark.parametrize("code", MEANINGS)
def test_every_code_has_a_page_with_a_meaning(code: str) -> None:
    page = page_of(code)
    assert page.meaning.endswith(".")
    assert bool(page.told) == bool(page.help)


def test_nearly_every_code_has_an_example() -> None:
    """Only these cannot have one: too large to be shown, told before, or of words that all run by now."""
    assert {code for code in MEANINGS if not page_of(code).told} == {"J001", "J606", "J612", "J624"}
