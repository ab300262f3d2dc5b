"""The YAML Test Suite: each document is read as what it means, or refused with a place; nothing breaks.

Most of its 402 documents are refused, since journeys have no use for anchors, tags, several documents or
lists at the top. Where one is accepted, its value is the one that the suite gives. `DIFFERENT` are those few
in which PyYAML, which reads YAML 1.1, is of another opinion; each with its reason.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.language.document import Document
from engine.language.workspace import read_workspace
from engine.language.yaml_text import read_yaml

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "yaml_suite" / "cases.json").read_text(encoding="utf-8")
)
IDS = [case["id"] for case in CASES]

DIFFERENT = {
    "652Z": "`{ ?foo: bar }`: the question mark begins a key, without a space behind it",
    "L24T-1": "a last line of spaces without an end of line is not given one",
    "9C9N": "items of a list in brackets may stand at the margin",
    "QB6E": "lines of a text in quotes may stand at the margin",
    "DK95-1": "a tab may stand before the second line of a text in quotes",
    "S98Z": "empty lines of a folded text may be longer than its indentation",
    "SU5Z": "a comment may follow a closing quote without a space",
    "X4QW": "a comment may follow `>` without a space",
}


def is_accepted(document: Document) -> bool:
    return document.is_whole and not any(fault.severity == "error" for fault in document.faults)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_document_is_read_as_what_it_means_or_refused_with_a_place(case: dict[str, Any]) -> None:
    document = read_yaml(case["yaml"].encode(), "f.yaml")
    lines = case["yaml"].count("\n") + 1
    for fault in document.faults:
        assert fault.message
        assert fault.help
        assert 1 <= fault.position.line <= lines
        assert fault.position.column >= 1
    if not is_accepted(document):
        assert any(fault.severity == "error" for fault in document.faults)
    elif case["id"] not in DIFFERENT:
        assert not case.get("fail"), "it is no YAML"
        assert document.data == json.loads(case["json"])


def test_the_differences_are_differences() -> None:
    """An entry that is none any more goes."""
    different = set()
    for case in CASES:
        document = read_yaml(case["yaml"].encode(), "f.yaml")
        if is_accepted(document) and (case.get("fail") or document.data != json.loads(case["json"])):
            different.add(case["id"])
    assert different == set(DIFFERENT)


def test_enough_is_accepted_for_this_to_mean_something() -> None:
    accepted = [case for case in CASES if is_accepted(read_yaml(case["yaml"].encode(), "f.yaml"))]
    assert len(accepted) == 77
    assert len(CASES) == 402


@pytest.mark.parametrize(
    "file", ["catalog.yaml", "segments.yaml", "demo/journey.yaml", "demo/tests.yaml", "demo/hello.md"]
)
def test_no_file_of_a_workspace_breaks_by_it(file: str) -> None:
    good = {"journeys/demo/journey.yaml": b"dsl: 1\njourney: demo\ntrigger: { event: A }\nsteps: []\n"}
    for case in CASES:
        text = case["yaml"]
        text = f"---\n{text}---\nHello\n" if file.endswith(".md") else text
        read_workspace({**good, f"journeys/{file}": text.encode()}).all_faults()
