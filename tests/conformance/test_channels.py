"""What every channel promises, tried on each channel of the table against its real far end.

A new way out joins by its line in `FAR_ENDS`: how to open it, and how to see what arrived. Of mail every byte
must come out as it went in; of a text every letter; of a webhook every byte of its JSON.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engine.channels.http.settings import HttpSettings
from engine.channels.smtp.settings import SmtpSettings
from engine.channels.table import CHANNELS, ChannelSettings, open_channel
from engine.model.message import Channel, MayGo, Parcel, Receipt
from tests.support.http_server import Provider
from tests.support.parcels import no, parcel, yes
from tests.support.smtp_server import QuickServer, RecordingServer


@dataclass(frozen=True, slots=True)
class FarEnd:
    """A channel's settings, and a look at what came out at the other end."""

    channel: str
    way: str
    settings: ChannelSettings
    arrived: Callable[[], list[bytes]]

    def open(self) -> Channel:
        return open_channel(self.channel, self.way, self.settings)

    def parcel(self, key: int = 1, raw: bytes | None = None) -> Parcel:
        """Addressed as this channel addresses; `raw` replaces the text."""
        made = parcel(key, recipient=f"contact{key}@shop.example", raw=raw)
        if self.channel in ("webhook", "chat"):
            return replace(made, recipient="crm")
        return made


@contextmanager
def files(tmp_path: Path) -> Iterator[FarEnd]:
    folder = tmp_path / "captured"
    yield FarEnd(
        "email",
        "capture",
        ChannelSettings(capture_dir=folder),
        lambda: [file.read_bytes() for file in folder.rglob("*") if file.is_file()],
    )


@contextmanager
def aiosmtpd(tmp_path: Path) -> Iterator[FarEnd]:
    """Somebody else's server, without pipelining."""
    with RecordingServer() as server:
        yield FarEnd(
            "email", "smtp", _relay(server.port), lambda: [message.raw for message in server.messages]
        )


@contextmanager
def pipelining(tmp_path: Path) -> Iterator[FarEnd]:
    with QuickServer() as server:
        yield FarEnd(
            "email", "smtp", _relay(server.port), lambda: [message.raw for message in server.messages]
        )


def _relay(port: int) -> ChannelSettings:
    return ChannelSettings(smtp=SmtpSettings("127.0.0.1", port, tls="none", source_name="news.shop.example"))


def readable_files(channel: str) -> Callable[[Path], AbstractContextManager[FarEnd]]:
    """Below the head, which is for people, stands the text as it was."""

    @contextmanager
    def text_files(tmp_path: Path) -> Iterator[FarEnd]:
        folder = tmp_path / "captured"

        def arrived() -> list[bytes]:
            found = [file.read_bytes() for file in folder.rglob(f"*.{channel}.*") if file.is_file()]
            return found if channel == "webhook" else [text.split(b"\n\n", 1)[1] for text in found]

        yield FarEnd(channel, "capture", ChannelSettings(capture_dir=folder), arrived)

    return text_files


def provider(channel: str, body: object) -> Callable[[Path], AbstractContextManager[FarEnd]]:
    """A provider, or an endpoint named crm; `body` is how the config describes the request."""

    @contextmanager
    def http(tmp_path: Path) -> Iterator[FarEnd]:
        with Provider() as server:
            request = HttpSettings(server.url, body=body, allow=("127.0.0.1",))
            endpoint = "crm" if channel in ("webhook", "chat") else ""
            settings = ChannelSettings(tmp_path, http={channel: {endpoint: request}})
            yield FarEnd(channel, "http", settings, lambda: [_said(one.body) for one in server.requests])

    def _said(sent: bytes) -> bytes:
        return sent if body is None else str(json.loads(sent)["message"]["text"]).encode()

    return http


_BODY = {"message": {"to": "{{ to }}", "text": "{{ text }}"}, "key": "{{ id }}"}
FAR_ENDS: dict[tuple[str, str], Sequence[Callable[[Path], AbstractContextManager[FarEnd]]]] = {
    ("email", "capture"): [files],
    ("email", "smtp"): [aiosmtpd, pipelining],
    ("sms", "capture"): [readable_files("sms")],
    ("sms", "http"): [provider("sms", _BODY)],
    ("push", "capture"): [readable_files("push")],
    ("push", "http"): [provider("push", _BODY)],
    ("whatsapp", "capture"): [readable_files("whatsapp")],
    ("whatsapp", "http"): [provider("whatsapp", _BODY)],
    ("webhook", "capture"): [readable_files("webhook")],
    ("webhook", "http"): [provider("webhook", None)],
    ("chat", "capture"): [readable_files("chat")],
    ("chat", "http"): [provider("chat", _BODY)],
}


@pytest.fixture(
    params=[
        pytest.param(end, id=f"{channel}-{way}-{end.__name__}")
        for (channel, way), ends in FAR_ENDS.items()
        for end in ends
    ]
)
def far_end(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FarEnd]:
    with request.param(tmp_path) as end:
        yield end


def carry(far_end: FarEnd, parcels: Sequence[Parcel], may_go: MayGo = yes) -> list[Receipt]:
    """All at once; closes twice."""

    async def scenario() -> list[Receipt]:
        channel = far_end.open()
        receipts = await asyncio.gather(*(channel.deliver(one, may_go) for one in parcels))
        await channel.close()
        await channel.close()
        return list(receipts)

    return asyncio.run(scenario())


def test_every_channel_of_the_table_is_tried() -> None:
    assert set(FAR_ENDS) == {(channel, way) for channel, ways in CHANNELS.items() for way in ways}


HEAD = b"Message-ID: <m1@shop.example>\r\nSubject: x\r\n\r\n"
MESSAGES = {
    "plain": HEAD + b"Hello.\r\n",
    "a dot alone": HEAD + b"before\r\n.\r\nafter\r\n",
    "leading dots": HEAD + b".\r\n..\r\n...three\r\n. \r\n.last\r\n",
    "a dot first": b".Odd: header\r\n\r\nbody\r\n",
    "ends with a dot": HEAD + b"so\r\n.\r\n",
    "looks like commands": HEAD + b"QUIT\r\nRSET\r\nMAIL FROM:<eve@evil.example>\r\n",
    "a long line": HEAD + b"x" * 5_000 + b"\r\n",
    "a long line of dots": HEAD + b"." * 3_000 + b"\r\n",
    "eight bit": HEAD + "Grüezi, 你好, ✉\r\n".encode() + bytes(range(0x80, 0x100)) + b"\r\n",
    "empty lines": HEAD + b"\r\n\r\n\r\n",
    "no body": b"Subject: x\r\n\r\n",
    "large": HEAD + b"." * 70 + b"\r\n" + (b"The quick brown fox.\r\n.and a dot\r\n" * 40_000),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_the_bytes_arrive_unchanged(what: str, far_end: FarEnd) -> None:
    if what == "eight bit" and far_end.channel != "email":
        pytest.skip("no text: these bytes are no UTF-8")
    [receipt] = carry(far_end, [far_end.parcel(raw=MESSAGES[what])])
    assert receipt.kind == "sent"
    assert far_end.arrived() == [MESSAGES[what]]


def test_nothing_leaves_without_leave(far_end: FarEnd) -> None:
    receipts = carry(far_end, [far_end.parcel(key) for key in range(5)], no)
    assert [receipt.kind for receipt in receipts] == ["withheld"] * 5
    assert far_end.arrived() == []


def test_leave_is_asked_once_for_each_and_obeyed_for_each(far_end: FarEnd) -> None:
    asked: list[int] = []

    async def even(one: Parcel) -> bool:
        asked.append(one.key)
        return one.key % 2 == 0

    parcels = [far_end.parcel(key) for key in range(40)]
    receipts = carry(far_end, parcels, even)
    assert sorted(asked) == list(range(40))
    assert [receipt.kind for receipt in receipts] == ["sent", "withheld"] * 20
    assert sorted(far_end.arrived()) == sorted(one.raw for one in parcels[::2])


def test_many_at_once_arrive_each_once(far_end: FarEnd) -> None:
    parcels = [far_end.parcel(key) for key in range(200)]
    receipts = carry(far_end, parcels)
    assert {receipt.kind for receipt in receipts} == {"sent"}
    assert sorted(far_end.arrived()) == sorted(one.raw for one in parcels)


def test_questions_may_wait_for_each_other_up_to_the_connections(far_end: FarEnd) -> None:
    """The sender answers the questions of all connections in one transaction."""

    async def scenario() -> list[Receipt]:
        channel = far_end.open()
        everybody = asyncio.Barrier(channel.connections)

        async def together(_: Parcel) -> bool:
            await everybody.wait()
            return True

        parcels = [far_end.parcel(key) for key in range(channel.connections * 3)]
        receipts = await asyncio.gather(*(channel.deliver(one, together) for one in parcels))
        await channel.close()
        return list(receipts)

    receipts = asyncio.run(asyncio.wait_for(scenario(), 20))
    assert {receipt.kind for receipt in receipts} == {"sent"}


def test_an_error_in_the_question_is_the_callers_and_the_channel_goes_on(far_end: FarEnd) -> None:
    async def broken(one: Parcel) -> bool:
        raise KeyError(one.key)

    async def scenario() -> Receipt:
        channel = far_end.open()
        for key in range(channel.connections + 1):
            with pytest.raises(KeyError):
                await channel.deliver(far_end.parcel(key), broken)
        receipt = await channel.deliver(far_end.parcel(99), yes)
        await channel.close()
        return receipt

    assert asyncio.run(scenario()).kind == "sent"
    assert far_end.arrived() == [far_end.parcel(99).raw]


def test_closing_before_anything_was_sent_is_safe(far_end: FarEnd) -> None:
    assert carry(far_end, []) == []
