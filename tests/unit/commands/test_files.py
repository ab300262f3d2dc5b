"""`journeys init`, `graph` and `schema`: what they write and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.service.starter import schema_texts
from tests.unit.commands.conftest import Journeys


def test_init_makes_a_workspace_that_is_in_order(
    tmp_path: Path, journeys: Journeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = journeys("init", "shop")
    assert code == 0
    assert "abandoned-cart, confirm-subscription, post-purchase, reactivation, welcome-series" in out
    assert journeys("--workspace", "shop", "validate", "--strict")[0] == 0


def test_init_never_overwrites(shop: Path, journeys: Journeys) -> None:
    code, _, err = journeys("init", ".")
    assert code == 1
    assert "already holds config.yaml" in err


def test_init_into_a_file_is_a_mistake_of_usage(shop: Path, journeys: Journeys) -> None:
    code, _, err = journeys("init", "config.yaml")
    assert code == 2
    assert "config.yaml cannot be written" in err


@pytest.mark.parametrize("journey", ["welcome-series", "journeys/welcome-series/journey.yaml"])
def test_graph_draws_mermaid(shop: Path, journeys: Journeys, journey: str) -> None:
    code, out, _ = journeys("graph", journey, "--format", "mermaid")
    assert code == 0
    assert out.startswith('flowchart TD\n    trigger(["Signed Up"])\n')


@pytest.mark.parametrize("format", ["svg", "png"])
def test_other_pictures_are_refused_by_name(shop: Path, journeys: Journeys, format: str) -> None:
    code, _, err = journeys("graph", "welcome-series", "--format", format)
    assert code == 2
    assert f"`--format {format}` does not run in this version yet" in err


def test_schema_writes_every_schema(tmp_path: Path, journeys: Journeys) -> None:
    assert journeys("schema", "--write", str(tmp_path / "new" / "schemas"))[0] == 0
    written = {file.name: file.read_text("utf-8") for file in (tmp_path / "new" / "schemas").iterdir()}
    assert written == schema_texts()


def test_schema_alone_prints_them(journeys: Journeys) -> None:
    code, out, _ = journeys("schema")
    assert code == 0
    assert set(json.loads(out)) == set(schema_texts())


def test_schemas_of_this_shop_know_its_names(shop: Path, journeys: Journeys) -> None:
    assert journeys("schema", "--catalog", "--write", "schemas")[0] == 0
    written = {file.name for file in (shop / "schemas").iterdir()}
    assert written == set(schema_texts()) | {
        f"{id}.{kind}.schema.json"
        for id in (
            "abandoned-cart",
            "confirm-subscription",
            "post-purchase",
            "reactivation",
            "welcome-series",
        )
        for kind in ("journey", "tests")
    }
    assert "Stay Requested" in (shop / "schemas/journey.schema.json").read_text("utf-8")


def test_schemas_of_a_shop_need_a_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journeys: Journeys
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = journeys("schema", "--catalog")
    assert code == 2
    assert "there is no folder journeys/" in err
