"""Parcels to send and answers to give, for tests of channels and of whoever uses them."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.message import Channel, MayGo, Parcel, Receipt


def parcel(
    key: int = 1,
    *,
    recipient: str = "ada@shop.example",
    sender: str = "news@shop.example",
    body: bytes = b"Hello Ada,\r\nyour cart waits.\r\n",
    raw: bytes | None = None,
) -> Parcel:
    """A small message; `raw` replaces the whole of it."""
    message_id = f"m{key}@shop.example"
    head = f"Message-ID: <{message_id}>\r\nSubject: number {key}\r\n\r\n".encode()
    return Parcel(key, sender, recipient, head + body if raw is None else raw, message_id)


async def yes(_: Parcel) -> bool:
    return True


async def no(_: Parcel) -> bool:
    return False


async def deliver(channel: Channel, parcels: Sequence[Parcel], may_go: MayGo = yes) -> list[Receipt]:
    """One after the other, then goodbye."""
    try:
        return [await channel.deliver(one, may_go) for one in parcels]
    finally:
        await channel.close()
