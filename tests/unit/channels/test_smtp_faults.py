"""Nine phases of SMTP × what can go wrong in each, against a real server: which receipt must follow.

The expectations are written by hand from the promise, not computed from the table in the engine:
before the recipient is named the relay is at fault; until the body is written a break is a safe retry;
once it is written a break is unsure; whatever happens to the goodbye, the message is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.channels.email import SmtpChannel, SmtpSettings, Timeouts
from engine.model.message import Receipt
from tests.support import scripted_smtp as scripted
from tests.support.certificates import make_certificate, server_context
from tests.support.parcels import deliver, parcel, yes
from tests.support.scripted_smtp import Action, ScriptedServer, say
from tests.support.smtp_server import Recorded

WAIT = 0.3  # seconds; the drip takes longer than that


def hasty(phase: str) -> Timeouts:
    """Short in the phase at hand and generous elsewhere, so that a busy machine fails no test."""
    return Timeouts(**{"banner" if phase == "connect" else phase: WAIT}, dot_at_least=0)


FAULTS: dict[str, Action] = {
    "close": scripted.close,
    "reset": scripted.reset,
    "hang": scripted.hang,
    "drip": scripted.drip,
    "partial-line": scripted.partial,
    "garbage": scripted.garbage,
    "421": say("421 4.3.2 shutting down"),
    "450": say("450 4.2.1 mailbox busy"),
    "451": say("451 4.3.0 local error"),
    "452": say("452 4.3.1 no room"),
    "535": say("535 5.7.8 who are you"),
    "550": say("550 5.1.1 no such user"),
    "552": say("552 5.2.2 mailbox full"),
    "554": say("554 5.7.1 we do not like you"),
}

# F the relay is at fault, d deferred, b bounced, u unsure, s sent
KINDS = {"F": "relay_fault", "d": "deferred", "b": "bounced", "u": "unsure", "s": "sent"}
EXPECTED = """
                connect  ehlo  tls  auth  mail  rcpt  data  dot  quit
  close         F        d     d    d     d     d     d     u    s
  reset         F        d     d    d     d     d     d     u    s
  hang          F        d     d    d     d     d     d     u    s
  drip          F        d     d    d     d     d     d     u    s
  partial-line  F        d     d    d     d     d     d     u    s
  garbage       F        d     d    d     d     d     d     u    s
  421           F        F     F    F     F     d     d     d    s
  450           F        F     F    F     F     d     d     d    s
  451           F        F     F    F     F     d     d     d    s
  452           F        F     F    F     F     d     d     d    s
  535           F        F     F    F     F     b     b     b    s
  550           F        F     F    F     F     b     b     b    s
  552           F        F     F    F     F     b     b     b    s
  554           F        F     F    F     F     b     b     b    s
"""
PHASES, *_ROWS = (line.split() for line in EXPECTED.strip().splitlines())
TABLE = {
    (phase, fault): KINDS[letter]
    for fault, *letters in _ROWS
    for phase, letter in zip(PHASES, letters, strict=True)
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificates"))


def to(
    server: ScriptedServer, certificate: Path, *, messages: int = 100, timeouts: Timeouts | None = None
) -> SmtpChannel:
    return SmtpChannel(
        SmtpSettings(
            "127.0.0.1",
            server.port,
            user="shop",
            password="open sesame",
            tls="required",
            connections=1,
            messages_per_connection=messages,
            timeouts=timeouts or Timeouts(quit=WAIT),
            source_name="news.shop.example",
            ca_file=str(certificate),
        )
    )


def test_the_table_is_whole() -> None:
    assert {fault for _, fault in TABLE} == set(FAULTS)
    assert len(TABLE) == 9 * len(FAULTS)


@pytest.mark.parametrize(("phase", "fault", "expected"), [(*case, kind) for case, kind in TABLE.items()])
def test_each_fault_in_each_phase_has_its_receipt_and_the_next_parcel_arrives(
    phase: str,
    fault: str,
    expected: str,
    certificate: Path,
    record_property: Callable[[str, object], None],
) -> None:
    with ScriptedServer({phase: FAULTS[fault]}, tls=server_context(certificate), wants_login=True) as server:
        messages = 1 if phase == "quit" else 100
        channel = to(server, certificate, messages=messages, timeouts=hasty(phase))
        first, second = asyncio.run(deliver(channel, [parcel(1), parcel(2)]))

    assert (first.kind, second.kind) == (expected, "sent")
    assert first.phase == ("dot" if phase == "quit" else phase)
    answered = fault.isdigit() and phase != "quit"
    assert first.code == (int(fault) if answered else 250 if expected == "sent" else None)
    # A server that answered 250 took the message, even if its answer never came through: hence "unsure".
    took_it = expected == "sent" or (phase == "dot" and fault in ("drip", "partial-line"))
    arrived = sorted(message.raw for message in server.accepted)
    assert arrived == [parcel(1).raw] * took_it + [parcel(2).raw]
    record_property("smtp", f"{phase} {fault} {first.kind}")


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.isdigit() or fault == "421"])
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
def test_a_session_that_broke_or_was_asked_to_end_is_not_used_again(
    phase: str, fault: str, certificate: Path
) -> None:
    with ScriptedServer({phase: FAULTS[fault]}, tls=server_context(certificate), wants_login=True) as server:
        asyncio.run(deliver(to(server, certificate, timeouts=hasty(phase)), [parcel(1), parcel(2)]))
    assert server.connections == 2


@pytest.mark.parametrize("phase", ["rcpt", "data", "dot"])
def test_a_plain_refusal_keeps_the_session(phase: str, certificate: Path) -> None:
    script = {phase: [say("550 5.1.1 no"), say("450 4.2.1 busy")]}
    with ScriptedServer(script, tls=server_context(certificate), wants_login=True) as server:
        receipts = asyncio.run(deliver(to(server, certificate), [parcel(1), parcel(2), parcel(3)]))
    assert [receipt.kind for receipt in receipts] == ["bounced", "deferred", "sent"]
    assert server.connections == 1


def test_a_server_that_takes_the_message_and_dies_leaves_it_unsure(certificate: Path) -> None:
    async def take_and_close(peer: scripted.Peer, usual: bytes) -> None:
        server.accepted.append(Recorded(peer.sender, tuple(peer.recipients), b"taken"))
        raise scripted.Over

    with ScriptedServer({"dot": take_and_close}, tls=server_context(certificate), wants_login=True) as server:
        [receipt] = asyncio.run(deliver(to(server, certificate), [parcel()]))
    assert receipt.kind == "unsure"
    assert len(server.accepted) == 1


def test_a_stripped_starttls_is_not_accepted_and_the_password_stays_here(
    certificate: Path, record_property: Callable[[str, object], None]
) -> None:
    with ScriptedServer(tls=None, wants_login=True) as server:
        [receipt] = asyncio.run(deliver(to(server, certificate), [parcel()]))
    assert (receipt.kind, receipt.phase) == ("relay_fault", "tls")
    assert "STARTTLS" in receipt.text
    assert set(server.verbs()) == {"EHLO"}
    record_property("smtp", f"tls stripped-starttls {receipt.kind}")


@pytest.mark.parametrize("is_implicit", [False, True])
@pytest.mark.parametrize("what", ["unknown authority", "other host"])
def test_a_wrong_certificate_is_the_relays_fault(
    what: str,
    is_implicit: bool,
    certificate: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    shown = make_certificate(tmp_path, ip="127.0.0.1" if what == "unknown authority" else "127.0.0.9")
    trusted = certificate if what == "unknown authority" else shown
    with ScriptedServer(tls=server_context(shown), is_implicit=is_implicit) as server:
        settings = SmtpSettings(
            "127.0.0.1",
            server.port,
            tls="implicit" if is_implicit else "required",
            ca_file=str(trusted),
            source_name="news.shop.example",
        )
        [receipt] = asyncio.run(deliver(SmtpChannel(settings), [parcel()]))
    assert (receipt.kind, receipt.phase) == ("relay_fault", "tls")
    assert not {"AUTH", "MAIL"} & set(server.verbs())
    record_property("smtp", f"tls wrong-certificate {receipt.kind}")


def test_implicit_tls_delivers(certificate: Path) -> None:
    with ScriptedServer(tls=server_context(certificate), is_implicit=True) as server:
        settings = SmtpSettings(
            "127.0.0.1", server.port, tls="implicit", ca_file=str(certificate), source_name="a.example"
        )
        receipts = asyncio.run(deliver(SmtpChannel(settings), [parcel(1), parcel(2)]))
    assert [receipt.kind for receipt in receipts] == ["sent", "sent"]
    assert "STARTTLS" not in server.verbs()


def test_nobody_at_home_is_the_relays_fault() -> None:
    with ScriptedServer() as server:
        port = server.port
    settings = SmtpSettings("127.0.0.1", port, tls="none", source_name="a.example")
    [receipt] = asyncio.run(deliver(SmtpChannel(settings), [parcel()]))
    assert (receipt.kind, receipt.phase, receipt.code) == ("relay_fault", "connect", None)


def test_a_host_that_cannot_be_looked_up_is_the_relays_fault() -> None:
    settings = SmtpSettings("mail..example", 25, source_name="a.example")
    [receipt] = asyncio.run(deliver(SmtpChannel(settings), [parcel()]))
    assert (receipt.kind, receipt.phase) == ("relay_fault", "connect")


def test_a_login_that_the_server_does_not_offer_is_the_relays_fault(certificate: Path) -> None:
    with ScriptedServer(tls=server_context(certificate), wants_login=False) as server:
        [receipt] = asyncio.run(deliver(to(server, certificate), [parcel()]))
    assert (receipt.kind, receipt.phase) == ("relay_fault", "auth")
    assert "log in" in receipt.text


def test_a_server_that_repeats_the_password_does_not_get_it_into_the_receipt(certificate: Path) -> None:
    echoed = "535 5.7.8 bad: AHNob3AAb3BlbiBzZXNhbWU= b3BlbiBzZXNhbWU= open sesame"
    with ScriptedServer({"auth": say(echoed)}, tls=server_context(certificate), wants_login=True) as server:
        [receipt] = asyncio.run(deliver(to(server, certificate), [parcel()]))
    assert receipt == Receipt("relay_fault", "auth", 535, "5.7.8 bad: *** *** ***")


def test_a_wrong_password_is_tried_once(certificate: Path) -> None:
    """Several wrong tries lock an account at some providers."""
    script = {"auth": [say("535 5.7.8 no"), say("535 5.7.8 no"), say("535 5.7.8 no")]}
    with ScriptedServer(script, tls=server_context(certificate), wants_login=True) as server:
        asyncio.run(deliver(to(server, certificate), [parcel()]))
    assert server.verbs().count("AUTH") == 1


@pytest.mark.parametrize(
    ("phase", "answers", "kind"),
    [
        ("data", "250 2.0.0 already taken", "deferred"),  # the body was never asked for
        ("data", "354 go on\r\n250 2.0.0 already taken", "deferred"),  # noticed before the body is written
        ("dot", "354 go on", "unsure"),
        ("mail", "354 go on", "deferred"),
        ("mail", "250 2.1.0 fine\r\n250 2.1.5 and one more\r\n250 2.1.5 and another", "deferred"),
        ("dot", "250-2.0.0 taken\r\n550 5.0.0 or not", "unsure"),
        ("rcpt", "999 what is this", "deferred"),
    ],
)
def test_an_answer_that_does_not_belong_there_is_trusted_by_nobody(
    phase: str, answers: str, kind: str, certificate: Path
) -> None:
    with ScriptedServer({phase: say(answers)}, tls=server_context(certificate), wants_login=True) as server:
        receipts = asyncio.run(deliver(to(server, certificate), [parcel(1), parcel(2)]))
    assert [receipt.kind for receipt in receipts] == [kind, "sent"]
    assert server.connections == 2


@pytest.mark.parametrize("flood", [b"250-" + b"x" * 100_000, b"250-more\r\n" * 20_000])
def test_an_answer_that_does_not_end_does_not_fill_the_memory(flood: bytes, certificate: Path) -> None:
    script = {"rcpt": scripted.say_bytes(flood)}
    with ScriptedServer(script, tls=server_context(certificate), wants_login=True) as server:
        [receipt] = asyncio.run(deliver(to(server, certificate), [parcel()]))
    assert receipt.kind == "deferred"
    assert "does not end" in receipt.text
    assert len(receipt.text) < 600


def test_words_that_cannot_be_stored_are_made_harmless(certificate: Path) -> None:
    said = b"550-5.1.1 \xff\xfe \x00 \x1b[31mred\r\n550 5.1.1 \xc3\xbcber\r\n"
    script = {"rcpt": scripted.say_bytes(said)}
    with ScriptedServer(script, tls=server_context(certificate), wants_login=True) as server:
        [receipt] = asyncio.run(deliver(to(server, certificate), [parcel()]))
    assert receipt.kind == "bounced"
    assert receipt.text.isprintable()
    receipt.text.encode()
    assert receipt.text.endswith("5.1.1 über")


def test_a_failing_reset_changes_no_receipt(certificate: Path) -> None:
    script = {"rcpt": say("550 5.1.1 no"), "rset": scripted.hang}
    with ScriptedServer(script, tls=server_context(certificate), wants_login=True) as server:
        receipts = asyncio.run(deliver(to(server, certificate), [parcel(1), parcel(2)]))
    assert [receipt.kind for receipt in receipts] == ["bounced", "sent"]
    assert server.connections == 2


def test_a_hanging_goodbye_does_not_keep_a_receipt_waiting(certificate: Path) -> None:
    async def scenario() -> bool:
        channel = to(server, certificate, messages=1)
        receipt = await channel.deliver(parcel(), yes)
        was_still_leaving = "QUIT" not in server.verbs()
        await channel.close()
        return receipt.kind == "sent" and was_still_leaving

    with ScriptedServer({"quit": scripted.hang}, tls=server_context(certificate), wants_login=True) as server:
        assert asyncio.run(scenario())
