"""Attachments: part of the version, within limits, and the same after they were kept in the database."""

from __future__ import annotations

import json

from engine.language.compiled import message_of
from engine.language.workspace import Workspace, read_workspace

JOURNEY = """\
dsl: 1
journey: demo
owner: ada@shop.example
trigger: { event: Go }
steps:
  - { id: hello, send: email, message: hello, transactional: true }
"""


def workspace(line: str, **files: bytes) -> Workspace:
    given = {
        "journeys/demo/journey.yaml": JOURNEY.encode(),
        "journeys/demo/hello.md": f"---\nsubject: Hi\n{line}\n---\nHello\n".encode(),
    }
    return read_workspace(given | {f"journeys/demo/{name}.pdf": content for name, content in files.items()})


def told(found: Workspace) -> list[str]:
    return [fault.message for fault in found.all_faults() if fault.severity == "error"]


def test_a_file_is_part_of_the_version() -> None:
    first, same, other = (
        workspace("attachments: [a.pdf]", a=content).journeys["demo"] for content in (b"1", b"1", b"2")
    )
    assert first.version == same.version
    assert first.version != other.version
    assert first.version != workspace("topic: x", a=b"1").journeys["demo"].version
    assert (
        workspace("topic: x").journeys["demo"].version
        == workspace("topic: x", a=b"1").journeys["demo"].version
    )


def test_what_was_kept_is_what_was_read() -> None:
    journey = workspace("attachments: [a.pdf]", a=bytes(range(256))).journeys["demo"]
    assert journey.compiled is not None
    [plain] = json.loads(json.dumps(journey.compiled["messages"])).values()
    kept, read = message_of(plain), journey.sources["hello"]
    assert kept.attachments == read.attachments
    assert kept.attachments[0].size == 256


def test_limits() -> None:
    megabyte = b"x" * (1 << 20)
    assert told(workspace("attachments: [a.pdf, b.pdf]", a=megabyte, b=megabyte)) == []
    assert told(workspace("attachments: [a.pdf]", a=megabyte + b"x")) == [
        "The attachment `a.pdf` is larger than 1 MB."
    ]
    assert told(workspace("attachments: [a.pdf, b.pdf, c.pdf]", a=megabyte, b=megabyte, c=b"x")) == [
        "These attachments are larger than 2 MB together."
    ]
