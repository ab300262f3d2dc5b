"""What marketers write, right and wrong: validation tells each mistake once, and an editor judges alike.

Each file in `verdicts/` holds snippets for one place of a journey. `=== right` pleases both, `=== wrong`
neither; `=== wrong by its name or value` is what a schema cannot say: validation alone refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from engine.language.shop_schema import shop_schemas
from engine.language.workspace import read_workspace
from tests.unit.language import test_constructs as constructs
from tests.unit.language.test_editor_schemas import VALIDATORS, data_of

FOLDER = Path(__file__).parent / "verdicts"
FILE = "journeys/demo/journey.yaml"
_PART = re.compile(r"^=== (.+)\n", re.MULTILINE)


def in_header(text: str) -> str:
    defaults = "" if "defaults:" in text else constructs.DEFAULTS
    trigger = "" if "trigger:" in text else constructs.TRIGGER
    return f"{constructs.HEADER}{defaults}{trigger}{text}\n{constructs.STEPS}"


def as_step(text: str) -> str:
    lines = "".join(f"  {line}\n" for line in text.splitlines())
    return f"{constructs.HEADER}{constructs.TRIGGER}{constructs.DEFAULTS}steps:\n{lines}"


def as_condition(text: str) -> str:
    came = "- id: came\n  wait_for: Cart Viewed\n  up_to: 1 day\n"
    return as_step(f"{came}- id: pause\n  wait: 1 day\n  when: {text}")


PLACES: Mapping[str, Callable[[str], str]] = {
    "headers": in_header,
    "steps": as_step,
    "conditions": as_condition,
}


def snippets() -> Iterator[tuple[str, str]]:
    """The verdict, and the whole journey."""
    for name, place in PLACES.items():
        parts = _PART.split((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))[1:]
        for verdict, text in zip(parts[::2], parts[1::2], strict=True):
            yield verdict, place(text.strip("\n"))


CASES = list(snippets())
_SHOP = {
    "journeys/catalog.yaml": constructs.CATALOG,
    "journeys/segments.yaml": constructs.SEGMENTS,
    "journeys/lifecycle.yaml": constructs.LIFECYCLE,
    "journeys/other.yaml": constructs.OTHER,
    "journeys/demo/hello.md": constructs.HELLO,
    FILE: as_step("- { id: pause, wait: 2 days }"),
}
_BYTES = {name: text.encode() for name, text in _SHOP.items()}
OF_THE_SHOP = Draft7Validator(shop_schemas(read_workspace(_BYTES), _BYTES)["journey.schema.json"])


@pytest.mark.parametrize(("verdict", "journey"), CASES)
def test_a_mistake_is_told_once_and_what_is_right_is_left_alone(verdict: str, journey: str) -> None:
    found = constructs.faults(journey)
    assert len(found) == (0 if verdict == "right" else 1), found
    for fault in found:
        assert fault.help
        assert fault.position.line <= journey.count("\n")


@pytest.mark.parametrize(("verdict", "journey"), CASES)
def test_an_editor_gives_the_same_verdict_with_and_without_the_shops_names(
    verdict: str, journey: str
) -> None:
    data = data_of(FILE, journey.encode())
    is_accepted = verdict != "wrong"
    assert VALIDATORS["journey.schema.json"].is_valid(data) == is_accepted
    assert OF_THE_SHOP.is_valid(data) == is_accepted


def test_every_place_has_right_and_wrong_ones() -> None:
    counts = {verdict: sum(one == verdict for one, _ in CASES) for verdict, _ in CASES}
    assert set(counts) == {"right", "wrong", "wrong by its name or value"}
    assert min(counts.values()) > 100
