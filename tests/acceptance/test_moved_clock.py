"""Somebody moves the machine's clock under a daemon that runs: ahead, and back again.

The library of Debian's package `faketime` tells one process what time it is; a file says so, and is read
again at every question. What the process counts for itself (its sleeps) goes on as ever.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.test_daemon_processes import Shop, until

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TWO_LETTERS = """\
dsl: 1
journey: welcome
status: live
owner: lifecycle@shop.example
trigger: { manual: true }
defaults: { topic: news }
steps:
  - { id: letter, send: email, subject: Welcome, body: Hello. }
  - { id: pause, wait: 2 days }
  - { id: second, send: email, subject: Still here, body: Hello again. }
  - { id: long-pause, wait: 300 days }
  - { id: third, send: email, subject: Long ago, body: Hello for the last time. }
"""

pytestmark = pytest.mark.skipif(
    LIBRARY is None, reason="nothing here can move one process's clock: apt-get install faketime"
)


class MovedShop(Shop):
    """Every command, the daemon too, goes by the time in a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "journeys" / "welcome.yaml").write_text(TWO_LETTERS)
        self.time = folder / "time"
        self.move(START)

    def move(self, to: datetime) -> None:
        """The clock goes on from there."""
        aside = self.time.with_suffix(".new")
        aside.write_text(f"@{to:%Y-%m-%d %H:%M:%S}\n")
        aside.replace(self.time)

    def command(self, *words: str) -> list[str]:
        moved = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.time),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": "UTC",
        }
        return ["env", *(f"{name}={value}" for name, value in moved.items()), *super().command(*words)]

    def letters(self) -> Counter[str]:
        """How many of each subject were handed over."""
        mails = (file.read_text() for file in (self.folder / "captured").glob("*.eml"))
        return Counter(
            line.removeprefix("Subject: ")
            for mail in mails
            for line in mail.splitlines()
            if line.startswith("Subject: ")
        )


@pytest.fixture
def shop(tmp_path: Path) -> MovedShop:
    shop = MovedShop(tmp_path / "shop")
    shop.run("apply")
    contacts = shop.folder / "contacts.csv"
    contacts.write_text("id,email\n" + "".join(f"u{n},u{n}@shop.example\n" for n in range(3)))
    shop.run("import", "contacts", str(contacts))
    return shop


def test_a_jump_ahead_releases_what_is_due_once_and_going_back_sends_nothing_again(shop: MovedShop) -> None:
    with shop.daemon() as daemon:
        for n in range(3):
            shop.run("enroll", "welcome", f"u{n}")
        until(lambda: shop.letters() == {"Welcome": 3})
        shop.move(START + timedelta(days=2, minutes=5))
        until(lambda: shop.letters() == {"Welcome": 3, "Still here": 3})
        shop.move(START - timedelta(days=3))
        shop.run("enroll", "welcome", "u0", expect=1)  # never twice, and the daemon goes on
        contacts = shop.folder / "late.csv"
        contacts.write_text("id,email\nlate,late@shop.example\n")
        shop.run("import", "contacts", str(contacts))
        shop.run("enroll", "welcome", "late")
        until(lambda: shop.letters()["Welcome"] == 4)
        assert shop.letters() == {"Welcome": 4, "Still here": 3}
        shop.move(START + timedelta(days=3650))  # what nobody wants any more after ten years is dropped
        until(lambda: shop.messages() == {"sent": 7, "dropped": 4})
        shop.move(START + timedelta(days=2))
        contacts.write_text("id,email\nlast,last@shop.example\n")
        shop.run("import", "contacts", str(contacts))
        shop.run("enroll", "welcome", "last")
        until(lambda: shop.letters() == {"Welcome": 5, "Still here": 3})
        daemon.terminate()
        assert daemon.wait(timeout=20) == 0
    shop.run("db", "check")
