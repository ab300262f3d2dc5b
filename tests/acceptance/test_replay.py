"""The music shop's 18 months, counted three ways: by arithmetic, by the backtest and by the daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from examples.cdnow.convert import SOURCE, convert

ROOT = Path(__file__).resolve().parents[2]
UNTIL = date(1998, 6, 30)
LETTERS = {60: 3597, 90: 3143, 180: 2331}

CATALOG = """\
topics: { winback: { name: Win-back, consent: opt_out } }
senders: { shop: { from: "Example Shop <hello@shop.example>" } }
"""
JOURNEY = """\
dsl: 1
journey: after-{days}
status: live
owner: lifecycle@shop.example
trigger: {{ event: Order Completed }}
re_entry: {{ after: 0 seconds, if_running: restart }}
defaults: {{ topic: winback }}
steps:
  - {{ id: pause, wait: {days} days }}
  - {{ id: letter, send: email, subject: "After {days} days", body: We have news. }}
"""


def letters_by_arithmetic(days: int) -> int:
    """A letter goes so many days after an order, unless the next one comes by then or on that very day."""
    orders: dict[str, list[date]] = defaultdict(list)
    for line in SOURCE.read_text().splitlines():
        _, customer, day, _, _ = line.split()
        orders[customer].append(date(int(day[:4]), int(day[4:6]), int(day[6:])))
    wait = timedelta(days=days)
    count = 0
    for dates in orders.values():
        dates.sort()
        count += sum(following - order > wait for order, following in pairwise(dates))
        count += dates[-1] + wait <= UNTIL
    return count


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    convert(folder / "data", topics=("winback",))
    (folder / "journeys").mkdir()
    (folder / "journeys" / "catalog.yaml").write_text(CATALOG)
    for days in LETTERS:
        (folder / "journeys" / f"after-{days}.yaml").write_text(JOURNEY.format(days=days))
    return folder


def journeys(folder: Path, *words: str) -> str:
    command = [sys.executable, str(ROOT / "runner.py"), "--workspace", str(folder), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("days", LETTERS)
def test_arithmetic_gives_the_known_numbers(days: int) -> None:
    assert letters_by_arithmetic(days) == LETTERS[days]


@pytest.mark.parametrize("days", LETTERS)
def test_the_backtest_counts_the_same(shop: Path, days: int) -> None:
    known = shop / "known.jsonl"
    if not known.exists():
        known.write_text("".join(identifies(shop)) + (shop / "data" / "events.jsonl").read_text())
    told = journeys(
        shop,
        "backtest",
        f"after-{days}",
        "--events",
        f"@{known}",
        "--until",
        f"{UNTIL}T00:00:00Z",
        "--format",
        "json",
    )
    found: dict[str, Any] = json.loads(told)
    assert found["format"] == 1
    assert (found["contacts"], found["events"], found["entered"]) == (2357, 6919, 6919)
    assert found["messages"]["letter"] == {"sent": LETTERS[days], "dropped": {}}
    assert found["left"]["completed"] == LETTERS[days]
    assert found["inside"] + sum(found["left"].values()) == 6919


def identifies(shop: Path) -> list[str]:
    """The contacts of the table as lines, dated before their first order."""
    rows = (shop / "data" / "contacts.csv").read_text().splitlines()[1:]
    return [
        json.dumps(
            {
                "type": "identify",
                "userId": row.split(",")[0],
                "timestamp": "1997-01-01T00:00:00Z",
                "messageId": f"identify-{row.split(',')[0]}",
                "traits": {"email": row.split(",")[1], "timezone": "UTC"},
            }
        )
        + "\n"
        for row in rows
    ]


def test_the_daemon_counts_the_same(shop: Path) -> None:
    journeys(shop, "import", "contacts", str(shop / "data" / "contacts.csv"))
    journeys(shop, "apply")
    journeys(shop, "run", "--replay", str(shop / "data" / "events.jsonl"), "--until", f"{UNTIL}T00:00:00Z")
    status = json.loads(journeys(shop, "status", "--format", "json"))
    sent = {one["id"]: one["steps"]["letter"]["sent"] for one in status["journeys"]}
    assert sent == {f"after-{days}": count for days, count in LETTERS.items()}
    assert len(list((shop / "captured").glob("*.eml"))) == sum(LETTERS.values())
    assert json.loads(journeys(shop, "db", "check", "--format", "json"))["problems"] == []
