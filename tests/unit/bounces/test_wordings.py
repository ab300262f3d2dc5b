"""What servers say, and what follows: each line was heard from a server or stands in its documentation.

Three columns: the field Status, what was said, and the verdict. `!` marks the hard ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bounces.answer import read_answer
from engine.bounces.judge import judge

RCPT = " (in reply to RCPT TO command)"
DATA = " (in reply to end of DATA command)"

SAID = (Path(__file__).parents[2] / "golden/bounces/said.txt").read_text(encoding="utf-8")

CASES = [tuple(part.strip() for part in line.split(" | ")) for line in SAID.strip().splitlines()]


@pytest.mark.parametrize(("status", "said", "verdict"), CASES)
def test_what_servers_say(status: str, said: str, verdict: str) -> None:
    said = said.replace(" RCPT", RCPT).replace(" DATA", DATA)
    judged = judge(read_answer(said), status)
    assert f"{judged.reason}{'!' if judged.is_hard else ''}" == verdict


PASSES = [
    "full",
    "temporarily unavailable, try again later",
    "greylisted",
    "detected as spam",
    "on our blacklist",
]


@pytest.mark.parametrize("excuse", PASSES)
@pytest.mark.parametrize(("status", "said", "verdict"), [case for case in CASES if case[2].endswith("!")])
def test_a_reason_that_passes_beside_a_hard_one_makes_it_soft(
    status: str, said: str, verdict: str, excuse: str
) -> None:
    del verdict
    words = f"{said.replace(' RCPT', RCPT)} The mailbox of that user is {excuse}."
    assert not judge(read_answer(words), status).is_hard


@pytest.mark.parametrize(("status", "said", "verdict"), [case for case in CASES if case[2].endswith("!")])
def test_a_temporary_code_makes_everything_soft(status: str, said: str, verdict: str) -> None:
    del verdict
    assert not judge(read_answer(said.replace(" RCPT", RCPT)), f"4{status[1:]}").is_hard


@pytest.mark.parametrize("name", ["userunknown", "mailbox-full", "no-such-user", "spam", "does-not-exist"])
def test_addresses_do_not_speak(name: str) -> None:
    """They may be called anything."""
    assert judge(read_answer(f"550 <{name}@b.example> 5.0.0 mumble"), "5.0.0").reason == "unknown"
