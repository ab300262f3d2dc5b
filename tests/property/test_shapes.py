"""Of the two that look at shapes the quick one is no more lenient than the thorough one, and no stricter.

What the quick one lets pass, nobody looks at again; so both are held against each other on examples of every
schema, right ones and bent ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language.shape import Shape, shape_of
from engine.language.shapes import catalog, header, journey_tests, kinds, lifecycle, message, segments
from engine.steps.table import STEPS
from engine.triggers.table import TRIGGERS
from tests.property.test_workspace import DATA, MANY, bend, plain

SHAPES: Mapping[str, Shape] = {
    "journey": shape_of(header.HEADER_ALONE),
    "catalog": shape_of(catalog.CATALOG),
    "segment": shape_of(segments.SEGMENT),
    "lifecycle": shape_of(lifecycle.LIFECYCLE),
    "tests": shape_of(journey_tests.TESTS),
    "message": shape_of(message.MESSAGE),
    "text": shape_of(message.TEXT_MESSAGE),
    **{f"step {word}": shape_of(kinds.step_schema(kind)) for word, kind in STEPS.items()},
    **{f"trigger {word}": shape_of(kinds.trigger_schema(kind)) for word, kind in TRIGGERS.items()},
}
#: Numbers at the edge of what one of the two might read differently, and texts likewise.
EDGES: list[Any] = [
    *(
        0,
        0.0,
        -0.0,
        1.0,
        99.99999999999999,
        100.00000000000001,
        2**53 + 1,
        2**63,
        2**64,
        10**400,
        1e308,
        5e-324,
    ),
    *("", " ", "a\n", "\n", "é", "a-b", "a--b", "-a", "Ä", "½", "１", "𝒳", "P2D\n", "3 Days", "٣ days"),
]


def examples(data: Any) -> Iterator[Any]:
    """Every example that stands in a schema."""
    if isinstance(data, Mapping):
        yield from data.get("examples", ()) if isinstance(data.get("examples"), list) else ()
    for inner in data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ():
        yield from examples(inner)


def filled(data: Mapping[str, Any]) -> Any:
    """One mapping with an example for each key that has one."""
    keys = data.get("properties", {})
    return {key: next(examples(inner), "x") for key, inner in keys.items()}


SAMPLES: Mapping[str, list[Any]] = {
    name: [filled(shape.schema), *examples(shape.schema)] for name, shape in SHAPES.items()
}
WHOLE: Mapping[str, list[Any]] = {
    "journey": [data for file, data in DATA.items() if file.endswith("/journey.yaml")],
    "tests": [plain(data) for file, data in DATA.items() if file.endswith("/tests.yaml")],
    "catalog": [DATA["journeys/catalog.yaml"]],
    "lifecycle": [data for file, data in DATA.items() if file.endswith("/lifecycle.yaml")],
}


@settings(max_examples=MANY * 2)
@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_both_give_the_same_verdict(name: str, data: st.DataObject) -> None:
    given = deepcopy(data.draw(st.sampled_from([*SAMPLES[name], *WHOLE.get(name, ())])))
    for _ in range(data.draw(st.integers(0, 3)) if isinstance(given, dict | list) else 0):
        bend(data.draw, given)
    assert_same(SHAPES[name], given)


def test_both_agree_on_numbers_and_texts_at_the_edge() -> None:
    for name, shape in SHAPES.items():
        for sample in SAMPLES[name][:1]:
            for key in sample:
                for edge in EDGES:
                    assert_same(shape, {**sample, key: edge})


def assert_same(shape: Shape, data: Any) -> None:
    objections = [error.message for error in shape.thorough.iter_errors(data)]
    assert shape.fits(data) == (not objections), (data, objections)
