"""`journeys test`: its three formats and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.unit.commands.conftest import Journeys
from tests.unit.commands.test_validate import CART, change


def test_the_classic_journeys_pass_their_tests(shop: Path, journeys: Journeys) -> None:
    code, out, err = journeys("test")
    assert (code, err) == (0, "")
    assert "abandoned-cart  15 passed\n" in out
    assert "failed" not in out


def test_a_changed_wait_is_told_with_what_happened(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 hour", "wait: 2 hours")
    code, out, _ = journeys("test", "abandoned-cart")
    assert code == 1
    assert (
        "expected `send first-reminder` at Tue 2026-03-10 11:00, but was sent at Tue 2026-03-10 12:00, "
        "1 hour later\n" in out
    )
    assert "  ✗ a small cart is reminded of three times  (journeys/abandoned-cart/tests.yaml:18:11)\n" in out
    assert "what happened, in Europe/Zurich:\n" in out
    assert "Tue 2026-03-10 10:00  cool-off waits until Tue 2026-03-10 12:00 (2 hours)\n" in out


def test_json_is_exactly_what_programs_were_promised(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 hour", "wait: 2 hours")
    code, out, _ = journeys("test", "journeys/abandoned-cart", "--format", "json")
    found = json.loads(out)
    assert code == 1
    assert list(found) == ["format", "tests", "unreached"]
    assert len(found["tests"]) == 15
    for test in found["tests"]:
        assert set(test) == {"journey", "name", "passed", "differences"}
        assert test["journey"] == "abandoned-cart"
        assert test["passed"] is (test["differences"] == [])
        assert all(isinstance(words, str) for words in test["differences"])
    assert found["unreached"] == {"abandoned-cart": ["nudge-pause"]}


def test_build_servers_read_junit(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 hour", "wait: 2 hours")
    code, out, _ = journeys("test", "--format", "junit")
    assert code == 1
    root = ElementTree.fromstring(out.encode())
    suites = {suite.get("name"): suite for suite in root}
    assert suites["abandoned-cart"].get("tests") == "15"
    assert suites["abandoned-cart"].get("failures") == str(len(root.findall(".//failure")))
    assert suites["welcome-series"].get("failures") == "0"


def test_a_faulty_journey_fails_and_names_its_fault_once(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    code, out, _ = journeys("test")
    assert code == 1
    assert "abandoned-cart  0 passed, 15 failed\n" in out
    assert out.count("`1 dyas` is not a duration") == 1
    assert "welcome-series  9 passed\n" in out


def test_a_journey_without_tests_is_named(shop: Path, journeys: Journeys) -> None:
    (shop / "journeys/welcome-series/tests.yaml").unlink()
    code, out, _ = journeys("test", "welcome-series")
    assert code == 0
    assert "welcome-series  no tests" in out
    _, out, _ = journeys("test", "welcome-series", "--format", "json")
    assert "welcome" in json.loads(out)["unreached"]["welcome-series"]


def test_the_limits_of_the_config_hold_in_tests(shop: Path, journeys: Journeys) -> None:
    (shop / "config.yaml").write_text("caps: { topic noise: 1 per 1 day }\n", encoding="utf-8")
    code, _, err = journeys("test")
    assert code == 2
    assert "the cap `topic noise: 1 per 1 day` is for a topic that catalog.yaml does not have" in err
