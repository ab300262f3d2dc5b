"""The SMTP channel at work: sessions kept and parted from, the question before DATA, what is said."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.channels.email import SmtpChannel, SmtpSettings, Timeouts
from engine.errors import UsageError
from engine.model.message import Parcel, Receipt
from tests.support import scripted_smtp as scripted
from tests.support.parcels import deliver, no, parcel, yes
from tests.support.scripted_smtp import ScriptedServer, say

HASTY = Timeouts(mail=0.5)  # only as hasty as a test needs, so that a busy machine fails none


def to(server: Any, **settings: Any) -> SmtpChannel:
    """A channel to this server; one connection unless told otherwise."""
    usual = {"tls": "none", "connections": 1, "timeouts": HASTY, "source_name": "news.shop.example"}
    return SmtpChannel(SmtpSettings("127.0.0.1", server.port, **{**usual, **settings}))


def kinds(receipts: list[Receipt]) -> list[str]:
    return [receipt.kind for receipt in receipts]


def test_one_session_carries_many_parcels_and_says_goodbye() -> None:
    with ScriptedServer() as server:
        receipts = asyncio.run(deliver(to(server), [parcel(key) for key in range(5)]))
    assert kinds(receipts) == ["sent"] * 5
    assert server.connections == 1
    assert server.commands[0] == "EHLO news.shop.example"
    assert server.commands[-1] == "QUIT"


def test_a_session_ends_after_its_number_of_messages() -> None:
    with ScriptedServer() as server:
        receipts = asyncio.run(
            deliver(to(server, messages_per_connection=2), [parcel(key) for key in range(5)])
        )
    assert kinds(receipts) == ["sent"] * 5
    assert server.connections == 3
    assert server.verbs().count("QUIT") == 3


def test_never_more_sessions_than_connections_even_while_old_ones_leave() -> None:
    async def scenario(channel: SmtpChannel) -> list[Receipt]:
        receipts = await asyncio.gather(*(channel.deliver(parcel(key), yes) for key in range(40)))
        await channel.close()
        return list(receipts)

    with ScriptedServer() as server:
        receipts = asyncio.run(scenario(to(server, connections=3, messages_per_connection=2)))
    assert kinds(receipts) == ["sent"] * 40
    assert server.most_at_once == 3


def test_a_session_that_takes_its_time_to_leave_keeps_its_place() -> None:
    async def slowly(peer: scripted.Peer, usual: bytes) -> None:
        await asyncio.sleep(0.1)
        await peer.write(usual)

    with ScriptedServer({"quit": slowly}) as server:
        receipts = asyncio.run(deliver(to(server, messages_per_connection=1), [parcel(1), parcel(2)]))
    assert kinds(receipts) == ["sent", "sent"]
    assert server.most_at_once == 1


def test_the_question_is_asked_once_after_rcpt_and_before_data() -> None:
    asked: list[list[str]] = []

    async def ask(_: Parcel) -> bool:
        asked.append(server.verbs())
        return True

    with ScriptedServer() as server:
        asyncio.run(deliver(to(server), [parcel()], ask))
    assert asked == [["EHLO", "MAIL", "RCPT"]]


def test_a_no_resets_and_keeps_the_session() -> None:
    async def only_the_second(one: Parcel) -> bool:
        return one.key == 2

    with ScriptedServer() as server:
        receipts = asyncio.run(deliver(to(server), [parcel(1), parcel(2)], only_the_second))
    assert kinds(receipts) == ["withheld", "sent"]
    assert server.connections == 1
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]
    assert [message.raw for message in server.accepted] == [parcel(2).raw]


def test_a_no_stays_a_no_when_the_server_fails_at_rset() -> None:
    with ScriptedServer({"rset": scripted.close}) as server:
        assert kinds(asyncio.run(deliver(to(server), [parcel()], no))) == ["withheld"]


def test_a_refused_recipient_is_not_asked_about() -> None:
    async def never(_: Parcel) -> bool:
        raise AssertionError("nothing will be sent, so nothing may be recorded")

    with ScriptedServer({"rcpt": say("550 5.1.1 no such user")}) as server:
        [receipt] = asyncio.run(deliver(to(server), [parcel()], never))
    assert receipt == Receipt("bounced", "rcpt", 550, "5.1.1 no such user")


def test_a_question_that_fails_reaches_the_caller_and_frees_the_place() -> None:
    async def broken(_: Parcel) -> bool:
        raise ZeroDivisionError

    async def scenario(channel: SmtpChannel) -> Receipt:
        with pytest.raises(ZeroDivisionError):
            await channel.deliver(parcel(1), broken)
        receipt = await channel.deliver(parcel(2), yes)
        await channel.close()
        return receipt

    with ScriptedServer() as server:
        assert asyncio.run(scenario(to(server))).kind == "sent"
    assert server.connections == 2
    assert [message.raw for message in server.accepted] == [parcel(2).raw]


@pytest.mark.parametrize("phase", ["connect", "mail", "data", "dot"])
def test_a_cancelled_delivery_frees_its_place_and_its_session(phase: str) -> None:
    async def scenario() -> Receipt:
        loop, reached = asyncio.get_running_loop(), asyncio.Event()

        async def hang(peer: scripted.Peer, usual: bytes) -> None:
            loop.call_soon_threadsafe(reached.set)
            await scripted.hang(peer, usual)

        with ScriptedServer({phase: hang}) as server:
            channel = to(server, timeouts=Timeouts())
            first = asyncio.create_task(channel.deliver(parcel(1), yes))
            await reached.wait()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            [receipt] = await deliver(channel, [parcel(2)])
            return receipt

    assert asyncio.run(scenario()).kind == "sent"


# ---- sessions that ended while nobody looked ----


@pytest.mark.parametrize(
    "end", [scripted.close, scripted.reset, scripted.hang, scripted.garbage, say("421 4.4.2 idle too long")]
)
def test_a_kept_session_found_dead_at_mail_is_replaced_without_a_word(end: scripted.Action) -> None:
    with ScriptedServer({"mail": [scripted.behave, end]}) as server:
        receipts = asyncio.run(deliver(to(server), [parcel(1), parcel(2)]))
    assert kinds(receipts) == ["sent", "sent"]
    assert server.connections == 2


@pytest.mark.parametrize(("phase", "kind"), [("rcpt", "deferred"), ("data", "deferred"), ("dot", "unsure")])
def test_a_kept_session_that_breaks_later_is_reported_and_nothing_is_tried_twice(
    phase: str, kind: str
) -> None:
    with ScriptedServer({phase: [scripted.behave, scripted.close]}, offers=()) as server:
        receipts = asyncio.run(deliver(to(server), [parcel(1), parcel(2)]))
    assert kinds(receipts) == ["sent", kind]
    assert server.connections == 1


def test_a_fresh_session_that_fails_too_is_reported() -> None:
    script = {"mail": [scripted.behave, scripted.close, say("421 4.3.2 shutting down")]}
    with ScriptedServer(script) as server:
        receipts = asyncio.run(deliver(to(server), [parcel(1), parcel(2)]))
    assert receipts[1] == Receipt("relay_fault", "mail", 421, "4.3.2 shutting down")
    assert server.connections == 2


def test_a_kept_session_refused_at_mail_is_the_relays_fault_at_once() -> None:
    script = {"mail": [scripted.behave, say("550 5.7.1 sender not allowed")]}
    with ScriptedServer(script) as server:
        receipts = asyncio.run(deliver(to(server), [parcel(1), parcel(2)]))
    assert receipts[1] == Receipt("relay_fault", "mail", 550, "5.7.1 sender not allowed")
    assert server.connections == 1


def test_a_session_the_server_closed_meanwhile_is_not_tried() -> None:
    with ScriptedServer({"dot": [scripted.behave_and_close]}) as server:
        receipts = asyncio.run(deliver(to(server), [parcel(1), parcel(2)]))
    assert kinds(receipts) == ["sent", "sent"]
    assert server.connections == 2


def test_a_session_idle_for_too_long_is_not_trusted() -> None:
    with ScriptedServer() as server:
        receipts = asyncio.run(deliver(to(server, idle=0.0), [parcel(1), parcel(2)]))
    assert kinds(receipts) == ["sent", "sent"]
    assert server.connections == 2
    assert server.verbs().count("QUIT") == 2


def test_a_server_that_hangs_up_during_the_question_is_a_safe_retry() -> None:
    """The question may take a while; a line lost meanwhile is noticed before anything is written."""

    async def scenario() -> tuple[Receipt, ScriptedServer]:
        loop, has_given_up = asyncio.get_running_loop(), asyncio.Event()

        async def give_up(peer: scripted.Peer, usual: bytes) -> None:
            await peer.write(usual + b"421 4.4.2 too slow\r\n")
            loop.call_soon_threadsafe(has_given_up.set)

        async def ask(_: Parcel) -> bool:
            return await has_given_up.wait()

        with ScriptedServer({"rcpt": give_up}) as server:
            [receipt] = await deliver(to(server), [parcel()], ask)
            return receipt, server

    receipt, server = asyncio.run(scenario())
    assert (receipt.kind, receipt.phase) == ("deferred", "data")
    assert server.accepted == []


# ---- what is said ----


def test_options_are_used_when_offered_and_needed() -> None:
    eight_bit = parcel(1, body="Grüezi\r\n".encode())
    foreign = parcel(2, recipient="jürg@shop.example")
    with ScriptedServer(offers=("SIZE 10000", "8BITMIME", "SMTPUTF8")) as server:
        receipts = asyncio.run(deliver(to(server), [eight_bit, foreign, parcel(3)]))
    assert kinds(receipts) == ["sent"] * 3
    mails = [command for command in server.commands if command.startswith("MAIL")]
    assert mails == [
        f"MAIL FROM:<news@shop.example> SIZE={len(eight_bit.raw)} BODY=8BITMIME",
        f"MAIL FROM:<news@shop.example> SIZE={len(foreign.raw)} SMTPUTF8",
        f"MAIL FROM:<news@shop.example> SIZE={len(parcel(3).raw)}",
    ]
    assert server.accepted[1].recipients == ("jürg@shop.example",)


def test_nothing_is_used_that_was_not_offered() -> None:
    with ScriptedServer(offers=()) as server:
        asyncio.run(deliver(to(server), [parcel(1, body="Grüezi\r\n".encode())]))
    assert "MAIL FROM:<news@shop.example>" in server.commands


def test_an_address_the_server_cannot_carry_is_refused_before_mail() -> None:
    with ScriptedServer(offers=()) as server:
        receipts = asyncio.run(deliver(to(server), [parcel(1, recipient="jürg@shop.example"), parcel(2)]))
    assert kinds(receipts) == ["bounced", "sent"]
    assert receipts[0].text.startswith("5.6.7 ")
    assert server.verbs().count("MAIL") == 1


def test_a_message_larger_than_announced_is_refused_without_troubling_the_relay() -> None:
    """A 552 at MAIL would pause the relay for everybody because of one message."""
    with ScriptedServer(offers=("SIZE 200",)) as server:
        receipts = asyncio.run(deliver(to(server), [parcel(1, body=b"x" * 300 + b"\r\n"), parcel(2)]))
    assert kinds(receipts) == ["bounced", "sent"]
    assert "at most 200" in receipts[0].text


@pytest.mark.parametrize(
    "recipient",
    [
        "ada@shop.example>\r\nRCPT TO:<eve@evil.example",
        "ada@shop.example> NOTIFY=NEVER",
        "ada@shop.example, eve@evil.example",
        "ada@shop.example＞ä",  # a full-width sign that becomes > in DNS letters
        "Ada <ada@shop.example>",
        "ada",
        "",
        "@shop.example",
        "ada@",
        "ada@shop.example\x00",
        "a" * 250 + "@shop.example",
    ],
)
def test_anything_but_one_plain_address_never_reaches_a_server(recipient: str) -> None:
    with ScriptedServer() as server:
        [receipt] = asyncio.run(deliver(to(server), [parcel(recipient=recipient)]))
    assert receipt.kind == "bounced"
    assert receipt.text.startswith("5.1.3 ")
    assert server.connections == 0


def test_a_bad_sender_is_ours_and_bounces_nobody() -> None:
    with ScriptedServer() as server:
        [receipt] = asyncio.run(deliver(to(server), [parcel(sender="news@shop.example>\r\nRSET")]))
    assert (receipt.kind, receipt.phase) == ("relay_fault", "mail")


def test_the_empty_sender_of_a_report_is_allowed() -> None:
    with ScriptedServer() as server:
        assert kinds(asyncio.run(deliver(to(server), [parcel(sender="")]))) == ["sent"]
    assert "MAIL FROM:<>" in server.commands


@pytest.mark.parametrize(
    "evil",
    [
        b"Subject: x\r\n\r\nhi\n.\r\nMAIL FROM:<eve@evil.example>\r\nbye\r.\r.\n",
        b"Subject: x\r\n\r\nhi\n.\r\nMAIL FROM:<eve@evil.example>\r\n",
        b"Subject: x\r\n\r\nhi\r.\r\nMAIL FROM:<eve@evil.example>\r\n",
        b"Subject: x\r\n\r\nno end",
    ],
)
def test_a_dot_alone_cannot_end_the_message_early(evil: bytes) -> None:
    """SMTP smuggling: some servers take LF.CRLF or CR.CR for the end, so no bare CR or LF may leave."""
    with ScriptedServer() as server:
        asyncio.run(deliver(to(server), [parcel(raw=evil)]))
    [message] = server.accepted
    assert message.raw.splitlines() == evil.splitlines()
    assert message.raw.count(b"\r\n") == message.raw.count(b"\n") == message.raw.count(b"\r")


# ---- the end ----


def test_after_closing_nothing_is_sent() -> None:
    async def scenario(channel: SmtpChannel) -> Receipt:
        await channel.close()
        await channel.close()
        return await channel.deliver(parcel(), yes)

    with ScriptedServer() as server:
        assert asyncio.run(scenario(to(server))) == Receipt(
            "deferred", "connect", None, "the channel is closed"
        )
    assert server.connections == 0


def test_a_parcel_under_way_while_the_channel_closes_arrives_and_its_session_leaves() -> None:
    async def scenario() -> Receipt:
        loop, has_left = asyncio.get_running_loop(), asyncio.Event()

        async def notice(peer: scripted.Peer, usual: bytes) -> None:
            await peer.write(usual)
            loop.call_soon_threadsafe(has_left.set)

        async def close(_: Parcel) -> bool:
            await channel.close()
            return True

        with ScriptedServer({"quit": notice}) as server:
            channel = to(server)
            receipt = await channel.deliver(parcel(), close)
            await asyncio.wait_for(has_left.wait(), 5)
            await channel.close()
            return receipt

    assert asyncio.run(scenario()).kind == "sent"


def test_an_unusable_list_of_authorities_is_told_at_once() -> None:
    with pytest.raises(UsageError, match=r"ca_file: /nowhere\.pem cannot be used"):
        SmtpChannel(SmtpSettings("mail.shop.example", ca_file="/nowhere.pem"))
