"""What `journeys init` copies, and the committed schemas that it copies with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import RefusedError
from engine.service.starter import make_workspace, schema_texts, starter_files

ROOT = Path(__file__).parents[3]


def test_the_committed_schemas_are_fresh() -> None:
    committed = {
        file.name: file.read_text(encoding="utf-8") for file in (ROOT / "schemas").glob("*.schema.json")
    }
    assert committed == schema_texts(), "schemas/ is stale; `make generate` writes it again"


def test_a_new_workspace_holds_the_classic_journeys(tmp_path: Path) -> None:
    names = make_workspace(tmp_path / "shop")
    for id in ("welcome-series", "abandoned-cart", "post-purchase", "reactivation"):
        assert f"journeys/{id}/journey.yaml" in names
        assert f"journeys/{id}/tests.yaml" in names
    assert {"config.yaml", "journeys/catalog.yaml", "journeys/segments.yaml"} <= set(names)
    config = (tmp_path / "shop/config.yaml").read_bytes()
    assert config == (ROOT / "config.example.yaml").read_bytes()


def test_editors_find_the_schema_that_each_file_names(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    for file in (tmp_path / "journeys").rglob("*.yaml"):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema="), file
        assert (file.parent / first.partition("=")[2]).resolve().is_file(), file


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(RefusedError, match=r"already holds config\.yaml; nothing was written"):
        make_workspace(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["config.yaml"]
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == "mine"


def test_everything_comes_from_the_checkout() -> None:
    for name, content in starter_files().items():
        if name.startswith("journeys/"):
            assert (ROOT / name).read_bytes() == content
