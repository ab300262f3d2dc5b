"""Web pages that send events: with a key any may, without keys none of another origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.acceptance.test_daemon_processes import Shop
from tests.acceptance.test_ingestion import Door, key_of, listening, track


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop", "http: { port: 0 }\n")
    shop.run("apply")
    with listening(shop) as door:
        yield door


def headers_of(door: Door, plain: Mapping[str, str]) -> dict[str, str]:
    return {name: value.replace("HERE", f"127.0.0.1:{door.port}") for name, value in plain.items()}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://[::1"},
        {"Origin": "http://rebound.example:80", "Host": "rebound.example:80"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://HERE"},
    ],
)
def test_without_keys_no_page_of_another_origin_may_send(door: Door, headers: dict[str, str]) -> None:
    sent = headers_of(door, headers)
    status, said, told = door.post("/v1/track", track("victim", "v1"), sent)
    assert status == 403
    assert "journeys keys create" in said["detail"]
    assert "access-control-allow-origin" not in told
    assert "victim" not in {contact for contact, _ in door.history()}


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://HERE"}],
)
def test_everybody_else_on_this_machine_may(door: Door, headers: dict[str, str]) -> None:
    assert door.post("/v1/track", track("here", str(headers)), headers_of(door, headers))[0] == 200


def test_with_a_key_a_page_of_any_origin_may_send(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", "http: { port: 0 }\n")
    shop.run("apply")
    page = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    key = key_of(shop)
    with listening(shop) as door:
        status, _, told = door.ask("OPTIONS", "/v1/track", {**page, "Access-Control-Request-Method": "POST"})
        assert (status, told["access-control-allow-origin"]) == (204, "*")
        assert "authorization" in told["access-control-allow-headers"]
        assert "POST" in told["access-control-allow-methods"]
        status, _, told = door.post("/v1/track", track("ada", "p1", writeKey=key), page)
        assert (status, told["access-control-allow-origin"]) == (200, "*")
        status, _, told = door.post("/v1/track", track("ada", "p2", writeKey="guess"), page)
        assert (status, told["access-control-allow-origin"]) == (401, "*"), "the page can read why"
        assert door.history() == [("ada", "Signed Up")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_events_come_by_post_alone(door: Door, method: str) -> None:
    status, said, told = door.ask(method, "/v1/batch", {})
    assert (status, said["code"]) == (405, "method_not_allowed")
    assert "POST" in told["allow"]
