"""`journeys dev` as a newcomer uses it: send an event with what lies at hand, and watch."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

from tests.acceptance.test_daemon_processes import ROOT, heard


def told(process: subprocess.Popen[str], word: str) -> str:
    """What it says until it says a word; read past Python's own buffer, which select knows nothing of."""
    assert process.stdout is not None
    said = ""
    while word not in said:
        assert select.select([process.stdout], [], [], 30)[0], said
        said += os.read(process.stdout.fileno(), 65_536).decode()
    return said


def test_an_event_comes_in_and_every_step_is_told(tmp_path: Path) -> None:
    runner = [sys.executable, "-u", str(ROOT / "runner.py")]
    shop = tmp_path / "shop"
    subprocess.run([*runner, "init", str(shop)], check=True, capture_output=True)
    (shop / "config.yaml").write_text(
        "delivery: { email: smtp }\nsmtp: { host: relay.invalid, tls: required }\n"
    )
    command = [*runner, "--workspace", str(shop), "dev", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = heard(process, "listening on ")[-1].split()[-1]
        traits = {"type": "identify", "userId": "ada", "traits": {"email": "ada@customers.example"}}
        cart = {"cart_id": "c1", "items_count": 2, "total": 80}
        event = {"type": "track", "userId": "ada", "event": "Cart Updated", "properties": cart}
        body = json.dumps({"batch": [traits, event]}).encode()
        with urlopen(Request(f"{address}/v1/batch", body), timeout=30) as answer:
            assert json.load(answer) == {"success": True}
        said = told(process, "cool-off: waits until")
        assert "abandoned-cart: entered: Cart Updated" in said
        assert "ada" in said
        process.terminate()
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.communicate()
