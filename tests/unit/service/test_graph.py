"""The Mermaid text of journeys: what stands in it, and that no word of a marketer can break it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.language.workspace import read_workspace
from engine.service.files import load_workspace
from engine.service.graph import mermaid
from engine.service.versions import bind_version

ROOT = Path(__file__).parents[3]
JOURNEY = """\
dsl: 1
journey: odd
status: draft
trigger:
  - event: Signed "Up" & <b>out</b>
    where: { event.source: { in: [footer, popup] } }
  - { segment: { enters: vip } }
  - { manual: true }
enter_when: { contact.first_name: { exists: true } }
exit_when: [{ event: Order Completed }]
goal: { event: Order Completed, within: 3 days }
steps:
  - { id: wait-a-little, wait: 1 day }
  - id: way
    branch:
      - if: { contact.note: "1. a #hash; and `ticks` with words and words and words and words" }
        then: [{ id: over, end: "- done" }]
      - else: []
  - { id: last, wait: 1 hour, when: { contact.note: x } }
"""


def drawn(text: str) -> str:
    files = {
        "journeys/odd/journey.yaml": text.encode(),
        "journeys/segments.yaml": b"vip: { when: { contact.first_name: x } }",
    }
    journey = read_workspace(files).journeys["odd"]
    assert journey.compiled is not None, journey.faults
    return mermaid(bind_version(journey.compiled, "v", "live").journey)


def labels(text: str) -> list[str]:
    return re.findall(r'"([^"]*)"', text)


def test_every_step_and_every_way_is_drawn() -> None:
    text = drawn(JOURNEY)
    assert text.startswith("flowchart TD\n")
    assert '    s0["wait-a-little<br>wait 1 day"]\n' in text
    assert "    trigger --> s0\n    s0 --> s1\n" in text
    assert '    s1 -->|"else"| s3\n' in text
    assert "    s2 --> finish\n" in text
    assert '    s3["last<br>wait 1 hour<br>only if contact.note is x"]\n' in text


def test_who_enters_and_what_ends_it_is_told() -> None:
    text = drawn(JOURNEY)
    assert "or enters segment vip<br>or by command<br>if contact.first_name" in text
    assert '"goal: Order Completed within 3 days"]:::note' in text
    assert '"exit: Order Completed"]:::note' in text


def test_words_cannot_break_the_picture() -> None:
    text = drawn(JOURNEY)
    for line in text.splitlines():
        assert line.count('"') in (0, 2), line
    for label in labels(text):
        bare = re.sub(r"#\d+;|<br>", "", label)
        assert not set(bare) & set('<>&"`#'), label
    assert "#34;Up#34; #38; #60;b#62;out" in text


def test_no_line_of_a_label_is_wider_than_40_characters() -> None:
    for label in labels(drawn(JOURNEY)):
        for line in label.split("<br>"):
            assert len(re.sub(r"#\d+;", "x", line)) <= 40


@pytest.mark.parametrize("start", ["1. first", "- dash", "+ plus", "* star"])
def test_nothing_looks_like_a_list_to_mermaid(start: str) -> None:
    text = drawn(JOURNEY.replace("- done", start))
    assert f'<br>end: {start}"' in text  # behind a word it is no list
    [label] = [label for label in labels(drawn(JOURNEY)) if "wait-a-little" in label]
    assert not re.match(r"\d+\.|[-+*]", label)


def test_the_classic_journeys_can_be_drawn() -> None:
    workspace = load_workspace(ROOT)
    for journey in workspace.journeys.values():
        assert journey.compiled is not None
        text = mermaid(bind_version(journey.compiled, "v", "live").journey)
        assert len(re.findall(r"^    s\d+[\[{]", text, re.MULTILINE)) == len(journey.steps)
