"""A daemon over several channels, against providers that answer oddly: each fate, and that of the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from engine.channels.capture import CaptureChannel
from engine.channels.http.settings import HttpSettings
from engine.channels.table import ChannelSettings, open_channel
from engine.service.daemon import Daemon
from engine.store.database import Store
from tests.support.http_server import Provider, Reply
from tests.support.shops import START, Shop, journey

TEXTS = journey(
    "texts",
    """\
trigger: { event: A }
re_entry: always
defaults: { topic: news }
steps:
  - { id: text, send: sms, body: "Hello {{ contact.nick | default: 'you' }}" }
  - { id: mail, send: email, subject: Hello, body: Good to see you. }
  - id: hook
    send: webhook
    to: crm
    body: '{ "who": "{{ contact.id }}", "total": "{{ trigger.n }}", "note": "{{ contact.nick }} bought" }'
""",
)
YES = {"phone": "+41 79 123 45 67", "consents": {"sms": True}, "attributes": {"nick": 'Ada", "x": "'}}


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def daemon_of(shop: Shop, **ways: Provider) -> Daemon:
    """Mail is captured; the given channels go to their providers, the others are captured too."""
    http = {
        channel: {
            "crm" if channel == "webhook" else "": HttpSettings(
                one.url,
                body=None if channel == "webhook" else {"to": "{{ to }}", "text": "{{ text }}"},
                allow=("127.0.0.1",),
                timeout=2.0,
            )
        }
        for channel, one in ways.items()
    }
    settings = ChannelSettings(shop.folder / "captured", http=http)
    daemon = Daemon(
        shop.store,
        CaptureChannel(shop.folder / "captured"),
        shop.limits,
        clock=shop.clock,
        ways=lambda name: open_channel(name, "http" if name in ways else "capture", settings),
    )
    shop._daemons.append(daemon)
    return daemon


def released(shop: Shop) -> None:
    shop.apply(texts=TEXTS)
    shop.known("ada", **YES)
    shop.does("A", "ada", n=180)
    assert [state for _, state, _ in shop.states()] == ["ready"] * 3


def test_each_message_goes_its_own_way(shop: Shop) -> None:
    released(shop)
    with Provider() as sms, Provider() as crm:
        daemon_of(shop, sms=sms, webhook=crm).until_idle()
    assert [state for _, state, _ in shop.states()] == ["sent"] * 3
    assert [json.loads(one.body) for one in sms.requests] == [
        {"to": "+41791234567", "text": 'Hello Ada", "x": "'}
    ]
    assert [json.loads(one.body) for one in crm.requests] == [
        {"who": "ada", "total": 180, "note": 'Ada", "x": " bought'}
    ]
    text = shop.outbox()[0].message
    assert sms.requests[0].headers["idempotency-key"] == text.message_id.partition("@")[0]
    assert text.subject == 'Hello Ada", "x": "'
    assert len(list((shop.folder / "captured").glob("*.eml"))) == 1


def test_what_nothing_is_configured_for_is_captured_in_files_that_people_can_read(shop: Shop) -> None:
    released(shop)
    daemon_of(shop).until_idle()
    files = {file.name.rpartition("-")[2][16:]: file for file in (shop.folder / "captured").iterdir()}
    assert set(files) == {".eml", ".sms.txt", ".webhook.json"}
    assert files[".sms.txt"].read_text(encoding="utf-8").endswith('\n\nHello Ada", "x": "')
    assert files[".sms.txt"].read_text(encoding="utf-8").startswith("To: +41791234567\n")
    assert json.loads(files[".webhook.json"].read_bytes())["total"] == 180


def test_429_waits_as_long_as_asked_and_the_others_go_on(shop: Shop) -> None:
    released(shop)
    with Provider([Reply(429, {"Retry-After": "7200"}), Reply()]) as sms:
        daemon_of(shop, sms=sms).until_idle()
        waiting = shop.outbox()[0]
        assert (waiting.message.state, waiting.attempts) == ("deferred", 1)
        assert waiting.next_try_at == START + timedelta(hours=2)
        assert [state for _, state, _ in shop.states()] == ["deferred", "sent", "sent"]


def test_a_number_that_does_not_exist_bounces_and_nobody_else(shop: Shop) -> None:
    released(shop)
    with Provider([Reply(400, {}, b"no such number")]) as sms:
        daemon_of(shop, sms=sms).until_idle()
    assert [state for _, state, _ in shop.states()] == ["bounced", "sent", "sent"]
    assert shop.outbox()[0].reply == "400 no such number"


def test_a_login_that_is_refused_bounces_nobody_and_pauses_only_its_channel(shop: Shop) -> None:
    released(shop)
    with Provider([Reply(401), Reply()]) as sms:
        daemon = daemon_of(shop, sms=sms)
        daemon.until_idle()
        assert [state for _, state, _ in shop.states()] == ["ready", "sent", "sent"]
        assert daemon.paused_until is not None
        shop.clock.at = daemon.paused_until
        daemon.until_idle()
        assert [state for _, state, _ in shop.states()] == ["sent"] * 3


def test_a_provider_that_hangs_delays_no_mail(shop: Shop) -> None:
    """Both leave in one round, side by side: the mail is there while the text still waits for its answer."""
    released(shop)
    arrived: list[float] = []

    class Noting(CaptureChannel):
        async def deliver(self, parcel, may_go):  # type: ignore[no-untyped-def]
            receipt = await super().deliver(parcel, may_go)
            arrived.append(monotonic())
            return receipt

    with Provider([Reply(hangs=True)]) as sms:
        daemon = daemon_of(shop, sms=sms)
        daemon.channel = Noting(shop.folder / "captured")
        started = monotonic()
        daemon.send_once()
        took = monotonic() - started
    assert took >= 2.0, "the text waited for its answer"
    assert len(arrived) == 1
    assert arrived[0] - started < 1.5
    assert [(step, reason) for step, _, reason in shop.states()] == [
        ("text", "line_broke_after_data"),
        ("mail", None),
        ("hook", None),
    ]


def test_consent_is_asked_once_more_just_before_a_text_leaves(shop: Shop) -> None:
    released(shop)
    shop.take(shop.told("ada", consents={"sms": False}))
    with Provider() as sms:
        daemon_of(shop, sms=sms).until_idle()
    assert sms.requests == []
    assert shop.states()[0] == ("text", "dropped", "no_consent")


def test_a_number_that_is_none_is_failed_and_told(shop: Shop) -> None:
    shop.apply(texts=TEXTS)
    shop.known("ada", **{**YES, "phone": "ask Ben"})
    shop.does("A", "ada", n=180)
    with Provider() as sms:
        daemon_of(shop, sms=sms).until_idle()
    assert shop.states()[0] == ("text", "failed", "render_failed")
    assert "is not a phone number" in (shop.outbox()[0].reply or "")


def test_what_waited_before_a_restart_leaves_though_nobody_uses_the_channel_now(
    shop: Shop,
) -> None:
    released(shop)
    shop.apply(texts=TEXTS.replace('send: sms, body: "Hello', 'send: email, subject: Hi, body: "Hello'))
    with Provider() as sms:
        daemon = daemon_of(shop, sms=sms)
        daemon.begin()
        daemon.until_idle()
        daemon.end()
    assert len(sms.requests) == 1
