"""One contact's life through each model of examples/lifecycles, against tables written by hand.

She is known on day 0, signs up, fills a cart, orders, reviews, orders twice more, stays away for long,
and comes back. Every stage of every model is in some table, but for those that this life passes over.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.letters import Letters
from engine.service.simulate import simulate, world_of
from engine.service.versions import bind_version

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "examples" / "lifecycles"
START = datetime(2026, 1, 1, 10, tzinfo=UTC)
LIFE = [
    (1, "Signed Up"),
    (3, "Cart Updated"),
    (4, "Order Completed"),
    (10, "Product Reviewed"),
    (50, "Order Completed"),
    (60, "Order Completed"),
    (600, "Cart Updated"),
    (601, "Order Completed"),
]
#: Since which day she is in which stage.
TABLES = {
    # three orders within 365 days from day 60 until the first is a year old; then half a year is long over
    "five-phases": [
        (0, "reach"),
        (1, "acquisition"),
        (3, "conversion"),
        (4, "retention"),
        (60, "loyalty"),
        (369, "churn"),
        (600, "conversion"),
        (601, "retention"),
    ],
    "race": [
        (0, "reach"),
        (1, "act"),
        (3, "convert"),
        (10, "engage"),
        (425, "reach"),
        (600, "convert"),
        (601, "engage"),
    ],
    "attract-sell-wow": [
        (0, "attract"),
        (1, "sell"),
        (4, "wow"),
        (425, "attract"),
        (600, "sell"),
        (601, "wow"),
    ],
    "email-six": [
        (0, "conquest"),
        (1, "conversion"),
        (4, "retention"),
        (50, "growth"),
        (150, "retention"),
        (240, "churn"),
        (425, "reactivation"),
        (601, "retention"),
    ],
    "recency": [
        (0, "prospect"),
        (4, "active"),
        (44, "at-risk"),
        (50, "active"),
        (100, "at-risk"),
        (150, "lapsing"),
        (240, "lost"),
        (601, "active"),
    ],
}
JOURNEY = b"dsl: 1\njourney: j\ntrigger: { event: Stage Changed }\nsteps: [{ id: e, end: x }]\n"


@pytest.mark.parametrize("model", TABLES)
def test_a_life_goes_through_the_model_as_the_table_says(model: str) -> None:
    files = {
        "journeys/catalog.yaml": (ROOT / "journeys" / "catalog.yaml").read_bytes(),
        "journeys/lifecycle.yaml": (MODELS / f"{model}.yaml").read_bytes(),
        "journeys/j.yaml": JOURNEY,
    }
    workspace = read_workspace(files)
    assert workspace.all_faults() == []
    version = bind_version(workspace.journeys["j"].compiled or {}, "1", "live")
    world = world_of([version], workspace.catalog, {}, Policy(), workspace.lifecycle)
    letters = Letters(workspace.catalog, "mailto:bye@shop.example")
    contact = Contact("ada", "ada@shop.example")
    until = START + timedelta(days=610)
    case = simulate(world, version, letters, contact, [], list(_events()), START, until).case
    found = [
        ((event.at - START) / timedelta(days=1), event.properties["to"]) for event in _changes(case.history)
    ]
    assert found == TABLES[model]
    assert workspace.lifecycle["model"] == model


def _events() -> list[Event]:
    found = []
    for day, name in LIFE:
        at = START + timedelta(days=day)
        properties = {"order_id": str(day), "items_count": 2, "total": 80}
        found.append(Event(f"day-{day}", "ada", name, at, at, properties))
    return found


def _changes(history: dict[str, list[Event]]) -> list[Event]:
    return history.get("Stage Changed", [])


def test_every_model_has_its_table_and_its_line() -> None:
    names = sorted(path.stem for path in MODELS.glob("*.yaml"))
    assert names == sorted(TABLES)
    page = (MODELS / "README.md").read_text(encoding="utf-8")
    assert all(f"[{name}.yaml]({name}.yaml)" in page for name in names)


def test_the_shop_uses_the_five_phases() -> None:
    shop = (ROOT / "journeys" / "lifecycle.yaml").read_text(encoding="utf-8").splitlines()
    assert shop[1:] == (MODELS / "five-phases.yaml").read_text(encoding="utf-8").splitlines()[1:]
