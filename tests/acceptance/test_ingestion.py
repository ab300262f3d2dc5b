"""Ingestion by the clients that shops have already, unmodified, against the daemon as people start it."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from tests.acceptance.test_daemon_processes import Shop, heard, until
from tests.support import npm, pypi


class Door:
    """A running daemon that listens, and the means to knock."""

    def __init__(self, shop: Shop, address: str) -> None:
        self.shop = shop
        self.address = address
        self.port = int(address.rpartition(":")[2])

    def post(
        self, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any], Mapping[str, str]]:
        """Status, JSON, headers."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, headers or {}, raw)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, dict[str, Any], Mapping[str, str]]:
        """Status, JSON, headers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}"), dict(answer.getheaders())

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.shop.folder / "journeys.db")) as database:
            return database.execute(sql).fetchall()

    def history(self) -> list[tuple[str, str]]:
        """Contact and event of everything that is in history."""
        return self.rows(
            "SELECT c.id, e.name FROM event e JOIN contact c ON c.key = e.contact "
            "WHERE e.name <> '$identify' ORDER BY e.id"
        )


@contextmanager
def listening(shop: Shop) -> Iterator[Door]:
    with shop.daemon() as daemon:
        said = heard(daemon, "listening on ")[-1]
        yield Door(shop, said.split()[-1])


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop", "http: { port: 0 }\n")
    shop.run("apply")
    with listening(shop) as door:
        yield door


def key_of(shop: Shop, source: str = "shop") -> str:
    return shop.run("keys", "create", "--source", source).stdout.strip()


# --- clients that exist ----------------------------------------------------------------------------


#: Each in a folder of its own, because they want an older python-dateutil than the templates do.
PYTHON_CLIENTS = {
    "segment-analytics-python==2.4.0": "segment.analytics.client",
    "rudder-sdk-python==2.1.9": "rudderstack.analytics.client",
}
SEND = """
import sys
from {module} import Client

failed = []
client = Client("any", host=sys.argv[1], on_error=lambda *said: failed.append(said), **{more})
client.identify(sys.argv[2], {{"email": sys.argv[2] + "@shop.example"}})
for _ in range(3):
    client.track(sys.argv[2], "Signed Up")
client.page(sys.argv[2], "Docs", "Start")
client.flush()
client.join()
sys.exit(str(failed) if failed else 0)
"""


def send_by_python(folder: Path, package: str, address: str, contact: str, **more: object) -> None:
    if reason := pypi.install(folder, package):
        pytest.skip(reason)
    script = SEND.format(module=PYTHON_CLIENTS[package], more=more)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", script, address, contact]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", PYTHON_CLIENTS)
@pytest.mark.parametrize("sends_gzip", [False, True])
def test_the_clients_for_python(door: Door, tmp_path: Path, package: str, sends_gzip: bool) -> None:
    contact = f"{package.partition('-')[0]}-{sends_gzip}"
    send_by_python(tmp_path, package, door.address, contact, gzip=sends_gzip)
    names = [name for id, name in door.history() if id == contact]
    assert names == ["Signed Up"] * 3 + ["Page Viewed"]
    until(lambda: captured(door, contact))


def captured(door: Door, contact: str) -> bool:
    return any(contact in file.read_text() for file in (door.shop.folder / "captured").glob("*.eml"))


NODE_CLIENTS = {
    "@segment/analytics-node@3.1.0": """
        const { Analytics } = require("@segment/analytics-node");
        const client = new Analytics({ writeKey: "any", host: HOST });
        client.identify({ userId: WHO, traits: { email: WHO + "@shop.example" } });
        client.track({ userId: WHO, event: "Signed Up" });
        client.closeAndFlush();
    """,
    "analytics-node@6.2.0": """
        const Analytics = require("analytics-node");
        const client = new Analytics("any", { host: HOST, flushInterval: 50 });
        client.identify({ userId: WHO, traits: { email: WHO + "@shop.example" } });
        client.track({ userId: WHO, event: "Signed Up" });
        client.flush();
    """,
    "@rudderstack/rudder-sdk-node@3.0.13": """
        const Analytics = require("@rudderstack/rudder-sdk-node");
        const client = new Analytics("any", { dataPlaneUrl: HOST, gzip: true });
        client.identify({ userId: WHO, traits: { email: WHO + "@shop.example" } });
        client.track({ userId: WHO, event: "Signed Up" });
        client.flush();
    """,
}


@pytest.mark.parametrize("package", NODE_CLIENTS)
def test_the_clients_for_node(door: Door, tmp_path: Path, package: str) -> None:
    if reason := npm.install(tmp_path, package):
        pytest.skip(reason)
    who = package.strip("@").replace("/", "-")
    script = f"const HOST = {json.dumps(door.address)}, WHO = {json.dumps(who)};\n{NODE_CLIENTS[package]}"
    (tmp_path / "send.js").write_text(script)
    done = subprocess.run(
        ["node", "send.js"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    until(lambda: (who, "Signed Up") in door.history())
    assert door.history().count((who, "Signed Up")) == 1


class Moody(BaseHTTPRequestHandler):
    """Between a client and the daemon: says no twice, loses an answer, and passes on what comes then."""

    door: ClassVar[Door]
    answers: ClassVar[list[int | None]]  # None: passed on, and the answer is lost

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.answers.pop(0) if self.answers else 200
        if answer in (429, 500):
            self._say(answer, b"{}")
            return
        passed = {key: value for key, value in self.headers.items() if key.lower() != "host"}
        status, said, _ = self.door.post(self.path, body, passed)
        self._say(503 if answer is None else status, json.dumps(said).encode())

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def test_a_client_that_meets_trouble_sends_again_and_counts_once(door: Door, tmp_path: Path) -> None:
    """429, 500, and an answer that was lost after all was stored."""

    class Handler(Moody):
        answers: ClassVar[list[int | None]] = [429, 500, None]

    Handler.door = door
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        send_by_python(tmp_path, "segment-analytics-python==2.4.0", address, "moody")
        server.shutdown()
    assert not Handler.answers
    assert door.history().count(("moody", "Signed Up")) == 3


# --- the contract ----------------------------------------------------------------------------------


def track(contact: str, message_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": contact, "event": "Signed Up", "messageId": message_id, **more}


def test_whatever_the_content_type_and_whichever_the_way(door: Door) -> None:
    for number, headers in enumerate(({}, {"Content-Type": "text/plain"}, {"Content-Type": "image/png"})):
        status, said, _ = door.post("/v1/track", track("ways", f"w{number}"), headers)
        assert (status, said) == (200, {"success": True})
    zipped = gzip.compress(json.dumps({"batch": [track("ways", "w9")]}).encode())
    assert door.post("/v1/batch", zipped, {"Content-Encoding": "gzip"})[0] == 200
    assert door.history().count(("ways", "Signed Up")) == 4


def test_the_same_message_counts_once_for_ever(door: Door) -> None:
    for _ in range(3):
        assert door.post("/v1/batch", {"batch": [track("once", "o1"), track("once", "o1")]})[0] == 200
    assert door.history().count(("once", "Signed Up")) == 1


def test_one_bad_item_rejects_no_other_and_is_kept_with_its_reason(door: Door) -> None:
    bad = [{"type": "track", "userId": "bad"}, 5, {"type": "nix", "userId": "bad"}, track("x" * 300, "long")]
    status, said, _ = door.post("/v1/batch", {"batch": [*bad, track("good", "g1")]})
    assert (status, said) == (200, {"success": True})
    assert ("good", "Signed Up") in door.history()
    reasons = [reason for (reason,) in door.rows("SELECT reason FROM rejected_item ORDER BY id DESC LIMIT 4")]
    assert [
        next(word for word in ("longer than 255", "`nix`", "no object", "no `event`") if word in reason)
        for reason in reasons
    ] == ["longer than 255", "`nix`", "no object", "no `event`"]
    shown = json.loads(door.shop.run("status", "--format", "json").stdout)
    assert shown["rejected"] >= 4
    strict = door.post("/v1/batch", {"batch": [*bad, track("strict", "s1")]}, {"X-Strict-Mode": "1"})
    assert strict[0] == 400
    assert ("strict", "Signed Up") not in door.history()


#: As raw JSON, because some of it no dump of ours would write; with the word that its reason must hold.
ODD_ITEMS = {
    '{"type": "track", "userId": null, "event": "Signed Up"}': "no `userId`",
    '{"type": "track", "userId": ["a"], "event": "Signed Up"}': "`userId` is no text",
    '{"type": "track", "userId": true, "event": "Signed Up"}': "`userId` is no text",
    '{"type": "track", "userId": "a\\u0000b", "event": "Signed Up"}': "cannot be seen",
    '{"type": "track", "userId": "\\ud800", "event": "Signed Up"}': "half a character",
    '{"type": "track", "userId": "odd", "event": "X", "properties": {"x": "\\ud83d"}}': "half a character",
    '{"type": "track", "userId": "odd", "event": "Signed Up", "properties": {"x": NaN}}': "not finite",
    '{"type": "track", "userId": "odd", "event": "Signed Up", "properties": {"x": 1e999}}': "not finite",
    '{"type": "track", "userId": "odd", "event": "Signed Up", "properties": [1]}': "no mapping",
    '{"type": "track", "userId": "odd", "event": "Signed Up", "timestamp": {"a": 1}}': "no point in time",
    '{"type": "track", "userId": "odd", "event": "Signed Up", "messageId": [1]}': "`messageId` is no text",
    '{"type": ["track"], "userId": "odd", "event": "Signed Up"}': "no type of a line",
    '{"type": {"a": 1}, "userId": "odd"}': "no type of a line. Write",
    '{"type": "identfy", "userId": "odd"}': "Did you mean `identify`? Write",
    '{"type": "identify", "userId": "odd", "traits": {"email": "rubbish"}}': "no mail address",
    '{"type": "identify", "userId": "odd", "traits": {"topics": {"newsletter": "yes"}}}': "true or false",
    '{"type": "alias", "userId": "odd", "previousId": {"a": 1}}': "`previousId` is no text",
}


@pytest.mark.parametrize("item", ODD_ITEMS)
def test_an_odd_item_spoils_neither_the_daemon_nor_those_beside_it(door: Door, item: str) -> None:
    number = list(ODD_ITEMS).index(item)
    good = json.dumps(track("beside", f"beside-{number}"))
    answered, said, _ = door.post("/v1/batch", f'{{"batch": [{item}, {good}]}}'.encode())
    assert (answered, said) == (200, {"success": True})
    assert door.rows(f"SELECT count(*) FROM event WHERE message_id = 'beside-{number}'") == [(1,)]
    assert ODD_ITEMS[item] in door.rows("SELECT reason FROM rejected_item ORDER BY id DESC LIMIT 1")[0][0]
    assert "odd" not in {contact for contact, _ in door.history()}


@pytest.mark.parametrize(
    ("item", "contact", "name"),
    [
        ('{"type": "track", "userId": 17, "event": "Signed Up"}', "17", "Signed Up"),
        ('{"type": "track", "userId": 18.0, "event": "Signed Up"}', "18", "Signed Up"),
        (
            '{"type": "track", "userId": "n", "event": "Signed Up", "properties": {"a": {"b": [null]}}}',
            "n",
            "Signed Up",
        ),
        (
            '{"type": "track", "userId": "huge", "event": "Huge", "properties": {"x": 18446744073709551616}}',
            "huge",
            "Huge",
        ),
        ('{"type": "track", "userId": "first", "userId": "last", "event": "Signed Up"}', "last", "Signed Up"),
        (
            '{"type": "track", "userId": "self", "anonymousId": "self", "event": "Signed Up"}',
            "self",
            "Signed Up",
        ),
        ('{"type": "page", "userId": "cut", "context": {"title": "\\ud83d"}}', "cut", "Page Viewed"),
    ],
)
def test_what_is_only_unusual_is_taken(door: Door, item: str, contact: str, name: str) -> None:
    assert door.post("/v1/batch", f'{{"batch": [{item}]}}'.encode())[0] == 200
    assert door.history().count((contact, name)) == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"no json", {}, 400),
        (b"[]", {}, 400),
        (b"{}", {}, 400),
        (b'{"batch": 5}', {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"\x1f\x8b broken", {"Content-Encoding": "gzip"}, 400),
        (b"{}", {"Content-Encoding": "br"}, 400),
        (b"x" * 600_000, {}, 413),
        (gzip.compress(b"0" * 50_000_000), {"Content-Encoding": "gzip"}, 413),
        (json.dumps({"batch": [0] * 6_000}).encode(), {}, 413),
    ],
)
def test_what_cannot_be_read_is_told_as_a_problem(
    door: Door, body: bytes, headers: dict[str, str], status: int
) -> None:
    answered, said, told = door.post("/v1/batch", body, headers)
    assert answered == status
    assert told["content-type"] == "application/problem+json"
    assert said["status"] == status
    assert {"type", "title", "detail", "code", "message"} <= said.keys()
    assert door.post("/v1/track", track("still", "there"))[0] == 200


def test_a_stranger_who_turns_out_to_be_a_contact(door: Door) -> None:
    """History comes along and fires nothing; from then on the anonymous id is that contact."""
    stranger = {"type": "track", "anonymousId": "an-1", "event": "Signed Up", "messageId": "a1"}
    told = {"type": "identify", "anonymousId": "an-1", "traits": {"email": "late@shop.example", "plan": "a"}}
    assert door.post("/v1/batch", {"batch": [stranger, {**told, "messageId": "a2"}]})[0] == 200
    assert "late" not in {contact for contact, _ in door.history()}
    known = {"type": "identify", "userId": "late", "anonymousId": "an-1", "traits": {"plan": "b"}}
    assert door.post("/v1/batch", {"batch": [{**known, "messageId": "a3"}]})[0] == 200
    assert door.history().count(("late", "Signed Up")) == 1
    shown = door.shop.run("contact", "show", "late").stdout
    assert "late@shop.example" in shown
    assert "Was never in a journey" in shown, "what was long ago fires nothing"
    assert door.rows("SELECT count(*) FROM anonymous_event WHERE anonymous_id = 'an-1'") == [(0,)]
    assert door.post("/v1/batch", {"batch": [{**stranger, "messageId": "a4"}]})[0] == 200
    until(lambda: "welcome" in door.shop.run("contact", "show", "late").stdout)


def test_an_alias_joins_a_stranger_and_merges_a_contact(door: Door) -> None:
    stranger = {"type": "track", "anonymousId": "an-2", "event": "Signed Up", "messageId": "b1"}
    assert door.post("/v1/batch", {"batch": [stranger]})[0] == 200
    assert door.post("/v1/alias", {"userId": "eve", "previousId": "an-2", "messageId": "b2"})[0] == 200
    assert ("eve", "Signed Up") in door.history()
    assert door.post("/v1/track", track("adam", "b3"))[0] == 200
    assert door.post("/v1/alias", {"userId": "eve", "previousId": "adam", "messageId": "b4"})[0] == 200
    assert door.history().count(("eve", "Signed Up")) == 2
    shown = door.shop.run("contact", "show", "adam").stdout
    assert "adam was merged: this is eve" in shown
    assert "by the source local" in shown
    why = door.shop.run("contact", "why", "adam").stdout
    assert "merged: `adam` is this contact from now on" in why


def test_cloud_events_alone_and_in_batches(door: Door) -> None:
    one = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "Signed Up", "subject": "cloud"}
    assert door.post("/v1/cloudevents", one, {"Content-Type": "application/cloudevents+json"})[0] == 200
    many = [one, {**one, "id": "2", "time": "2026-11-01T10:00:00Z"}, {**one, "subject": ""}]
    batch = {"Content-Type": "application/cloudevents-batch+json"}
    assert door.post("/v1/cloudevents", many, batch)[0] == 200
    assert door.history().count(("cloud", "Signed Up")) == 2


def test_a_client_that_dawdles_is_let_go_and_holds_up_nobody(door: Door) -> None:
    with closing(socket.create_connection(("127.0.0.1", door.port), timeout=60)) as slow:
        slow.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert door.post("/v1/track", track("quick", "q1"))[0] == 200
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


# --- who may send ----------------------------------------------------------------------------------


def test_once_there_is_a_key_every_sender_needs_one(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", "http: { port: 0 }\n")
    shop.run("apply")
    key, other = key_of(shop), key_of(shop, "desk")
    assert key not in (shop.folder / "journeys.db").read_bytes().decode("latin-1")
    basic = base64.b64encode(f"{key}:".encode()).decode()
    with listening(shop) as door:
        refused = door.post("/v1/track", track("ada", "k0"))
        assert refused[0] == 401
        assert "keys create" in refused[1]["detail"]
        assert door.post("/v1/track", track("ada", "k1"), {"Authorization": f"Basic {basic}"})[0] == 200
        assert door.post("/v1/track", track("ada", "k2"), {"X-Write-Key": other})[0] == 200
        assert door.post("/v1/track", track("ada", "k3", writeKey=key))[0] == 200
        for wrong in ("Basic !!", "Bearer x", f"Basic {base64.b64encode(b'guess:').decode()}"):
            assert door.post("/v1/track", track("ada", "k4"), {"Authorization": wrong})[0] == 401
        listed = json.loads(shop.run("keys", "list", "--format", "json").stdout)["keys"]
        assert [one["source"] for one in listed] == ["shop", "desk"]
        for one in listed:
            shop.run("keys", "revoke", one["id"])
        until(lambda: door.post("/v1/track", track("ada", "k5"), {"X-Write-Key": other})[0] == 401)
        assert door.history() == [("ada", "Signed Up")] * 3


def test_others_can_reach_it_only_with_keys_and_a_port_in_use_is_told(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", "http: { host: 0.0.0.0, port: 0 }\n")
    shop.run("apply")
    refused = shop.run("run", expect=1)
    assert "keys create" in refused.stderr
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        config = shop.folder / "config.yaml"
        port = taken.getsockname()[1]
        config.write_text(config.read_text().replace("host: 0.0.0.0, port: 0", f"port: {port}"))
        refused = shop.run("run", expect=1)
        assert f"127.0.0.1:{port}" in refused.stderr
        assert "Traceback" not in refused.stderr
