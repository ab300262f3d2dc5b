"""Files of products: what becomes of a line, and which lines are refused in which words."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from engine.errors import ReadError
from engine.intake.goods import product_rows
from engine.intake.lines import LineError
from engine.intake.rows import Row
from engine.language.catalog import Catalog, catalog_of

CATALOG = catalog_of({"product": {"refill_days": "number", "brand": {"type": "text", "required": True}}})


def read(text: str, name: str = "p.csv", catalog: Catalog = CATALOG) -> list[Row[Any]]:
    file = io.BufferedReader(io.BytesIO(text.encode()))  # type: ignore[arg-type]
    return list(product_rows(file, name, catalog))


def test_a_table_is_read_by_the_types_of_the_catalog() -> None:
    (row,) = read("id,name,price,stock,refill_days,brand\n017,Knife,32.50,4,20,Victor\n")
    assert row.found == {
        "id": "017", "name": "Knife", "price": 32.5, "stock": 4, "refill_days": 20, "brand": "Victor",
    }  # fmt: skip
    assert (row.odd, row.lacking) == ((), frozenset())


def test_the_id_may_be_called_as_in_events() -> None:
    assert [row.found["id"] for row in read("product_id,brand\np1,V\n")] == ["p1"]
    assert [row.found["id"] for row in read('{"product_id": 17, "brand": "V"}\n', "p.jsonl")] == ["17"]


def test_what_is_odd_is_told_and_kept() -> None:
    (row,) = read("id,brnd\np1,V\n")
    assert row.found == {"id": "p1", "brnd": "V"}
    assert [odd.name for odd in row.odd] == ["brnd"]
    assert row.lacking == {"brand"}


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({"name": "Knife"}, "there is no `id`"),
        ({"id": ""}, "`id` is empty"),
        ({"id": "p1", "price": "32"}, "`price` is `32`, and not a number"),
        ({"id": "p1", "stock": True}, "`stock` is `True`, and not a number"),
        ({"id": "p1", "created_at": "yesterday"}, "and not a point in time"),
        ({"id": "p1", "name": 5}, "`name` is `5`, and not text"),
    ],
)
def test_a_line_that_would_mislead_conditions_is_rejected(plain: dict[str, Any], words: str) -> None:
    (row,) = read(json.dumps(plain) + "\n", "p.jsonl")
    assert isinstance(row.found, LineError)
    assert words in row.found.reason
    assert row.found.help


def test_a_table_without_ids_is_refused_as_a_whole() -> None:
    with pytest.raises(ReadError, match="there is no column `id`"):
        read("name,price\nKnife,3\n")


def test_null_takes_away_what_was_known() -> None:
    (row,) = read('{"id": "p1", "price": null, "brand": "V"}\n', "p.jsonl")
    assert row.found == {"id": "p1", "price": None, "brand": "V"}
