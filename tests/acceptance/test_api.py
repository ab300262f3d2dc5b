"""The admin API on a running daemon: the curl lines of docs/api.md, who gets in, what is done once, and
whatever schemathesis thinks of."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.web.api.door import LARGEST
from engine.web.api.openapi import WITH_DESCRIPTION
from tests.acceptance.test_daemon_processes import Shop, until
from tests.acceptance.test_ingestion import Door, listening

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "api.md"
JSON = {"Content-Type": "application/json"}


class Api:
    """A client that may do everything, unless it is told to use another key."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.key = self.key_for("all")

    def key_for(self, *scopes: str) -> str:
        named = [word for scope in scopes for word in ("--scope", scope)]
        return self.door.shop.run("keys", "create", "--admin", "--source", "tests", *named).stdout.strip()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, JSON, headers in lower case."""
        given = {
            "Authorization": f"Bearer {key or self.key}",
            **(JSON if body is not None else {}),
            **(headers or {}),
        }
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        with closing(http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=30)) as connection:
            connection.request(method, f"/api/v1{path}", raw, given)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, json.loads(answer.read() or b"null"), told


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop", "http: { port: 0 }\n")
    shop.run("apply")
    with listening(shop) as door:
        api = Api(door)
        assert api.ask("GET", "/contacts")[0] == 200
        yield api


# --- the how-to ------------------------------------------------------------------------------------


def test_the_lines_of_the_how_to_do_what_it_says(api: Api, tmp_path: Path) -> None:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("docs/api.md is about curl and a shell, and this machine lacks one of them")
    runner = f'"{sys.executable}" "{ROOT / "runner.py"}" --workspace "{api.door.shop.folder}"'
    script = [
        "set -euo pipefail",
        f'journeys() {{ {runner} "$@"; }}',
        'curl() { command curl -sS --fail-with-body "$@" | tee -a answers; echo >> answers; }',
    ]
    wanted: list[Any] = []
    for block in re.findall(r"^```sh\n(.*?)^```", HOW_TO.read_text(), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("# "):
                wanted[-1] = json.loads(line[2:])
            else:
                wanted += [None] * line.startswith("curl")
        script.append(block)
    text = "\n".join(script).replace("http://127.0.0.1:8080", api.door.address)
    done = subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in (tmp_path / "answers").read_text().splitlines() if line]
    assert len(answers) == len(wanted) > 10
    assert [a if w is not None else None for a, w in zip(answers, wanted, strict=True)] == wanted


# --- who gets in -----------------------------------------------------------------------------------


@pytest.mark.parametrize("call", WITH_DESCRIPTION, ids=lambda call: call.name)
def test_nobody_gets_in_without_a_key_or_without_the_scope(api: Api, call: Any) -> None:
    path = call.path.format(contact="ann", journey="welcome", channel="email", address="a@b.example")
    for given in ("", "Bearer", "Bearer nonsense", f"Basic {api.key}", api.key):
        status, told, headers = api.ask(call.method, path, headers={"Authorization": given})
        assert (status, told["code"]) == (401, "unauthorized")
        assert headers["www-authenticate"].startswith("Bearer")
    if call.scope is None:
        return
    other = _key_without(api, call.scope)
    status, told, _ = api.ask(call.method, path, key=other)
    assert (status, told["detail"]) == (403, f"This key has not the scope {call.scope}.")


_OTHERS: dict[str, str] = {}


def _key_without(api: Api, scope: str) -> str:
    """A key for something else."""
    other = "messages:read" if scope != "messages:read" else "journeys:read"
    if other not in _OTHERS:
        _OTHERS[other] = api.key_for(other)
    return _OTHERS[other]


def test_a_write_key_opens_nothing_and_what_is_nowhere_is_told_to_nobody(api: Api) -> None:
    key = api.door.shop.run("keys", "create", "--source", "shop").stdout.strip()
    assert api.ask("GET", "/contacts", key=key)[0] == 401
    assert api.ask("GET", "/nowhere", key="nobody")[0] == 401
    assert api.ask("GET", "/nowhere")[0] == 404
    assert api.ask("DELETE", "/contacts")[2]["allow"] == "GET"


def test_a_revoked_key_opens_nothing(api: Api) -> None:
    key = api.key_for("contacts:read")
    assert api.ask("GET", "/contacts", key=key)[0] == 200
    listed = json.loads(api.door.shop.run("keys", "list", "--format", "json").stdout)["keys"]
    mine = next(one for one in listed if one["scopes"] == ["contacts:read"])
    api.door.shop.run("keys", "revoke", mine["id"])
    until(lambda: api.ask("GET", "/contacts", key=key)[0] == 401)


def test_the_database_holds_no_key(api: Api) -> None:
    text = (api.door.shop.folder / "journeys.db").read_bytes()
    assert api.key.encode() not in text


# --- what is done ----------------------------------------------------------------------------------


def test_an_id_may_be_anything(api: Api) -> None:
    for id, path in (("a/b", "a%2Fb"), ("Zoë 1", "Zo%C3%AB%201"), ("a%2Fb", "a%252Fb"), ("..", "%2E%2E")):
        assert api.ask("PUT", f"/contacts/{path}", {"plan": id})[0] == 200
        assert api.ask("GET", f"/contacts/{path}")[1]["contact"]["id"] == id
    assert api.ask("GET", "/contacts/nobody")[0] == 404
    status, told, _ = api.ask("PUT", "/contacts/a%0Ab", {})
    assert (status, told["code"]) == (422, "unprocessable")
    assert api.ask("PUT", "/contacts/%FF", {})[0] == 404


def test_a_list_comes_whole_page_by_page_while_others_are_added(api: Api) -> None:
    ids = [f"page-{number}" for number in range(7)]
    for id in ids:
        api.ask("PUT", f"/contacts/{id}", {})
    seen: list[str] = []
    cursor = ""
    while True:
        _, told, _ = api.ask("GET", f"/contacts?limit=3&cursor={cursor}")
        seen += [one["id"] for one in told["contacts"]]
        api.ask("PUT", f"/contacts/late-{len(seen)}", {}) if len(seen) < 9 else None
        if told["next"] is None:
            break
        cursor = told["next"]
    assert [id for id in seen if id.startswith("page-")] == ids
    assert len(set(seen)) == len(seen)
    for number in range(5):
        at = {"contact": "page-1", "event": "Seen", "timestamp": f"2026-01-0{number // 2 + 1}T00:00:00Z"}
        api.ask("POST", "/events", {**at, "message_id": f"seen-{number}"})
    _, first, _ = api.ask("GET", "/contacts/page-1/events?limit=3")
    _, rest, _ = api.ask("GET", f"/contacts/page-1/events?limit=3&cursor={first['next']}")
    events = [one["message_id"] for one in first["events"] + rest["events"] if one["event"] == "Seen"]
    assert events == ["seen-4", "seen-3", "seen-2", "seen-1", "seen-0"]
    assert rest["next"] is None


def test_what_is_told_reaches_the_journeys(api: Api) -> None:
    """An event lets somebody in, and the daemon sends; what is asked later tells of it."""
    api.ask("PUT", "/contacts/eve", {"email": "eve@shop.example"})
    told = {"contact": "eve", "event": "Signed Up", "message_id": "eve-1"}
    assert api.ask("POST", "/events", told)[1] == {"message_id": "eve-1", "duplicate": False}
    assert api.ask("POST", "/events", told)[1] == {"message_id": "eve-1", "duplicate": True}
    until(lambda: _state(api, "eve") == "sent")
    _, detail, _ = api.ask("GET", "/contacts/eve")
    assert [(one["journey"], one["step"]) for one in detail["enrollments"]] == [("welcome", "pause")]
    _, why, _ = api.ask("GET", "/contacts/eve/why?step=letter")
    assert [message["state"] for story in why["stories"] for message in story["messages"]] == ["sent"]
    assert api.ask("DELETE", "/journeys/welcome/enrollments/eve")[1] == {"left": 1}
    assert api.ask("DELETE", "/journeys/welcome/enrollments/eve")[0] == 404


def test_two_contacts_become_one(api: Api) -> None:
    """Told twice with one key it is done once; the old id goes on to answer."""
    api.ask("PUT", "/contacts/uma", {"email": "uma@shop.example"})
    for contact in ("uma", "uma-2"):
        api.ask("POST", "/events", {"contact": contact, "event": "Seen", "message_id": f"{contact}-seen"})
    status, done, _ = api.ask("POST", "/contacts/uma/merge", {"from": "uma-2"})
    assert (status, done["merged"], done["came"]["events"]) == (200, True, 1)
    assert api.ask("POST", "/contacts/uma/merge", {"from": "uma-2"})[1]["merged"] is False
    assert api.ask("GET", "/contacts/uma-2")[1]["contact"]["id"] == "uma"
    events = api.ask("GET", "/contacts/uma-2/events")[1]["events"]
    assert [one["event"] for one in events].count("Seen") == 2
    assert api.ask("POST", "/contacts/uma/merge", {"from": "nobody"})[0] == 404


def _state(api: Api, contact: str) -> str:
    found = api.ask("GET", f"/messages?contact={contact}")[1]["messages"]
    return str(found[0]["state"]) if found else ""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"email": 5}', 400),
        (b'{"email": "no address"}', 400),
        (b'{"topics": {"news": "yes"}}', 400),
        (b'{"a": NaN}', 400),
        (b'{"a": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"id": "another"}', 422),
        (b'{"history": []}', 422),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", 422),
        (b'{"a": "' + b"x" * 40_000 + b'"}', 422),
        (b'{"a": "' + b"x" * LARGEST + b'"}', 413),
    ],
    ids=range(14),
)
def test_what_cannot_be_taken_is_told(api: Api, body: bytes, status: int) -> None:
    found, told, headers = api.ask("PUT", "/contacts/odd", body)
    assert (found, told["status"]) == (status, status)
    assert headers["content-type"] == "application/problem+json"
    assert "Traceback" not in told["detail"]
    assert api.ask("GET", "/contacts/odd")[0] == 404


def test_only_json_is_read(api: Api) -> None:
    assert api.ask("PUT", "/contacts/x", b"a=b", {"Content-Type": "text/plain"})[0] == 415
    assert api.ask("GET", "/contacts?limit=1&limit=2")[0] == 400
    assert api.ask("GET", "/contacts?nonsense=1")[0] == 400
    assert api.ask("GET", "/contacts?cursor=!!")[0] == 422


def test_whoever_was_erased_stays_out_and_is_left_alone(api: Api) -> None:
    yes = {"email": "gone@shop.example", "topics": {"news": True}, "consent_source": "fair"}
    api.ask("PUT", "/contacts/gone", yes)
    _, known, _ = api.ask("GET", "/contacts/gone/export")
    assert known["consents"][0]["source"] == "fair"
    _, told, _ = api.ask("DELETE", "/contacts/gone")
    assert told["rows"]["contact"] == 1
    assert api.ask("GET", "/contacts/gone")[0] == 404
    assert api.ask("DELETE", "/contacts/gone")[0] == 404
    for method, path, body in (
        ("PUT", "/contacts/gone", {"plan": "gold"}),
        ("PUT", "/contacts/other", {"email": "GONE@shop.example"}),
        ("POST", "/events", {"contact": "gone", "event": "Signed Up"}),
    ):
        status, told, _ = api.ask(method, path, body, {"Idempotency-Key": f"gone-{path[1:]}"})
        assert (status, told["detail"].partition(".")[0]) == (409, "this person was erased")
    assert api.ask("GET", "/contacts/gone")[0] == 404
    address = "/suppressions/email/gone%40shop.example"
    assert api.ask("DELETE", address)[0] == 409
    assert api.ask("DELETE", f"{address}?allow_erased=true")[1] == {"reason": "erased"}
    assert api.ask("DELETE", address)[0] == 404
    assert api.ask("DELETE", "/suppressions/fax/gone%40shop.example")[0] == 404


def test_the_record_of_consent_names_the_key_where_no_source_is_told(api: Api) -> None:
    api.ask("PUT", "/contacts/yes", {"topics": {"news": True}})
    (said,) = api.ask("GET", "/contacts/yes/export")[1]["consents"]
    assert said["source"].startswith("tests (key ")


def test_what_is_suppressed_is_listed_page_by_page(api: Api) -> None:
    for number in range(5):
        body = {"address": f"+41 79 00{number}", "channel": "sms"}
        assert api.ask("POST", "/suppressions", body)[1] == {"news": True}
        assert api.ask("POST", "/suppressions", body)[1] == {"news": False}
    found, cursor = [], ""
    while cursor is not None:
        _, told, _ = api.ask("GET", f"/suppressions?limit=2&cursor={cursor}")
        found += [one["address"] for one in told["suppressions"] if one["channel"] == "sms"]
        cursor = told["next"]
    assert sorted(found) == [f"+41 79 00{number}" for number in range(5)]
    assert api.ask("POST", "/suppressions", {"address": "no address"})[0] == 422


# --- twice is once ---------------------------------------------------------------------------------


def test_the_same_request_again_gets_the_same_answer(api: Api) -> None:
    again = {"Idempotency-Key": "put-1"}
    first = api.ask("PUT", "/contacts/once", {"plan": "gold"}, again)
    assert first[1] == {"created": True}
    second = api.ask("PUT", "/contacts/once", {"plan": "gold"}, again)
    assert second[:2] == (200, {"created": True})
    assert (first[2].get("idempotency-replayed"), second[2]["idempotency-replayed"]) == (None, "true")
    assert api.ask("PUT", "/contacts/once", {"plan": "silver"}, again)[0] == 422
    assert api.ask("PUT", "/contacts/other", {"plan": "gold"}, again)[0] == 422
    assert api.ask("GET", "/contacts/once")[1]["contact"]["plan"] == "gold"
    assert api.ask("PUT", "/contacts/once", {}, {"Idempotency-Key": "ü"})[0] == 400
    other = api.key_for("contacts:write")  # another's keys are their own
    assert api.ask("PUT", "/contacts/other", {}, again, key=other)[1] == {"created": True}


def test_what_was_refused_may_come_again(api: Api) -> None:
    again = {"Idempotency-Key": "patch-1"}
    assert api.ask("PATCH", "/contacts/later", {"plan": "gold"}, again)[0] == 404
    api.ask("PUT", "/contacts/later", {})
    assert api.ask("PATCH", "/contacts/later", {"plan": "gold"}, again)[1] == {"created": False}


def test_of_many_at_once_one_is_done(api: Api) -> None:
    api.ask("PUT", "/contacts/crowd", {"email": "crowd@shop.example"})
    body, again = {"contact": "crowd", "event": "Ordered"}, {"Idempotency-Key": "crowd-1"}
    found: list[tuple[int, Any]] = []
    threads = [
        threading.Thread(target=lambda: found.append(api.ask("POST", "/events", body, again)[:2]))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in found} <= {200, 409}
    assert len({told["message_id"] for status, told in found if status == 200}) == 1
    _, history, _ = api.ask("GET", "/contacts/crowd/events")
    assert [one["event"] for one in history["events"]].count("Ordered") == 1


# --- too much at once --------------------------------------------------------------------------------


def test_past_a_bound_callers_are_told_to_come_again(api: Api) -> None:
    """While another process holds the database, so many may wait, and the rest hear it at once."""
    found: list[tuple[int, Mapping[str, str]]] = []

    def put(number: int) -> None:
        status, _, headers = api.ask("PUT", f"/contacts/many-{number}", {})
        found.append((status, headers))

    threads = [threading.Thread(target=put, args=[number]) for number in range(90)]
    with closing(sqlite3.connect(api.door.shop.folder / "journeys.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for thread in threads:
            thread.start()
        until(lambda: bool(found))
        other.execute("ROLLBACK")
    for thread in threads:
        thread.join()
    busy = [headers for status, headers in found if status == 429]
    assert busy
    assert {headers["retry-after"] for headers in busy} == {"1"}
    assert {status for status, _ in found} <= {200, 429}
    assert api.ask("PUT", "/contacts/many-1", {})[0] == 200


# --- whatever else there may be -----------------------------------------------------------------------


@pytest.mark.acceptance
def test_schemathesis_finds_nothing(api: Api, tmp_path: Path) -> None:
    """All its checks, with data that fits the description, data that does not, and calls in sequence."""
    api.ask("POST", "/journeys/welcome/resume")
    api.ask("PUT", "/contacts/ann", {"email": "ann@shop.example"})
    (tmp_path / "schemathesis.toml").write_text(
        # What fits the description may still not be possible: an unknown id, a key that came before.
        '[checks.positive_data_acceptance]\nexpected-statuses = ["2xx", 404, 409, 422]\n'
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(ROOT / "schemas" / "openapi.json")),
            *("--url", f"{api.door.address}/api/v1", "-H", f"Authorization: Bearer {api.key}"),
            *("--checks", "all", "--max-examples", "5", "--seed", "1", "--continue-on-failure"),
            *("--no-color", "--warnings", "off"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert f"Tested: {len(WITH_DESCRIPTION)}" in done.stdout
