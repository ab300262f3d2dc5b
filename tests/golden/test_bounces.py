"""Returned mails and what they say: ours, written after the standards, and the public ones of Sisimai.

The public set (BSD 2-clause, its licence lies in the archive) has the truth of each recipient, said by people
who had nothing to do with this classifier. `python -m tests.golden.test_bounces` prints the score.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from engine.bounces.classify import classify
from engine.intake.returned_mail import read_returned
from engine.model.returned import Returned

HERE = Path(__file__).parent / "bounces"
OURS = sorted((HERE / "mails").glob("*.txt"))


def words(one: Returned) -> str:
    hard = "hard" if one.is_hard else "soft"
    rest = (one.status, one.recipient, one.reason, one.action or "")
    return " ".join([one.kind, hard, *(part or "-" for part in rest)])


@pytest.mark.parametrize("case", OURS, ids=lambda case: case.stem)
def test_a_mail_says_what_it_says(case: Path) -> None:
    mail, _, said = case.read_text(encoding="utf-8").partition("=== says\n")
    assert [words(one) for one in classify(read_returned(mail.encode()))] == said.splitlines()


@pytest.mark.parametrize("case", OURS, ids=lambda case: case.stem)
def test_line_ends_change_nothing(case: Path) -> None:
    mail, _, said = case.read_text(encoding="utf-8").partition("=== says\n")
    wire = mail.replace("\n", "\r\n").encode()
    assert [words(one) for one in classify(read_returned(wire))] == said.splitlines()


# --- the public set -------------------------------------------------------------------------------


@dataclass
class Score:
    """How often we were right, by the truth of others."""

    mails: int = 0
    kinds: int = 0
    soft: int = 0
    called_hard: int = 0
    hard: int = 0
    found: int = 0


def kind_of(reason: str) -> str:
    return {"feedback": "complaint", "vacation": "neither", "delivered": "neither"}.get(reason, "bounce")


def measure() -> Score:
    score = Score()
    with ZipFile(HERE / "sisimai.zip") as archive:
        for name, truth in json.loads(archive.read("truth.json")).items():
            told = classify(read_returned(archive.read(f"{name}.eml")))
            score.mails += 1
            score.kinds += told[0].kind == kind_of(truth[0]["reason"])
            for at, true in enumerate(truth):
                is_hard = at < len(told) and told[at].is_hard
                score.hard += true["hard"]
                score.soft += not true["hard"]
                score.found += true["hard"] and is_hard
                score.called_hard += is_hard and not true["hard"]
    return score


def test_the_public_set_is_told_apart() -> None:
    score = measure()
    print(score)
    assert score.mails == 296
    assert score.kinds / score.mails > 0.98
    assert score.called_hard / score.soft < 0.01
    assert score.found / score.hard > 0.88


@pytest.mark.parametrize("at", range(0, 2_000, 97))
def test_a_mail_that_was_cut_off_is_read_all_the_same(at: int) -> None:
    """Whatever is missing: nothing breaks, and what is soft as a whole does not become hard."""
    for case in OURS:
        mail, _, said = case.read_text(encoding="utf-8").partition("=== says\n")
        told = classify(read_returned(mail.encode()[:at]))
        assert told
        if not re.search(r"^bounce hard", said, re.MULTILINE):
            assert not any(one.is_hard for one in told), case.stem


if __name__ == "__main__":
    score = measure()
    print(f"kind right:       {score.kinds}/{score.mails} mails")
    print(f"soft called hard: {score.called_hard}/{score.soft} recipients")
    print(f"hard found:       {score.found}/{score.hard} recipients")
