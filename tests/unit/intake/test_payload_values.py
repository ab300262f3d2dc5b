"""Values of a payload, one way to read them after the other; what each becomes is worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ReadError
from engine.intake.payload_values import pairs_of, reader_of
from engine.language.sources.paths import Payload

BODY = {
    "text": " kept ",
    "empty": "  ",
    "nothing": None,
    "number": "12.50",
    "whole": 3.0,
    "minor": 12345,
    "chf": "chf",
    "jpy": "JPY",
    "kwd": "kwd",
    "yes": "Yes",
    "zero": 0,
    "iso": "2026-03-02T08:00:00+01:00",
    "naive": "2026-03-02T07:00:00",
    "nanos": "2026-03-02T07:00:00.123456789Z",
    "seconds": 1772434800,
    "millis": 1772434800000,
    "seconds_text": "1772434800",
    "microsoft": "/Date(1772434800000-0800)/",
    "list": [1, 2.5, "3"],
    "commas": "vip, wholesale ,",
    "lines": [{"sku": "a", "n": 2, "part": None}, {"sku": "b", "n": 1, "part": 7}],
    "fields": [{"k": "a", "v": 1}, {"k": "b", "v": None}, {"k": None, "v": 2}, {"k": "c", "w": "x"}],
}
VALUES: list[tuple[Any, Any]] = [
    ("text", " kept "),
    ("empty", None),
    ("nothing", None),
    (["nothing", "empty", "number"], "12.50"),
    ({"path": "number", "as": "number"}, 12.5),
    ({"path": "whole", "as": "text"}, "3"),
    ({"path": "whole", "as": "number"}, 3),
    ({"path": "minor", "as": "cents"}, 123.45),
    ({"path": "minor", "as": "minor_units", "currency": "chf"}, 123.45),
    ({"path": "minor", "as": "minor_units", "currency": "jpy"}, 12345),
    ({"path": "minor", "as": "minor_units", "currency": "kwd"}, 12.345),
    ({"path": "minor", "as": "minor_units"}, 123.45),
    ({"path": "missing", "as": "minor_units"}, None),
    ({"path": "yes", "as": "boolean"}, True),
    ({"path": "zero", "as": "boolean"}, False),
    ({"path": "iso", "as": "instant"}, "2026-03-02T07:00:00Z"),
    ({"path": "naive", "as": "instant"}, "2026-03-02T07:00:00Z"),
    ({"path": "nanos", "as": "instant"}, "2026-03-02T07:00:00.123456Z"),
    ({"path": "seconds", "as": "instant"}, "2026-03-02T07:00:00Z"),
    ({"path": "millis", "as": "instant"}, "2026-03-02T07:00:00Z"),
    ({"path": "seconds_text", "as": "instant"}, "2026-03-02T07:00:00Z"),
    ({"path": "microsoft", "as": "instant"}, "2026-03-02T07:00:00Z"),
    ({"path": "list[]", "as": "sum"}, 6.5),
    ({"path": "list", "as": "count"}, 3),
    ({"path": "lines[].n", "as": "sum"}, 3),
    ({"path": "commas", "as": "list"}, ["vip", "wholesale"]),
    ({"path": "list", "as": "list"}, [1, 2.5, "3"]),
    ({"path": "chf", "as": "upper"}, "CHF"),
    ({"path": "jpy", "as": "lower"}, "jpy"),
    ({"path": "chf", "table": {"CHF": 1}}, 1),
    ({"path": "zero", "table": {"0": "none"}}, "none"),
    ({"path": "chf", "table": {"eur": 1}}, None),
    ({"path": "chf", "table": {"eur": 1}, "default": 2}, 2),
    ({"path": "missing", "default": "unknown"}, "unknown"),
    ({"constant": True}, True),
    ({"join": ["chf", "missing", "number"]}, "chf 12.50"),
    ({"join": ["chf", "number"], "with": "-"}, "chf-12.50"),
    ({"join": ["missing", "empty"]}, None),
    ({"path": "seconds", "prefix": "n-"}, "n-1772434800"),
    ({"path": "missing", "prefix": "n-"}, None),
    (
        {"each": "lines", "fields": {"id": "sku", "all": "body.chf"}},
        [{"id": "a", "all": "chf"}, {"id": "b", "all": "chf"}],
    ),
    ({"each": "lines", "where": {"part": {"exists": False}}, "fields": {"id": "sku"}}, [{"id": "a"}]),
    ({"each": "lines", "where": {"sku": ["b", "c"]}, "fields": {"id": "sku"}}, [{"id": "b"}]),
    ({"each": "missing", "fields": {"id": "sku"}}, None),
]


@pytest.mark.parametrize(("plain", "value"), VALUES, ids=str)
def test_what_a_value_becomes(plain: Any, value: Any) -> None:
    assert reader_of(plain)(Payload(BODY, BODY, {})) == value


@pytest.mark.parametrize(
    ("path", "way"),
    [
        *(("text", way) for way in ("number", "boolean", "instant", "cents", "sum", "count")),
        *(("list", way) for way in ("number", "text", "instant")),
        ("yes", "number"),
    ],
)
def test_what_cannot_be_read_says_why(path: str, way: str) -> None:
    with pytest.raises(ReadError) as error:
        reader_of({"path": path, "as": way})(Payload(BODY, BODY, {}))
    assert error.value.message
    assert error.value.help


def test_names_and_values_become_a_mapping() -> None:
    plain = {"each": "fields", "name": "k", "value": ["v", "w"]}
    assert pairs_of(plain)(Payload(BODY, BODY, {})) == {"a": 1, "c": "x"}
    assert pairs_of({**plain, "only": {"c": "other"}})(Payload(BODY, BODY, {})) == {"other": "x"}
