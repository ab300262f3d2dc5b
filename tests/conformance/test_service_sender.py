"""The sender against a real mail server that answers oddly: what becomes of each message and the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.model.message import MayGo, Parcel, Receipt
from engine.service.daemon import Daemon
from engine.store.database import Store
from engine.store.outbox import MessageUpdate, OnUnsure
from tests.support.scripted_smtp import (
    Action,
    Peer,
    ScriptedServer,
    behave,
    behave_and_close,
    close,
    hang,
    reset,
    say,
)
from tests.support.shops import START, Shop, journey, smtp

WELCOME = journey(
    "welcome",
    """\
trigger: { event: A }
re_entry: always
exit_when: [ { event: C } ]
defaults: { topic: news }
steps:
  - { id: letter, send: email, subject: Welcome, body: "Hello {{ contact.nick | default: 'you' }}." }
  - { id: pause, wait: 30 days }
""",
)
ONLY = WELCOME.replace("  - { id: pause, wait: 30 days }\n", "")


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


@contextmanager
def served(
    shop: Shop,
    script: Mapping[str, Action | Sequence[Action]] | None = None,
    on_unsure: OnUnsure = "resend",
    connections: int = 1,
) -> Iterator[tuple[Daemon, ScriptedServer]]:
    """A daemon that sends to a server with this script; it has ended before the server does."""
    with ScriptedServer(script) as server:
        daemon = shop.daemon(smtp(server.port, connections), on_unsure)
        yield daemon, server
        daemon.end()


def released(shop: Shop, *contacts: str, text: str = WELCOME) -> None:
    """One ready message for each."""
    shop.apply(welcome=text)
    shop.known(*contacts)
    shop.take(*(shop.event("A", contact) for contact in contacts or ("ada",)))
    assert {state for _, state, _ in shop.states()} == {"ready"}


def ids_of(server: ScriptedServer) -> list[str]:
    return [str(message_from_bytes(one.raw)["Message-ID"]) for one in server.accepted]


# --- what the server says ------------------------------------------------------------------------


def test_sent(shop: Shop) -> None:
    released(shop)
    with served(shop) as (daemon, server):
        daemon.until_idle()
        assert [one.recipients for one in server.accepted] == [("ada@shop.example",)]
    item = shop.message()
    assert (item.message.state, item.attempts, item.message.subject) == ("sent", 1, "Welcome")
    assert ids_of(server) == [f"<{item.message.message_id}>"]


def test_4xx_is_tried_again_by_the_schedule(shop: Shop) -> None:
    released(shop)
    script = {"rcpt": [say("451 4.3.0 later"), say("450 4.2.1 later")]}
    with served(shop, script) as (daemon, server):
        daemon.until_idle()
        first = shop.message()
        assert (first.message.state, first.message.reason, first.attempts) == ("deferred", "deferred", 1)
        assert first.reply == "451 4.3.0 later"
        assert first.next_try_at is not None
        assert timedelta(minutes=5) <= first.next_try_at - START <= timedelta(minutes=6)
        shop.clock.at = first.next_try_at - timedelta(seconds=1)
        daemon.until_idle()
        assert shop.message().attempts == 1, "not before its time"
        shop.clock.go(seconds=1)
        daemon.until_idle()
        second = shop.message()
        assert second.next_try_at is not None
        assert timedelta(minutes=7.5) <= second.next_try_at - shop.clock.at <= timedelta(minutes=9)
        shop.clock.at = second.next_try_at
        daemon.until_idle()
        assert (shop.message().message.state, shop.message().attempts) == ("sent", 3)
        assert len(server.accepted) == 1


def test_4xx_for_four_days_is_given_up(shop: Shop) -> None:
    released(shop)
    with served(shop, {"rcpt": [say("451 4.3.0 later")] * 100}) as (daemon, _):
        gaps = []
        for _ in range(60):
            daemon.until_idle()
            item = shop.message()
            if item.next_try_at is None:
                break
            gaps.append(item.next_try_at - shop.clock.at)
            shop.clock.at = item.next_try_at
    assert (item.message.state, item.message.reason) == ("failed", "gave_up")
    assert timedelta(days=3, hours=16) <= shop.clock.at - START <= timedelta(days=4)
    assert max(gaps) <= timedelta(hours=7.2)
    assert 15 <= len(gaps) <= 40


LISTENING = """\
trigger: { event: Message Bounced, where: { event.journey: welcome, event.step: letter, event.topic: news } }
re_entry: always
steps:
  - { id: pause, wait: 30 days }
  - { id: never, send: email, topic: news, subject: S, body: B, when: { bounced: welcome/letter } }
"""


def test_a_bounce_is_an_event_of_the_contact_told_once(shop: Shop) -> None:
    """What the world answers comes back as an event, so that journeys can begin with it and end by it."""
    leaving = WELCOME.replace("{ event: C }", "{ when: { bounced: letter, within: 1 day } }")
    shop.apply(listening=journey("listening", LISTENING))
    released(shop, "ada", "bob", text=leaving)
    with served(shop, {"rcpt": [say("550 5.1.1 no such user"), behave]}) as (daemon, _):
        daemon.until_idle()
    assert {one.journey: one.reason for one in shop.store.enrollments("ada")} == {
        "welcome": "exit",
        "listening": None,
    }
    assert [one.journey for one in shop.store.enrollments("bob")] == ["welcome"]


def test_a_bounce_that_is_tried_again_is_told_once(shop: Shop) -> None:
    """As after a crash between the event and its message."""
    shop.apply(listening=journey("listening", LISTENING))
    released(shop, "ada")
    with served(shop, {"rcpt": [say("550 5.1.1 no such user")]}) as (daemon, _):
        daemon.until_idle()
    before = shop.store.counts()["event"]
    bounced = shop.message("ada")
    with shop.store.page() as page:
        page.mark([MessageUpdate(bounced.message.id or 0, "ready")], shop.clock.now())
    with served(shop, {"rcpt": [say("550 5.1.1 no such user")]}) as (daemon, _):
        daemon.until_idle()
    assert shop.message("ada").message.state == "bounced"
    assert shop.store.counts()["event"] == before
    assert len(shop.store.enrollments("ada")) == 2


def test_5xx_bounces_this_message_and_no_other(shop: Shop) -> None:
    released(shop, "ada", "bob", "cem")
    with served(shop, {"rcpt": [behave, say("550 5.1.1 no such user")]}) as (daemon, server):
        daemon.until_idle()
        assert len(server.accepted) == 2
    states = {item.message.contact_id: (item.message.state, item.reply) for item in shop.outbox()}
    assert states["bob"] == ("bounced", "550 5.1.1 no such user")
    assert states["ada"][0] == states["cem"][0] == "sent"


@pytest.mark.parametrize(
    ("phase", "action"),
    [
        ("connect", say("554 5.7.1 go away")),
        ("ehlo", say("502 5.5.1 what")),
        ("mail", say("550 5.7.1 sender rejected")),
        ("mail", say("451 4.7.1 slow down")),
    ],
)
def test_a_relay_that_refuses_pauses_everything_bounces_nobody_and_is_said_once(
    shop: Shop, phase: str, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    released(shop, "ada", "bob")
    with served(shop, {phase: [action] * 3}) as (daemon, server):
        for _ in range(3):
            daemon.until_idle()
            daemon.until_idle()
            assert {state for _, state, _ in shop.states()} == {"ready"}
            paused_until = daemon.sender().paused_until
            assert paused_until is not None
            tried = len(server.commands)
            shop.clock.at = paused_until - timedelta(seconds=1)
            daemon.until_idle()
            assert len(server.commands) == tried, "left alone meanwhile"
            shop.clock.at = paused_until
        daemon.until_idle()
        assert [state for _, state, _ in shop.states()] == ["sent", "sent"]
    assert shop.clock.at - START == timedelta(seconds=30 + 60 + 120)
    said = [(record.levelno, record.message) for record in caplog.records if "relay" in record.message]
    assert [level for level, _ in said] == [logging.ERROR, logging.WARNING], (
        "when it began and when it was over"
    )
    assert "works again" in said[1][1]


def test_a_relay_that_cannot_be_reached_costs_no_message_a_try(shop: Shop) -> None:
    released(shop)
    with ScriptedServer() as server:
        port = server.port
    daemon = shop.daemon(smtp(port))
    daemon.until_idle()
    assert (shop.message().message.state, shop.message().attempts) == ("ready", 0)
    assert daemon.sender().is_paused()


# --- broken lines --------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", [close, reset, hang], ids=lambda action: action.__name__)
@pytest.mark.parametrize("phase", ["ehlo", "mail", "rcpt", "data"])
def test_a_line_that_breaks_before_the_body_loses_nothing(shop: Shop, phase: str, broken: Action) -> None:
    released(shop)
    with served(shop, {phase: broken}) as (daemon, server):
        daemon.until_idle()
        for _ in range(3):
            shop.clock.go(minutes=10)
            daemon.until_idle()
        assert len(server.accepted) == 1
    assert shop.message().message.state == "sent"


def test_after_the_dot_resend_sends_again_under_the_same_message_id(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """The server took it and its answer was lost: the one case in which a duplicate is possible."""
    released(shop)
    with served(shop, {"dot": [took_it_and_left]}) as (daemon, server):
        daemon.until_idle()
        item = shop.message()
        assert (item.message.state, item.message.reason) == ("deferred", "line_broke_after_data")
        assert item.next_try_at is not None
        assert item.next_try_at > START + timedelta(minutes=4)
        shop.clock.at = item.next_try_at
        daemon.until_idle()
        assert shop.message().message.state == "sent"
        assert ids_of(server) == [f"<{item.message.message_id}>"] * 2
    assert "may have it" in caplog.text


async def took_it_and_left(peer: Peer, usual: bytes) -> None:
    peer.said = b"250 "  # for the server it is accepted; the client never hears of it
    await close(peer, usual)


def test_after_the_dot_hold_leaves_it_to_people(shop: Shop) -> None:
    released(shop)
    with served(shop, {"dot": [close]}, on_unsure="hold") as (daemon, server):
        daemon.until_idle()
        shop.clock.go(days=5)
        daemon.until_idle()
        assert server.accepted == []
    item = shop.message()
    assert (item.message.state, item.message.reason, item.next_try_at) == (
        "unsure",
        "line_broke_after_data",
        None,
    )


def test_a_goodbye_after_acceptance_changes_nothing(shop: Shop) -> None:
    released(shop, "ada", "bob")
    with served(shop, {"dot": [behave_and_close]}) as (daemon, server):
        daemon.until_idle()
        assert len(server.accepted) == 2
    assert [state for _, state, _ in shop.states()] == ["sent", "sent"]


# --- the last look -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda shop: shop.take(shop.told(topics={"news": False})), "unsubscribed"),
        (lambda shop: shop.take(shop.told(consents={"email": False})), "no_consent"),
        (lambda shop: shop.take(shop.told(suppressed={"email": "complaint"})), "suppressed"),
        (lambda shop: shop.does("C"), "left"),
    ],
)
def test_what_changes_between_release_and_data_is_seen(
    shop: Shop, meanwhile: Callable[[Shop], None], reason: str
) -> None:
    released(shop)
    meanwhile(shop)
    with served(shop) as (daemon, server):
        daemon.until_idle()
        assert server.accepted == []
        assert "DATA" not in server.verbs()
    item = shop.message()
    assert (item.message.state, item.message.reason) == ("dropped", reason)
    assert (item.reply or "").startswith("just before DATA")


def test_even_when_it_changes_while_the_server_is_being_greeted(shop: Shop) -> None:
    """The question is asked between RCPT and DATA, not when the message is taken."""
    released(shop)

    async def unsubscribe_meanwhile(peer: Peer, usual: bytes) -> None:
        shop.take(shop.told(topics={"news": False}))
        await behave(peer, usual)

    with served(shop, {"rcpt": [unsubscribe_meanwhile]}) as (daemon, server):
        daemon.until_idle()
        assert server.accepted == []
    assert shop.states() == [("letter", "dropped", "unsubscribed")]


def test_who_completed_meanwhile_still_gets_it(shop: Shop) -> None:
    released(shop, text=ONLY)
    (enrollment,) = shop.store.enrollments("ada")
    assert enrollment.reason == "completed"
    with served(shop) as (daemon, _):
        daemon.until_idle()
    assert shop.states() == [("letter", "sent", None)]


def test_quiet_hours_that_began_meanwhile_hold_it_until_they_end(shop: Shop) -> None:
    text = WELCOME.replace("topic: news", "topic: news, quiet_hours: 21:00-08:00")
    released(shop, text=text)
    shop.clock.at = START + timedelta(hours=13)  # 22:00 in Zürich
    with served(shop) as (daemon, _):
        daemon.until_idle()
        item = shop.message()
        assert (item.message.state, item.message.reason) == ("deferred", "quiet_hours")
        assert item.next_try_at == START + timedelta(hours=23)  # 08:00
        shop.clock.at = START + timedelta(hours=23)
        daemon.until_idle()
    assert shop.states() == [("letter", "sent", None)]


def test_deferred_mail_is_not_tried_in_quiet_hours(shop: Shop) -> None:
    text = WELCOME.replace("topic: news", "topic: news, quiet_hours: 21:00-08:00")
    shop.clock.at = START + timedelta(hours=11, minutes=58)  # 20:58 in Zürich
    released(shop, text=text)
    with served(shop, {"rcpt": [say("451 4.3.0 later")]}) as (daemon, server):
        daemon.until_idle()
        shop.clock.go(minutes=6)
        daemon.until_idle()
        assert shop.message().message.reason == "quiet_hours"
        shop.clock.at = START + timedelta(hours=23)
        daemon.until_idle()
        assert len(server.accepted) == 1


def test_too_late_counts_until_the_first_try_only(shop: Shop) -> None:
    released(shop, "ada", "bob")
    with served(shop, {"rcpt": [say("451 4.3.0 later")]}) as (daemon, server):
        sender = daemon.sender()
        (ada,) = shop.store.claim_messages(START, sender.worker, 1)
        sender.loop().run_until_complete(sender._send_all([ada]))
        assert shop.message("ada").attempts == 1
        shop.clock.go(hours=73)
        daemon.until_idle()
        assert len(server.accepted) == 1
    assert shop.message("ada").message.state == "sent"
    assert (shop.message("bob").message.state, shop.message("bob").message.reason) == ("dropped", "too_late")


# --- marketing needs a way out -------------------------------------------------------------------


def test_marketing_without_an_unsubscribe_address_stays_and_the_rest_leaves(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    receipt = WELCOME.replace("id: letter", "id: receipt, transactional: true").replace("welcome", "thanks")
    shop.apply(thanks=receipt)
    shop.known("ada")
    with served(shop) as (daemon, server):
        daemon.may_market = False
        daemon.once()
        shop.apply(thanks=receipt, welcome=WELCOME)  # applied while the daemon runs
        shop.take(shop.event("A", "ada"))
        daemon.until_idle()
        assert {(step, state) for step, state, _ in shop.states()} == {
            ("letter", "ready"),
            ("receipt", "sent"),
        }
        assert len(server.accepted) == 1
        shop.clock.go(minutes=11)
        daemon.until_idle()
    said = [record.message for record in caplog.records if "do not leave" in record.message]
    assert len(said) == 1, "once, not at every round"
    assert "unsubscribe_mailto" in said[0]
    with served(shop) as (daemon, server):  # the address was set, and the daemon started anew
        shop.clock.go(minutes=11)
        daemon.until_idle()
        assert len(server.accepted) == 1
    assert {state for _, state, _ in shop.states()} == {"sent"}


# --- what cannot be rendered ---------------------------------------------------------------------


def test_one_percent_that_cannot_be_rendered_delays_nobody(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.apply(welcome=WELCOME.replace(" | default: 'you'", ""))
    people = [f"c{n}" for n in range(200)]
    shop.take(*(shop.told(id, attributes={} if id in ("c7", "c8") else {"nick": "N"}) for id in people))
    shop.take(*(shop.event("A", id) for id in people))
    with served(shop, connections=4) as (daemon, server):
        daemon.until_idle()
        assert len(server.accepted) == 198
        shop.take(*(shop.event("A", id) for id in people))
        daemon.until_idle()
    failed = [item for item in shop.outbox() if item.message.state == "failed"]
    assert {item.message.contact_id for item in failed} == {"c7", "c8"}
    assert {item.message.reason for item in failed} == {"render_failed"}
    assert all("nick" in (item.reply or "") for item in failed)
    said = [record.message for record in caplog.records if "do not leave" in record.message]
    assert len(said) == 1, "once, not at every round"
    assert said[0].startswith("2 messages of welcome/letter")
    assert shop.stands_at("c7") == ["pause"], "it never moves the enrollment"


def test_an_address_that_is_none_fails_alone(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.take(shop.told("ada", email="not an address"), shop.told("bob"))
    shop.take(shop.event("A", "ada"), shop.event("A", "bob"))
    with served(shop) as (daemon, server):
        daemon.until_idle()
        assert [one.recipients for one in server.accepted] == [("bob@shop.example",)]
    item = shop.message("ada")
    assert (item.message.state, item.message.reason) == ("failed", "render_failed")
    assert "not an address" in (item.reply or "")


def test_a_message_whose_version_is_gone_fails_in_words(shop: Shop) -> None:
    released(shop)
    with shop.store.page() as page:
        page._link.run("DELETE FROM journey_version")
        page.set_journey("welcome", "live", None, START)
    with served(shop) as (daemon, _):
        daemon.until_idle()
    item = shop.message()
    assert (item.message.state, item.reply) == ("failed", "its version is not in the database any more")


def test_it_goes_out_as_the_version_that_released_it(shop: Shop) -> None:
    released(shop)
    shop.apply(welcome=WELCOME.replace("subject: Welcome", "subject: Bonjour"))
    with served(shop) as (daemon, _):
        daemon.until_idle()
    assert shop.message().message.subject == "Welcome"


# --- when something of ours breaks ---------------------------------------------------------------


class Moody:
    """A channel with a mistake in it: it breaks at one recipient, before or after it was allowed to go."""

    name, connections = "moody", 2

    def __init__(self, breaks_after: bool) -> None:
        self.breaks_after = breaks_after

    async def deliver(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        if parcel.recipient.startswith("ada") and not self.breaks_after:
            raise ZeroDivisionError("a mistake")
        if not await may_go(parcel):
            return Receipt("withheld")
        if parcel.recipient.startswith("ada"):
            raise ZeroDivisionError("a mistake")
        return Receipt("sent", "dot", 250, "fine")

    async def close(self) -> None: ...


@pytest.mark.parametrize(("breaks_after", "reason"), [(False, "deferred"), (True, "line_broke_after_data")])
def test_a_mistake_of_the_channel_stops_one_message_only(shop: Shop, breaks_after: bool, reason: str) -> None:
    released(shop, "ada", "bob", "cem")
    shop.daemon(Moody(breaks_after)).until_idle()
    assert (shop.message("ada").message.state, shop.message("ada").message.reason) == ("deferred", reason)
    assert shop.message("bob").message.state == shop.message("cem").message.state == "sent"
    assert shop.store.check() == []


@pytest.mark.parametrize("nth", range(1, 12))
def test_whichever_transaction_the_database_refuses_nothing_is_lost_or_sent_twice(
    shop: Shop, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail the n-th page of a sending daemon; afterwards it goes on by itself, in the same process."""
    people = [f"c{n}" for n in range(6)]
    released(shop, *people)
    pages = 0
    whole = Store.page

    def refused(self: Store, name: str = "page") -> object:
        nonlocal pages
        if name == "gate":
            pages += 1
            if pages == nth:
                raise StoreError("The database did not do its work: database is locked")
        return whole(self, name)

    with served(shop, connections=2) as (daemon, server):
        monkeypatch.setattr(Store, "page", refused)
        try:
            daemon.until_idle()
        except StoreError:
            daemon.until_idle()
        assert sorted(one.recipients[0] for one in server.accepted) == [f"{id}@shop.example" for id in people]
    assert {state for _, state, _ in shop.states()} == {"sent"}
    assert shop.store.check() == []


# --- the end -------------------------------------------------------------------------------------


def test_told_to_stop_it_waits_for_no_server_that_hangs(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not under way is given back; what may have arrived is unsure, and so sent again later."""
    monkeypatch.setattr("engine.service.sender._DRAIN", 0.3)
    people = [f"c{n}" for n in range(5)]
    released(shop, *people)

    async def hang_and_stop(peer: Peer, usual: bytes) -> None:
        daemon.stop()
        await hang(peer, usual)

    with ScriptedServer({"dot": [behave, hang_and_stop]}) as server:
        daemon = shop.daemon(smtp(server.port, dot=60))
        daemon.begin()
        daemon.until_idle()
        daemon.end()
    assert sorted((i.message.state, i.message.reason) for i in shop.outbox()) == [
        ("deferred", "line_broke_after_data"),
        *[("ready", None)] * 3,
        ("sent", None),
    ]


def test_a_worker_that_was_thought_dead_changes_nothing(shop: Shop) -> None:
    """Its messages were given to another while it stood still; its own answer comes too late."""
    released(shop)
    with served(shop) as (stale, server):
        items = shop.store.claim_messages(START, stale.sender().worker, 10)
        shop.store.recover_messages(None, START)
        fresh = shop.daemon(smtp(server.port))
        fresh.until_idle()
        stale.sender().loop().run_until_complete(stale.sender()._send_all(items))
        assert len(server.accepted) == 1
    assert shop.message().message.state == "sent"
