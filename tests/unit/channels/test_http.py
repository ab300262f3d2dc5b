"""Channels over HTTP: what is sent, what each answer means, and which addresses are never called."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from engine.channels.capture import CaptureChannel
from engine.channels.http.channel import EndpointsChannel, ProviderChannel
from engine.channels.http.guard import is_refused, read_network
from engine.channels.http.settings import HttpSettings
from engine.channels.http.verdicts import retry_after
from engine.errors import UsageError
from engine.model.message import Parcel, Receipt
from tests.support.http_server import Provider, Reply
from tests.support.parcels import deliver, yes

BODY = {"from": "Shop", "to": "{{ to }}", "content": [{"text": "{{ text }}", "n": 1}], "id": "{{ id }}"}
SECRET = "whsec_" + b64encode(bytes(range(24))).decode()


def sms(text: str = "Your cart waits", to: str = "+41791234567", key: int = 1) -> Parcel:
    return Parcel(key, "", to, text.encode(), f"m{key}")


def settings(provider: Provider, **more: Any) -> HttpSettings:
    return HttpSettings(provider.url, **({"body": BODY, "allow": ("127.0.0.1",), "timeout": 5.0} | more))


def carried(provider: Provider, *parcels: Parcel, **more: Any) -> list[Receipt]:
    async def scenario() -> list[Receipt]:
        return await deliver(ProviderChannel("sms", settings(provider, **more)), parcels)

    return asyncio.run(scenario())


def answer_to(reply: Reply, **more: Any) -> Receipt:
    with Provider([reply]) as provider:
        return carried(provider, sms(), **more)[0]


# --- what is sent


def test_the_request_is_the_one_that_the_config_describes() -> None:
    with Provider() as provider:
        carried(provider, sms(), method="PUT", headers={"Authorization": "Bearer x", "User-Agent": "shop"})
    [request] = provider.requests
    assert (request.method, request.path) == ("PUT", "/send")
    assert request.headers["authorization"] == "Bearer x"
    assert request.headers["user-agent"] == "shop"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "m1"
    assert json.loads(request.body) == {
        "from": "Shop",
        "to": "+41791234567",
        "content": [{"text": "Your cart waits", "n": 1}],
        "id": "m1",
    }


@pytest.mark.parametrize(
    "text", ['", "to": "+4900", "x": "', "\\", "{{ to }}", "line\nbreak", "\u2028", "😀", "</script>", "\x00"]
)
def test_a_value_is_data_and_never_json(text: str) -> None:
    with Provider() as provider:
        carried(provider, sms(text))
    sent = json.loads(provider.requests[0].body)
    assert sent["content"] == [{"text": text, "n": 1}]
    assert sent["to"] == "+41791234567"


def test_a_form_is_a_form() -> None:
    with Provider() as provider:
        carried(provider, sms("a&To=b ü"), format="form", body={"To": "{{ to }}", "Body": "{{ text }}"})
    assert provider.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert provider.requests[0].body == b"To=%2B41791234567&Body=a%26To%3Db+%C3%BC"


def test_a_webhook_is_signed_as_the_standard_says() -> None:
    """The sum is made anew here, by the text of the standard."""
    with Provider() as provider:
        carried(provider, sms('{"a": 1}'), body=None, secret=SECRET)
    [request] = provider.requests
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    version, _, signature = headers["webhook-signature"].partition(",")
    assert version == "v1"
    assert b64decode(signature) == hmac.digest(bytes(range(24)), signed, sha256)
    assert request.body == b'{"a": 1}'
    assert headers["webhook-id"] == "m1"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


# --- what an answer means


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, "sent") for status in (200, 201, 202, 204, 299)),
        *((status, "deferred") for status in (408, 425, 429, 500, 502, 503, 504)),
        *((status, "relay_fault") for status in (301, 302, 307, 308, 401, 403)),
        *((status, "bounced") for status in (400, 404, 410, 413, 422)),
    ],
)
def test_each_status_has_its_meaning(status: int, kind: str) -> None:
    receipt = answer_to(Reply(status, {"Location": "http://127.0.0.1:1/"}, b"" if status == 204 else b"why"))
    assert (receipt.kind, receipt.code) == (kind, status)


def test_a_redirect_is_not_followed() -> None:
    with Provider() as inside, Provider([Reply(307, {"Location": inside.url})]) as provider:
        [receipt] = carried(provider, sms())
    assert "redirects are not followed" in receipt.text
    assert inside.requests == []


def test_after_429_the_way_rests_as_long_as_asked_and_nobody_is_called() -> None:
    with Provider([Reply(429, {"Retry-After": "120"})]) as provider:
        first, second = carried(provider, sms(), sms(key=2))
    assert (first.kind, first.retry_after) == ("deferred", 120)
    assert second.kind == "deferred"
    assert second.retry_after is not None
    assert 100 < second.retry_after <= 120
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("7", 7),
        ("Sat, 28 Mar 2026 20:01:00 GMT", 60),
        ("Sat, 28 Mar 2026 19:00:00 GMT", 0),
        ("99999999", 86_400),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(written: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": written}, datetime(2026, 3, 28, 20, 0, tzinfo=UTC)) == seconds


def test_what_left_and_got_no_answer_is_unsure_and_what_did_not_leave_is_safe_to_repeat() -> None:
    assert answer_to(Reply(hangs=True), timeout=1.0).kind == "unsure"
    assert answer_to(Reply(breaks=True)).kind == "unsure"
    with Provider() as provider:
        closed = settings(provider)
    [receipt] = asyncio.run(deliver(ProviderChannel("sms", closed), [sms()]))
    assert (receipt.kind, receipt.phase) == ("deferred", "connect")


def test_words_of_a_provider_are_one_short_line() -> None:
    receipt = answer_to(Reply(400, {}, b"no\r\nsuch\x1b[31m number" + b"!" * 9000))
    assert receipt.text.startswith("no such [31m number!!")
    assert len(receipt.text) <= 300


# --- endpoints


def endpoints(tmp_path: Any, **ways: HttpSettings) -> EndpointsChannel:
    captured = CaptureChannel(tmp_path, ending=".webhook.json")
    return EndpointsChannel("webhook", ways, captured)


def test_one_endpoints_fault_is_not_the_others(tmp_path: Any) -> None:
    with Provider([Reply(401)]) as locked, Provider() as open_, Provider([Reply(302)]) as moved:
        ways = {"locked": locked, "open": open_, "moved": moved}
        channel = endpoints(tmp_path, **{name: settings(one, body=None) for name, one in ways.items()})
        receipts = asyncio.run(deliver(channel, [sms("{}", to=name, key=3) for name in ways]))
    assert [receipt.kind for receipt in receipts] == ["deferred", "sent", "bounced"]


def test_what_no_endpoint_is_configured_for_is_captured(tmp_path: Any) -> None:
    [receipt] = asyncio.run(deliver(endpoints(tmp_path), [sms('{"a": 1}', to="crm")]))
    assert receipt.kind == "sent"
    [file] = tmp_path.iterdir()
    assert (file.name[:4], file.read_bytes()) == ("crm-", b'{"a": 1}')


def test_an_endpoint_that_hangs_is_left_alone_afterwards(tmp_path: Any) -> None:
    with Provider([Reply(hangs=True)]) as slow, Provider() as quick:
        channel = endpoints(
            tmp_path, slow=settings(slow, body=None, timeout=1.0), quick=settings(quick, body=None)
        )
        parcels = [sms("{}", to="slow", key=key) for key in range(5)] + [sms("{}", to="quick", key=9)]
        receipts = asyncio.run(deliver(channel, parcels))
    assert [receipt.kind for receipt in receipts] == ["unsure", *["deferred"] * 4, "sent"]
    assert len(slow.requests) == 1


# --- addresses inside

INSIDE = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
    *("169.254.169.254", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001:db8::1"),
]
OUTSIDE = [
    "1.1.1.1",
    "93.184.216.34",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused(address: str) -> None:
    assert is_refused(address, [])


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_internet_may_be_called(address: str) -> None:
    assert not is_refused(address, [])


def test_what_is_allowed_by_name_may_be_called_and_nothing_beside_it() -> None:
    allowed = [read_network("10.1.0.0/16"), read_network("::1")]
    assert not is_refused("10.1.2.3", allowed)
    assert not is_refused("::ffff:10.1.2.3", allowed)
    assert not is_refused("::1", allowed)
    assert is_refused("10.2.0.1", allowed)
    assert is_refused("127.0.0.1", allowed)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "localhost", "[::ffff:127.0.0.1]", "0"]
)
def test_however_it_is_spelled_it_is_the_address_that_counts(host: str) -> None:
    with Provider() as provider:
        port = provider.url.rpartition(":")[2]
        ours = HttpSettings(f"http://{host}:{port}", body=BODY, allow=("10.0.0.0/8",))
        [receipt] = asyncio.run(deliver(ProviderChannel("sms", ours), [sms()]))
    assert receipt.kind == "relay_fault"
    assert "an address inside a network" in receipt.text
    assert provider.requests == []


def test_a_name_that_changes_its_mind_does_not_get_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """First outside, then inside: what is dialled is what was judged, each time anew."""
    answers = [["93.184.216.34", "127.0.0.1"], ["127.0.0.1"]]

    async def look_up(_: object, host: str, port: int, **__: object) -> list[Any]:
        assert host == "rebind.example"
        return [(2, 1, 6, "", (address, port)) for address in answers.pop(0)]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", look_up)
    with Provider() as provider:
        port = provider.url.rpartition(":")[2].partition("/")[0]
        ours = HttpSettings(f"http://rebind.example:{port}/", body=BODY, allow=("10.0.0.0/8",))
        receipts = asyncio.run(deliver(ProviderChannel("sms", ours), [sms(), sms(key=2)]))
    assert [receipt.kind for receipt in receipts] == ["relay_fault", "relay_fault"]
    assert provider.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x.example/",
        "http://x.example/",
        "https://",
        "https://u:p@x.example/",
        "x",
    ],
)
def test_an_address_that_can_never_work_is_refused_when_the_config_is_read(url: str) -> None:
    with pytest.raises(UsageError):
        HttpSettings(url)


def test_secrets_are_not_shown() -> None:
    shown = repr(
        HttpSettings("https://x.example/token", headers={"Authorization": "hunter2"}, secret="hunter3")
    )
    assert "hunter" not in shown
    assert "token" not in shown


def test_certificates_are_checked() -> None:
    """The other side speaks no TLS; what is encrypted is never sent in the clear instead."""
    with Provider() as provider:
        ours = replace(settings(provider), url=provider.url.replace("http:", "https:"))
        [receipt] = asyncio.run(deliver(ProviderChannel("sms", ours), [sms()], yes))
    assert (receipt.kind, receipt.phase) == ("deferred", "connect")
    assert provider.requests == []
