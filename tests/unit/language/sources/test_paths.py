"""Paths into a payload: what each form leads to, and that none of them ever breaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ReadError
from engine.language.sources.paths import Payload, find, read_path

ORDER = {
    "id": 7,
    "customer": {"email": "ada@shop.example", "tags": ["a", "b"]},
    "lines": [
        {"sku": "k", "count": 2, "options": [{"name": "size", "value": "M"}]},
        {"sku": "b", "options": [{"name": "size", "value": "L"}, {"name": "red", "value": True}]},
        "odd",
    ],
    "body": {"body": 1},
    "header": {"x": 2},
}
FOUND = [
    ("id", 7),
    ("customer.email", "ada@shop.example"),
    ("customer.tags", ["a", "b"]),
    ("customer.tags[]", ["a", "b"]),
    ("customer.tags[1]", "b"),
    ("customer.tags[2]", None),
    ("lines[].sku", ["k", "b"]),
    ("lines[].count", [2]),
    ("lines[0].options[name=size].value", "M"),
    ("lines[sku=b].options[name=red].value", True),
    ("lines[].options[].value", ["M", "L", True]),
    ("lines[options.name=size]", None),
    ("lines.sku", None),
    ("id.more", None),
    ("id[0]", None),
    ("body.id", 7),
    ("body.body.body", 1),
    ("header.X-Topic", "orders/create"),
    ("header.missing", None),
    ("address", "sales.order.created"),
]


@pytest.mark.parametrize(("path", "value"), FOUND)
def test_what_a_path_leads_to(path: str, value: Any) -> None:
    payload = Payload(ORDER, ORDER, {"x-topic": "orders/create"}, "sales.order.created")
    assert find(read_path(path), payload) == value


def test_within_an_item_paths_begin_there_and_body_at_the_top() -> None:
    payload = Payload(ORDER, ORDER, {}).at(ORDER["lines"][0])  # type: ignore[index]
    assert find(read_path("sku"), payload) == "k"
    assert find(read_path("body.customer.email"), payload) == "ada@shop.example"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a[",
        "a]",
        "a[x]",
        "a[]b",
        "[]",
        "[0].a",
        "header.",
        "header.a b",
        "a[=x]",
    ],
)
def test_what_is_no_path_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ReadError) as error:
        read_path(text)
    assert error.value.help


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
PATHS = st.lists(
    st.sampled_from(["a", "b", "c", "a[]", "b[0]", "c[a=1]", "a[][0]", "b[a.b=true]"]), min_size=1, max_size=4
).map(".".join)


@given(JSON, PATHS)
def test_a_path_that_was_read_never_breaks(body: Any, path: str) -> None:
    find(read_path(path), Payload(body, body, {}))


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        path = read_path(text)
    except ReadError:
        return
    find(path, Payload(ORDER, ORDER, {}))
