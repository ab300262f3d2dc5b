"""A channel over HTTP: to one provider, or to endpoints that the config names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from engine.channels.http.filling import fill
from engine.channels.http.guard import read_network
from engine.channels.http.settings import HttpSettings
from engine.channels.http.signature import key_of, signed
from engine.channels.http.verdicts import verdict
from engine.channels.http.wire import (
    RefusedAddressError,
    UnsentError,
    UnsureError,
    Wire,
    WithheldError,
)
from engine.model.message import Channel, MayGo, Parcel, Receipt

#: Seconds for which an address that did not answer in time is left alone, so that others are not held up.
_REST = 30.0


class ProviderChannel:
    """Everything goes to one provider; `parcel.recipient` is the contact's number or token."""

    def __init__(self, name: str, settings: HttpSettings) -> None:
        self.name = name
        self.connections = settings.connections
        self._way = _Way(settings)

    async def deliver(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        """Carry one parcel. Raises only what `may_go` raises."""
        return await self._way.carry(parcel, may_go)

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        await self._way.close()


class EndpointsChannel:
    """`parcel.recipient` names an endpoint of the config; what none is configured for is captured.

    One endpoint's fault is never the channel's: the others go on.
    """

    def __init__(self, name: str, endpoints: Mapping[str, HttpSettings], captured: Channel) -> None:
        self.name = name
        self.connections = min(sum(one.connections for one in endpoints.values()) or 1, 16)
        self._ways = {id: _Way(settings) for id, settings in endpoints.items()}
        self._captured = captured

    async def deliver(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        """Carry one parcel. Raises only what `may_go` raises."""
        way = self._ways.get(parcel.recipient)
        if way is None:
            return await self._captured.deliver(parcel, may_go)
        receipt = await way.carry(parcel, may_go)
        if receipt.kind != "relay_fault":
            return receipt
        if receipt.phase == "auth":  # it may be mended, and nothing is lost until then
            return replace(receipt, kind="deferred")
        return replace(receipt, kind="bounced")

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        await asyncio.gather(self._captured.close(), *(way.close() for way in self._ways.values()))


class _Way:
    """The requests to one address. After `429` or no answer it rests, and says so without asking again."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._key = None if settings.secret is None else key_of(settings.secret)
        allowed = [read_network(one) for one in settings.allow]
        self._wire = Wire(settings.connections, settings.timeout, allowed)
        self._slots = asyncio.Semaphore(settings.connections)
        self._rests_until = 0.0  # in the loop's own time

    async def carry(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        async with self._slots:
            rest = self._rests_until - asyncio.get_running_loop().time()
            if rest > 0:
                return Receipt("deferred", "connect", None, "the other side asked for a pause", rest)
            receipt = await self._exchange(parcel, may_go)
        rest_now = _REST if receipt.kind == "unsure" else receipt.retry_after
        if receipt.kind in ("deferred", "unsure") and rest_now is not None:
            self._rests_until = asyncio.get_running_loop().time() + rest_now
        return receipt

    async def close(self) -> None:
        await self._wire.close()

    async def _exchange(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        body = self._body(parcel)
        try:
            answer = await self._wire.request(
                self._settings.method,
                self._settings.url,
                self._headers(parcel, body),
                body,
                lambda: may_go(parcel),
            )
        except WithheldError:
            return Receipt("withheld", "data", None, "withdrawn just before it left")
        except RefusedAddressError as error:
            words = f"{error}; if it is yours, name it under `allow`"
            return Receipt("relay_fault", "connect", None, words)
        except UnsentError as error:
            return Receipt("deferred", "connect", None, str(error), _REST)
        except UnsureError as error:
            return Receipt("unsure", "data", None, str(error))
        return verdict(answer, datetime.now(UTC))

    def _body(self, parcel: Parcel) -> bytes:
        """What is sent: the config's JSON or form with the values in it, or the message itself."""
        if self._settings.body is None:
            return parcel.raw
        values = {
            "to": parcel.recipient,
            "text": parcel.raw.decode("utf-8", "replace"),
            "subject": parcel.subject,
            "id": parcel.message_id,
        }
        filled = fill(self._settings.body, values)
        if self._settings.format == "form":
            return urlencode(filled).encode("ascii")
        return json.dumps(filled, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    def _headers(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        """Ours first, so that the config may say otherwise; a signature last, so that it may not."""
        kind = "application/json" if self._settings.format == "json" else "application/x-www-form-urlencoded"
        ours = {"Content-Type": kind, "Idempotency-Key": parcel.message_id, "User-Agent": "journeys"}
        theirs = {name.lower() for name in self._settings.headers}
        headers = {name: value for name, value in ours.items() if name.lower() not in theirs}
        headers |= self._settings.headers
        if self._key is not None:
            at = int(datetime.now(UTC).timestamp())
            headers |= signed(self._key, parcel.message_id, at, body)
        return headers
