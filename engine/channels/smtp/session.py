"""One open session with a relay carries parcels one after the other, and always knows its phase.

MAIL  RCPT  ·  may it go?  ·  DATA  body and dot
└─ a break here is a safe retry ─┘  └─ from here on it is unsure
"""

from __future__ import annotations

from engine.channels.smtp.envelope import Envelope, Offers, write_envelope
from engine.channels.smtp.settings import Timeouts
from engine.channels.smtp.verdicts import Phase, broken_off, refused, tidy
from engine.channels.smtp.wire import LineBroken, Reply, Wire
from engine.model.message import MayGo, Parcel, Receipt

_CLOSING = 421  # the server is about to hang up, whatever we said


class Session:
    """Greeted, encrypted and logged in; ready for MAIL. Serves one parcel at a time."""

    def __init__(self, wire: Wire, offers: Offers, timeouts: Timeouts) -> None:
        self.carried = 0
        self.idle_since = 0.0  # the loop's clock; kept by the pool
        self._wire = wire
        self._offers = offers
        self._timeouts = timeouts
        self._phase: Phase = "mail"
        self._is_clean = True  # both sides agree that no transaction is open

    @property
    def is_reusable(self) -> bool:
        """Nothing went wrong or was surprising so far, and the line still stands."""
        return self._is_clean and self._wire.is_open

    def was_dead_already(self, receipt: Receipt) -> bool:
        """Whether the receipt only tells that a session kept open had ended meanwhile; the parcel is as new.

        A server that has had enough of a connection answers 421 or is simply gone (RFC 5321 3.8).
        """
        is_reused, is_over = self.carried > 1, receipt.code in (None, _CLOSING)
        return is_reused and is_over and receipt.phase == "mail" and not self._is_clean

    async def carry(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        """Take one parcel through MAIL, RCPT, the question, DATA and the dot.

        Raises only what `may_go` raises; the session is then no longer reusable.
        """
        envelope = write_envelope(parcel, self._offers)
        if isinstance(envelope, Receipt):
            return envelope
        self.carried += 1
        self._is_clean = False  # until both sides are known to agree again
        try:
            return await self._introduce(envelope) or await self._hand_over(envelope, parcel, may_go)
        except LineBroken as broken:
            return broken_off(self._phase, str(broken))

    async def leave(self) -> None:
        """Say goodbye; whatever the server makes of it, the connection is closed afterwards."""
        try:
            self._wire.send(b"QUIT\r\n")
            await self._wire.reply(self._timeouts.quit)
        except LineBroken:
            pass  # the goodbye was a courtesy
        finally:
            await self._wire.close(self._timeouts.quit)

    def abort(self) -> None:
        """Cut the connection; for a session whose state nobody knows."""
        self._wire.abort()

    async def _introduce(self, envelope: Envelope) -> Receipt | None:
        """MAIL and RCPT, in one go where the server lets us; None when both were accepted."""
        together = "pipelining" in self._offers
        self._phase = "mail"
        if together:
            self._wire.send(envelope.mail + envelope.rcpt, replies=2)
        else:
            self._wire.send(envelope.mail)
        reply = await self._wire.reply(self._timeouts.mail)
        if reply.code // 100 != 2:
            return refused("mail", reply.code, reply.text)
        self._phase = "rcpt"
        if not together:
            self._wire.send(envelope.rcpt)
        reply = await self._wire.reply(self._timeouts.rcpt)
        return None if reply.code // 100 == 2 else await self._turned_away(reply)

    async def _hand_over(self, envelope: Envelope, parcel: Parcel, may_go: MayGo) -> Receipt:
        """The question, DATA, and the message; the phase turns to `dot` with the first byte of the body."""
        self._phase = "data"
        if not await may_go(parcel):
            await self._reset()
            return Receipt("withheld", "data", None, "withdrawn just before DATA")
        self._wire.send(b"DATA\r\n")
        reply = await self._wire.reply(self._timeouts.data)
        if reply.code // 100 != 3:
            return await self._turned_away(reply)
        self._wire.send(envelope.body)
        self._phase = "dot"
        return self._final(await self._wire.reply(self._timeouts.dot))

    def _final(self, reply: Reply) -> Receipt:
        """The answer to the dot closes the transaction either way, unless it is no answer to a dot."""
        self._is_clean = reply.code // 100 in (2, 4, 5) and reply.code != _CLOSING
        if reply.code // 100 == 2:
            return Receipt("sent", "dot", reply.code, tidy(reply.text))
        return refused("dot", reply.code, reply.text)

    async def _turned_away(self, reply: Reply) -> Receipt:
        """RCPT or DATA was refused: the transaction is still open and is taken back."""
        if reply.code // 100 in (4, 5) and reply.code != _CLOSING:
            await self._reset()
        return refused(self._phase, reply.code, reply.text)

    async def _reset(self) -> None:
        """Take the open transaction back. If that fails the session is not used again; the receipt stands."""
        try:
            self._wire.send(b"RSET\r\n")
            reply = await self._wire.reply(self._timeouts.quit)
        except LineBroken:
            return
        self._is_clean = reply.code // 100 == 2
