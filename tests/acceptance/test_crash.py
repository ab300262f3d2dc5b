"""kill -9: the daemon is killed at least 30 times while it works through real orders over real SMTP.

What must be seen: the same enrollments as in a run that nobody disturbed, no message lost, and no more
duplicates than one per open connection and kill.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

from examples.cdnow.convert import convert
from tests.support.smtp_server import mail_process

ROOT = Path(__file__).resolve().parents[2]
UNTIL = "1998-06-30T00:00:00Z"
CONNECTIONS = 4
KILLS = 32
#: Letters of the journey below in 18 months: counted independently of the engine in test_replay.
LETTERS = 3597

CATALOG = """\
topics: { winback: { name: Win-back, consent: opt_out } }
senders: { shop: { from: "Example Shop <hello@shop.example>" } }
"""
JOURNEY = """\
dsl: 1
journey: sixty-days
status: live
owner: lifecycle@shop.example
trigger: { event: Order Completed }
re_entry: { after: 0 seconds, if_running: restart }
defaults: { topic: winback }
steps:
  - { id: pause, wait: 60 days }
  - { id: letter, send: email, subject: It has been two months, body: We have news. }
"""


class Shop:
    """A workspace whose mail goes to a server of its own."""

    def __init__(self, folder: Path, events: Path, contacts: Path, port: int) -> None:
        self.folder = folder
        self.events = events
        (folder / "journeys").mkdir(parents=True)
        (folder / "journeys" / "catalog.yaml").write_text(CATALOG)
        (folder / "journeys" / "sixty-days.yaml").write_text(JOURNEY)
        (folder / "config.yaml").write_text(
            "delivery: { email: smtp }\n"
            f"smtp: {{ host: 127.0.0.1, port: {port}, tls: none, connections: {CONNECTIONS} }}\n"
            "unsubscribe_mailto: unsubscribe@shop.example\n"
        )
        self.run("import", "contacts", str(contacts))
        self.run("apply")

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "runner.py"), "--workspace", str(self.folder), *words]

    def run(self, *words: str) -> str:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def replay(self) -> subprocess.Popen[bytes]:
        words = self.command("run", "--replay", str(self.events), "--until", UNTIL)
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def digests(self) -> dict[str, str]:
        found = json.loads(self.run("db", "check", "--format", "json"))
        assert found["problems"] == []
        digests: dict[str, str] = found["digests"]
        return digests


def message_ids(directory: Path) -> Counter[str]:
    """How often each Message-ID was accepted."""
    return Counter(
        str(message_from_bytes(file.read_bytes())["Message-ID"]) for file in directory.glob("*.eml")
    )


def kill_at(daemon: subprocess.Popen[bytes], mail: Path, letters: int, delay: float) -> bool:
    """Kill it once so many letters were accepted and a moment has passed; False when it ended before."""
    while letters and not (mail / f"{letters:08d}.eml").exists():  # the server numbers what it accepts
        try:
            daemon.wait(timeout=0.01)
        except subprocess.TimeoutExpired:
            continue
        return False
    try:
        daemon.wait(timeout=delay)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
        return True
    return False


def test_thirty_kills_lose_nothing_and_double_next_to_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(20260328)
    convert(tmp_path / "data", topics=("winback",))
    events, contacts = tmp_path / "data" / "events.jsonl", tmp_path / "data" / "contacts.csv"

    mail = tmp_path / "mail"
    kills = 0
    with mail_process(tmp_path / "calm-mail") as calm_port, mail_process(mail) as port:
        calm = Shop(tmp_path / "calm", events, contacts, calm_port)
        undisturbed_daemon = calm.replay()  # beside the other, which leaves it alone
        shop = Shop(tmp_path / "killed", events, contacts, port)
        thresholds = sorted(chance.sample(range(LETTERS - 200), KILLS))
        for threshold in thresholds:
            daemon = shop.replay()
            was_killed = kill_at(daemon, mail, threshold, chance.uniform(0.0, 0.25))
            if daemon.stderr is not None:
                daemon.stderr.close()
            kills += was_killed
        for daemon in (shop.replay(), undisturbed_daemon):
            _, errors = daemon.communicate()
            assert daemon.returncode == 0, errors.decode()

    undisturbed = message_ids(tmp_path / "calm-mail")
    assert len(undisturbed) == LETTERS
    assert set(undisturbed.values()) == {1}
    assert kills >= 30
    received = message_ids(mail)
    assert received.keys() == undisturbed.keys()
    doubles = sum(received.values()) - len(received)
    assert doubles <= kills * CONNECTIONS, f"{doubles} duplicates after {kills} kills"
    assert shop.digests() == calm.digests()
    record_property("figure", f"{len(received):,} letters, {kills} kills, {doubles} duplicates")
