"""Whatever stands in a journey: reading never breaks, and what is accepted can be bound and compiled again.

The shipped journeys are bent at random: a key goes, a value becomes another one, a step moves elsewhere.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from engine.core.bind import bind_segment
from engine.language.schema import editor_schemas
from engine.language.workspace import Workspace, read_workspace
from engine.service.versions import bind_version

ROOT = Path(__file__).parents[2]
FILES = {
    path.relative_to(ROOT).as_posix(): path.read_bytes()
    for path in sorted((ROOT / "journeys").rglob("*"))
    if path.suffix in (".yaml", ".md", ".html", ".txt")
}
DATA = {
    name: yaml.load(text, Loader=yaml.BaseLoader) for name, text in FILES.items() if name.endswith(".yaml")
}
JOURNEYS = sorted(name for name in DATA if name.endswith("/journey.yaml"))
SHARED = ["journeys/catalog.yaml", "journeys/segments.yaml"]
TESTS = sorted(name for name in DATA if name.endswith("/tests.yaml"))
#: Under `--hypothesis-profile=search` as many as the profile says.
MANY = max(160, settings().max_examples if settings().max_examples > 1_000 else 0)
SCHEMAS = {name: Draft7Validator(schema) for name, schema in editor_schemas().items()}

# Values of every type, and words of the language in places that are not theirs.
ODD_VALUES: list[Any] = [
    *(None, True, False, 0, 1, -7, 2.5, 10**30),
    *("", " ", "x", "2 days", "-2 days", "09:30", "21:00-08:00", "mon-fri", "Europe/Zurich", "\u0000"),
    *("contact.country", "trigger.cart_id", "event.total", "event.", "step.x.y", "product.stock"),
    *("Order Completed", "Message Sent", "email", "never", "exit", "all", "{{ contact.first_name }}", "{{"),
    *([], [None], [[]], ["a", "b"], [{"event": "Order Completed"}], [{"else": None}]),
    *({}, {"x": {}}, {"event": 5}, {"days": 3}, {"condition": {}}, {"did": "Order Completed"}),
    *({"contact.country": "CH"}, {"if": {}, "then": []}, {"add": 1}, {"value": "x"}, {"enters": None}),
    [{"name": "a", "weight": 50, "then": None}, {"name": "b", "weight": 50, "then": []}],
]
ODD_KEYS = [
    *(
        "when",
        "where",
        "then",
        "else",
        "wait",
        "send",
        "wait_for",
        "branch",
        "split",
        "update",
        "unsubscribe",
        "end",
    ),
    *(
        "until",
        "days",
        "between",
        "until_date",
        "offset",
        "at",
        "if_past",
        "jitter",
        "event",
        "segment",
        "manual",
    ),
    *(
        "key",
        "up_to",
        "since",
        "topic",
        "id",
        "goal",
        "exit_when",
        "re_entry",
        "message",
        "body",
        "subject",
        "salt",
    ),
    *("", "x", "1", "winner", "holdout", "schedule"),
]


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


@st.composite
def bent(draw: st.DrawFn, names: list[str]) -> tuple[str, str]:
    """A file, and its text bent in one to three places."""
    name = draw(st.sampled_from(names))
    data = deepcopy(DATA[name])
    for _ in range(draw(st.integers(1, 3))):
        bend(draw, data)
    return name, dump(data)


def shop_with(name: str, text: bytes) -> dict[str, bytes]:
    """The shared files and one journey, with the bent file among them."""
    folder = name.rpartition("/")[0] if name.count("/") == 2 else "journeys/abandoned-cart"
    beside = {file: old for file, old in FILES.items() if file in SHARED or file.startswith(f"{folder}/")}
    return {**beside, name: text}


def bend(draw: st.DrawFn, data: Any) -> None:
    ways = [place for place in places(data) if place]
    if not ways:
        return
    place = draw(st.sampled_from(ways))
    holder, key = at(data, place[:-1]), place[-1]
    match draw(st.sampled_from(["delete", "replace", "add", "move", "repeat"])):
        case "delete":
            del holder[key]
        case "replace":
            holder[key] = deepcopy(draw(st.sampled_from(ODD_VALUES)))
        case "add" if isinstance(holder, dict):
            holder[draw(st.sampled_from(ODD_KEYS))] = deepcopy(draw(st.sampled_from(ODD_VALUES)))
        case "move":
            value = deepcopy(holder[key])
            other = draw(st.sampled_from(ways))
            at(data, other[:-1])[other[-1]] = value
        case _ if isinstance(holder, list):
            holder.append(deepcopy(holder[key]))


def dump(data: Any) -> str:
    """As JSON, which is YAML too; numbers that were read as text by BaseLoader lose their quotes again."""
    return json.dumps(plain(data), ensure_ascii=False, indent=1)


def plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    if isinstance(data, str) and data in ("true", "false"):
        return data == "true"
    if isinstance(data, str) and re.fullmatch(r"\d+\.\d+", data):
        return float(data)
    return int(data) if isinstance(data, str) and data.isdecimal() else data


def assert_runs(files: dict[str, bytes]) -> Workspace:
    """Reading says what is wrong; whatever it accepts can be bound and looks right to an editor."""
    workspace = read_workspace(files)
    for fault in workspace.all_faults():
        assert fault.message
        assert fault.help
    for journey in workspace.journeys.values():
        errors = [fault for fault in journey.faults if fault.severity == "error"]
        assert (journey.compiled is None) == bool(errors)
        if journey.compiled is not None:
            stored = json.loads(json.dumps(journey.compiled))  # as the database keeps it
            bound = bind_version(stored, journey.version or "", "live").journey
            assert set(bound.steps) == set(journey.steps)
            assert_editor_agrees("journey.schema.json", files[journey.file])
    for name, plain_segment in workspace.segments.items():
        bind_segment(name, plain_segment, workspace.segments)
    return workspace


def assert_editor_agrees(schema: str, text: bytes) -> None:
    objections = (
        [error.message for error in SCHEMAS[schema].iter_errors(json.loads(text))] if text[:1] == b"{" else []
    )
    assert objections == []


def test_the_shipped_files_are_right() -> None:
    assert assert_runs(FILES).all_faults() == []


@pytest.mark.parametrize("name", [*JOURNEYS, *SHARED, *TESTS])
def test_as_json_the_shipped_files_are_as_right_as_before(name: str) -> None:
    assert assert_runs({**FILES, name: dump(DATA[name]).encode()}).all_faults() == []


@settings(max_examples=MANY)
@given(bent(JOURNEYS))
def test_a_bent_journey_is_refused_or_runs(file: tuple[str, str]) -> None:
    assert_runs(shop_with(file[0], file[1].encode()))


@settings(max_examples=MANY // 2)
@given(bent([*SHARED, *TESTS]))
def test_a_bent_shared_file_breaks_nothing(file: tuple[str, str]) -> None:
    files = shop_with(file[0], file[1].encode())
    workspace = assert_runs(files)
    for kind, schema in (("catalog", "catalog.schema.json"), ("segments", "segments.schema.json")):
        name = f"journeys/{kind}.yaml"
        if not any(fault.position.file == name and fault.severity == "error" for fault in workspace.faults):
            assert_editor_agrees(schema, files[name])
    for id, faults in workspace.test_faults.items():
        if not faults:
            assert_editor_agrees("tests.schema.json", files[f"journeys/{id}/tests.yaml"])


@settings(max_examples=MANY // 2)
@given(st.sampled_from([*JOURNEYS, *SHARED, *TESTS]), st.data())
def test_text_cut_or_stirred_anywhere_breaks_nothing(name: str, data: st.DataObject) -> None:
    text = FILES[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    between = data.draw(
        st.sampled_from([b"", b" ", b"\n", b"- ", b": ", b"{", b"]", b"\t", b"&a ", b"\xff", b"'", b"#"])
    )
    assert_runs(shop_with(name, text[:start] + between + text[end:]))
