"""The editors' schemas against the validator: whatever the validator accepts, an editor accepts too.

Editors may know less, because code checks what a schema cannot say; they must never object to what is right.
What is wrong in shape alone, both refuse.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from engine.language import rules
from engine.language.front_matter import read_front_matter
from engine.language.schema import editor_schemas
from engine.language.workspace import read_workspace
from engine.language.yaml_text import read_yaml
from tests.golden.test_faults import CASES, faults_of, read_case
from tests.unit.language.test_constructs import (
    CATALOG,
    DEFAULTS,
    HEADER,
    RUNS_AS_CONDITION,
    RUNS_AS_STEP,
    RUNS_IN_HEADER,
    SEGMENTS,
    STEPS,
    TRIGGER,
)

ROOT = Path(__file__).parents[3]
SHIPPED = {
    path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted((ROOT / "journeys").rglob("*.*"))
}
VALIDATORS = {name: Draft7Validator(schema) for name, schema in editor_schemas().items()}

#: What a schema can say, so that an editor must refuse it as well.
OF_SHAPE = frozenset(
    {
        *(
            rules.UNKNOWN_KEY,
            rules.MISSING_KEY,
            rules.WRONG_TYPE,
            rules.NOT_ALLOWED,
            rules.TOO_FEW,
            rules.EMPTY,
        ),
        *(
            rules.SWITCH,
            rules.OUT_OF_RANGE,
            rules.NO_VERB,
            rules.TWO_AT_ONCE,
            rules.TOO_MANY,
            rules.TWO_TRIGGERS,
        ),
        *(rules.NO_TRIGGER, rules.CONDITION_NEEDS_KEY, rules.NEEDS_COMPANION, rules.NO_STEPS),
    }
)


def kind_of(file: str) -> str | None:
    """The schema of a file by its name."""
    name = file.rpartition("/")[2]
    if file in ("journeys/catalog.yaml", "journeys/segments.yaml", "journeys/lifecycle.yaml"):
        return f"{name.removesuffix('.yaml')}.schema.json"
    if file.startswith("journeys/sources/") and name.endswith(".yaml"):
        return "source.schema.json"
    if name.endswith((".md", ".html")) and "_layouts" not in file:
        return "message.schema.json"
    return {"journey.yaml": "journey.schema.json", "tests.yaml": "tests.schema.json"}.get(name)


def objections(file: str, text: bytes) -> list[str]:
    """What an editor says about a file."""
    kind = kind_of(file)
    if kind is None:
        return []
    return [error.message for error in VALIDATORS[kind].iter_errors(data_of(file, text))]


def data_of(file: str, text: bytes) -> Any:
    return (
        read_front_matter(text, file)[0].data
        if file.endswith((".md", ".html"))
        else read_yaml(text, file).data
    )


@pytest.mark.parametrize("file", SHIPPED, ids=str)
def test_shipped_files_please_their_editor(file: str) -> None:
    assert objections(file, SHIPPED[file]) == []


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_an_editor_accepts_what_validation_accepts(file: Path) -> None:
    files, _ = read_case(file)
    faulty = {fault.position.file for fault in faults_of(files)[1] if fault.severity == "error"}
    for name, text in files.items():
        if name not in faulty:
            assert objections(name, text) == [], name


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_an_editor_refuses_what_is_wrong_in_shape(file: Path) -> None:
    files, _ = read_case(file)
    for fault in faults_of(files)[1]:
        name = fault.position.file
        is_of_channel = "`send: " in fault.message
        if fault.rule in OF_SHAPE and kind_of(name) is not None and not is_of_channel:
            assert objections(name, files[name]), fault


def journeys() -> list[str]:
    """Every construct that runs, each in a journey of its own."""
    heads = [
        HEADER + (TRIGGER if "trigger:" not in text else "") + text + "\n" + STEPS for text in RUNS_IN_HEADER
    ]
    begun = HEADER + TRIGGER + DEFAULTS + "steps:\n"
    steps = [begun + "".join(f"  {line}\n" for line in text.splitlines()) for text in RUNS_AS_STEP]
    whens = [f"{begun}  - {{ id: a, wait: 1 day }}\n    when: {text}\n" for text in RUNS_AS_CONDITION]
    return [
        *heads,
        *steps,
        *(text.replace("{ id: a, wait: 1 day }", "id: a\n    wait: 1 day") for text in whens),
    ]


@pytest.mark.parametrize("text", journeys())
def test_an_editor_accepts_every_construct_that_runs(text: str) -> None:
    assert objections("journeys/demo/journey.yaml", text.encode()) == []


def test_numbers_may_stand_where_texts_are_wanted() -> None:
    text = HEADER + TRIGGER + DEFAULTS + "name: 2026\nsteps:\n  - { id: 1, wait: 2 days, note: 1.10 }\n"
    files = {
        "journeys/catalog.yaml": CATALOG,
        "journeys/segments.yaml": SEGMENTS,
        "journeys/demo/journey.yaml": text,
    }
    workspace = read_workspace({name: content.encode() for name, content in files.items()})
    assert workspace.all_faults() == []
    assert workspace.journeys["demo"].steps == ("1",)
    assert objections("journeys/demo/journey.yaml", text.encode()) == []


def test_nothing_of_our_own_is_left_in_what_editors_get() -> None:
    def keys(schema: Any) -> list[str]:
        if isinstance(schema, list):
            return [key for item in schema for key in keys(item)]
        if not isinstance(schema, dict):
            return []
        return [*schema, *(key for value in schema.values() for key in keys(value))]

    for schema in editor_schemas().values():
        assert not [key for key in keys(schema) if key.startswith("x-")]
        Draft7Validator.check_schema(schema)


@pytest.mark.parametrize("file", [file for file in SHIPPED if file.endswith(".yaml")])
def test_shipped_files_name_their_schema_on_top(file: str) -> None:
    up = "../" * (file.count("/"))
    first = SHIPPED[file].decode().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={up}schemas/{kind_of(file)}"
