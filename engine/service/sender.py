"""The sender: takes released messages, renders them, hands them to the channel, records what became of them.

Just before DATA each message passes the gate: one transaction that looks at consent, suppression and
exits once more and records the intent. Questions and receipts that arrive while a transaction runs share
the next one, so each open connection has at most one message whose fate is not on record.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.bounces.answer import read_answer
from engine.bounces.judge import judge
from engine.core.last_look import Rest, look_again
from engine.core.permit import Drop, Go, Hold
from engine.core.retry import next_try, relay_pause
from engine.errors import RenderError
from engine.model.message import Channel, Content, Message, Parcel, Receipt
from engine.service.clock import Clock
from engine.service.returning import Bounce, tell_bounces
from engine.service.running import Running
from engine.store.database import Store
from engine.store.outbox import Look, MessageUpdate, OnUnsure, OutboxItem
from engine.store.pages import Page

log = logging.getLogger(__name__)

_BATCH = 500

#: Seconds for messages under way when the daemon is told to stop, and for connections to say goodbye.
_DRAIN, _GOODBYE = 5.0, 1.5
_LOOK_EVERY = 0.2

#: Why marketing mail stays, and when it is looked at again.
_NO_WAY_OUT = (
    "marketing mail over a real relay needs an unsubscribe address; "
    "set `http.public_url` or `unsubscribe_mailto` in config.yaml and start the daemon again"
)
_LOOK_AGAIN = timedelta(minutes=10)

#: Where an answer shows that the relay works, whatever it says of the message.
_WELL = ("rcpt", "data", "dot")


@dataclass(slots=True)
class _Held:
    """A message under way: what was rendered, how often it was tried. `is_allowed`: DATA may have begun."""

    message: Message
    attempts: int
    content: Content
    is_allowed: bool = False


@dataclass(slots=True)
class Sender:
    """One sender of one daemon. `worker` names it in the outbox; `running` answers what is applied now."""

    store: Store
    running: Callable[[], Running]
    channel: Channel
    clock: Clock
    worker: str
    may_go_on: list[bool] = field(default_factory=lambda: [True])
    on_unsure: OnUnsure = "resend"
    may_market: bool = True  # False: marketing mail would have no way out, and stays here
    only: str | None = None  # the channel whose messages it takes; None: it takes all
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    relay_faults: int = 0
    _bounced: list[Bounce] = field(default_factory=list)  # to be told before their messages are marked
    _unwritten: list[MessageUpdate] = field(default_factory=list)  # what the database could not take in
    _unsent: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _told: set[tuple[str, str, str]] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None

    def once(self) -> int:
        """Send what may be sent now; how many messages were taken in hand. Raises what the database does."""
        self._write_down()
        sent = 0
        while self.may_go_on[0] and not self.is_paused():
            items = self.store.claim_messages(self.clock.now(), self.worker, _BATCH, self.only)
            if not items:
                break
            self.loop().run_until_complete(self._send_all(items))
            sent += len(items)
            if len(items) < _BATCH:
                break  # what was released meanwhile comes with the next round
        return sent

    def is_paused(self) -> bool:
        """Whether the relay is left alone. A clock that was set back ends a pause of the future."""
        if self.paused_from is None or self.paused_until is None:
            return False
        return self.paused_from <= self.clock.now() < self.paused_until

    @property
    def far_end(self) -> str:
        """What people call the other side."""
        return "the mail relay" if self.only in (None, "email") else f"the way out for {self.only}"

    def loop(self) -> asyncio.AbstractEventLoop:
        """Connections live as long as their event loop, so there is one for all rounds."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop

    def close(self) -> None:
        """Say goodbye to the servers, briefly."""
        if self._loop is not None:
            self._loop.run_until_complete(self._say_goodbye())
            self._loop.close()
            self._loop = None
        self._write_down()

    async def _say_goodbye(self) -> None:
        try:
            await asyncio.wait_for(self.channel.close(), _GOODBYE)
        except TimeoutError:
            log.debug("%s did not answer our goodbye", self.far_end)

    def _write_down(self) -> None:
        """Record what an earlier round knew and the database did not take: nothing is sent twice for it."""
        self.tell_bounces(self.clock.now())
        if self._unwritten:
            with self.store.page("gate") as page:
                marked = page.mark(self._unwritten, self.clock.now(), worker=self.worker)
                ended = {one.id for one in self._unwritten if one.state in ("sent", "bounced")}
                page.tally_outcomes(ended & marked, self.clock.now())
            self._unwritten = []

    def tell_bounces(self, now: datetime) -> None:
        """In a transaction of its own, which locks its contacts in order. After a crash before the message is
        marked it is tried again, and the second bounce is known already."""
        told, self._bounced = self._bounced, []
        try:
            if told:
                tell_bounces(self.store, self.running(), told, now)
        except BaseException:
            self._bounced = told + self._bounced
            raise

    # --- one batch ---

    async def _send_all(self, items: list[OutboxItem]) -> None:
        gate = _Gate(self, self.running())
        waiting = iter(items)
        carriers = [
            asyncio.create_task(self._carry(waiting, gate)) for _ in range(max(self.channel.connections, 1))
        ]
        await self._finish(carriers)
        await gate.close()
        self._complain()
        if gate.trouble is not None:
            raise gate.trouble

    async def _carry(self, waiting: Iterator[OutboxItem], gate: _Gate) -> None:
        for item in waiting:
            if not self.may_go_on[0] or self.is_paused() or gate.trouble is not None:
                gate.give_back(item)
            else:
                await self._send(item, gate)

    async def _finish(self, carriers: list[asyncio.Task[None]]) -> None:
        """Until all are done; once the daemon is told to stop, a server that hangs is not waited for long."""
        loop = asyncio.get_running_loop()
        pending, ends_at = set(carriers), None
        while pending:
            _, pending = await asyncio.wait(pending, timeout=_LOOK_EVERY)
            if not self.may_go_on[0]:
                ends_at = ends_at or loop.time() + _DRAIN
                if loop.time() > ends_at:
                    for carrier in pending:
                        carrier.cancel()
        for carrier in carriers:
            carrier.result()

    async def _send(self, item: OutboxItem, gate: _Gate) -> None:
        message = item.message
        if not (self.may_market or message.transactional):
            self._keep_back(message, gate)
            return
        made = self._make(message, gate)
        if made is None:
            return
        parcel, content = made
        held = gate.under_way[parcel.key] = _Held(message, item.attempts, content)
        try:
            receipt: Receipt | None
            receipt = await self.channel.deliver(parcel, gate.may_go)
        except asyncio.CancelledError:
            receipt = _cut_off(held, "cut off because the program was told to stop")
        except Exception as error:  # noqa: BLE001  # whatever it is, it stays this message's own
            receipt = None if gate.trouble is error else _broken(held, error)
        del gate.under_way[parcel.key]
        if receipt is None:
            gate.give_back(item)
        elif (update := self._outcome(held, receipt)) is not None:
            if update.state == "bounced" and not message.is_to_staff:
                self._bounced.append(_bounce(message, receipt))
                update = replace(update, reason=self._bounced[-1].reason)
            gate.record(update)

    def _keep_back(self, message: Message, gate: _Gate) -> None:
        """Nothing is lost: it leaves once the address is set and the daemon started anew, or is too late."""
        self._unsent[message.journey, message.step, _NO_WAY_OUT] += 1
        again = self.clock.now() + _LOOK_AGAIN
        gate.record(MessageUpdate(message.id or 0, "ready", "no_way_out", again, reply=_NO_WAY_OUT))

    def _make(self, message: Message, gate: _Gate) -> tuple[Parcel, Content] | None:
        """The parcel; one that cannot be made is kept as failed, and delays nobody."""
        try:
            version = gate.running.version(message.journey, message.version)
            if version is None:
                raise RenderError("its version is not in the database any more")
            return gate.running.letters.parcel(message, version, self.clock.now())
        except RenderError as error:
            words = f"{error.message} {error.help}".strip()
            self._unsent[message.journey, message.step, error.message] += 1
        except Exception as error:  # whatever it is, it stays this message's own
            words = f"{type(error).__name__}: {error}"
            log.error("message %s cannot be rendered: %s", message.id, words, exc_info=error)
        gate.record(MessageUpdate(message.id or 0, "failed", "render_failed", reply=words))
        return None

    def _complain(self) -> None:
        """Say once what cannot leave, and why; the outbox has every single one."""
        for what, count in self._unsent.items():
            if what not in self._told:
                self._told.add(what)
                journey, step, words = what
                log.warning("%d messages of %s/%s do not leave: %s", count, journey, step, words)
        self._unsent.clear()

    # --- what became of one ---

    def _outcome(self, held: _Held, receipt: Receipt) -> MessageUpdate | None:
        """What the receipt means for the outbox: only what the server said of this message bounces it."""
        id, subject = held.message.id or 0, held.content.headline
        words = f"{receipt.code or ''} {receipt.text}".strip()
        if receipt.phase in _WELL and receipt.kind != "relay_fault":
            self._relay_works()
        match receipt.kind:
            case "sent":
                return MessageUpdate(id, "sent", subject=subject, reply=words, is_attempt=True)
            case "bounced":
                return MessageUpdate(id, "bounced", "bounced", subject=subject, reply=words, is_attempt=True)
            case "deferred":
                return self._deferred(held, words, receipt.retry_after)
            case "unsure":
                return self._unsure(held, words)
            case "relay_fault":
                return self._relay_fault(id, receipt, words)
            case "withheld":
                return None

    def _deferred(self, held: _Held, words: str, asked: float | None) -> MessageUpdate:
        """`asked`: the seconds for which the other side asks us to wait; never less than that."""
        id, subject = held.message.id or 0, held.content.headline
        again = self._next_try(held)
        if again is None:
            return MessageUpdate(id, "failed", "gave_up", subject=subject, reply=words, is_attempt=True)
        again = max(again, self.clock.now() + timedelta(seconds=asked or 0))
        return MessageUpdate(id, "deferred", "deferred", again, subject, words, True)

    def _unsure(self, held: _Held, words: str) -> MessageUpdate:
        """The server may have it. With `resend` it goes out again, under the same Message-ID."""
        id, subject, reason = held.message.id or 0, held.content.headline, "line_broke_after_data"
        again = self._next_try(held) if self.on_unsure == "resend" else None
        follows = "it stays as it is" if again is None else f"it is sent again at {again:%Y-%m-%d %H:%M} UTC"
        log.warning("message %s: the line broke after DATA and the server may have it; %s", id, follows)
        if again is None:
            return MessageUpdate(id, "unsure", reason, subject=subject, reply=words, is_attempt=True)
        return MessageUpdate(id, "deferred", reason, again, subject, words, True)

    def _next_try(self, held: _Held) -> datetime | None:
        message = held.message
        return next_try(message.at, held.attempts + 1, message.message_id, self.clock.now())

    def _relay_fault(self, id: int, receipt: Receipt, words: str) -> MessageUpdate:
        """The relay is at fault: nobody bounces, everything waits. Said once, not at every further try."""
        if not self.is_paused():
            now = self.clock.now()
            self.relay_faults += 1
            self.paused_from, self.paused_until = now, now + relay_pause(self.relay_faults)
            level = logging.ERROR if self.relay_faults == 1 else logging.DEBUG
            log.log(
                level,
                "%s refuses at %s (%s); its messages wait until it works",
                self.far_end,
                receipt.phase,
                words,
            )
        return MessageUpdate(id, "ready", None, self.paused_until, reply=words)

    def _relay_works(self) -> None:
        """What was under way when a pause began proves nothing about afterwards."""
        if self.relay_faults and not self.is_paused():
            log.warning("%s works again", self.far_end)
            self.relay_faults, self.paused_from, self.paused_until = 0, None, None


def _bounce(message: Message, receipt: Receipt) -> Bounce:
    """What the world answered; of mail, whether the address is no more."""
    words = f"{receipt.code or ''} {receipt.text}".strip()
    if message.channel != "email":
        return Bounce(message, "bounced", False, words)
    phase = "RCPT TO" if receipt.phase == "rcpt" else "end of DATA"
    judged = judge(read_answer(f"{words} (in reply to {phase} command)"), "")
    return Bounce(message, judged.reason, judged.is_hard, words)


def _cut_off(held: _Held, words: str) -> Receipt | None:
    """What is known of a message whose delivery did not come to its end; None: certainly nothing was sent."""
    return Receipt("unsure", "data", None, words) if held.is_allowed else None


def _broken(held: _Held, error: Exception) -> Receipt:
    """A mistake of the channel itself; the message is tried again like one that the server deferred."""
    words = f"{type(error).__name__}: {error}"
    log.error("message %s: the channel broke: %s", held.message.id, words, exc_info=error)
    return _cut_off(held, words) or Receipt("deferred", "", None, words)


class _Gate:
    """Collects questions and receipts, and settles all that wait in one transaction.

    When the database does not take them, `trouble` says why, and what was to be recorded is kept for later.
    """

    def __init__(self, sender: Sender, running: Running) -> None:
        self._sender = sender
        self._questions: list[tuple[int, asyncio.Future[bool]]] = []
        self._updates: list[MessageUpdate] = []
        self._task: asyncio.Task[None] | None = None
        self.running = running
        self.under_way: dict[int, _Held] = {}
        self.trouble: BaseException | None = None

    async def may_go(self, parcel: Parcel) -> bool:
        """Asked by a connection just before DATA."""
        if self.trouble is not None:
            raise self.trouble
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._questions.append((parcel.key, answer))
        self._start()
        may_go = await answer
        self.under_way[parcel.key].is_allowed = may_go
        return may_go

    def record(self, update: MessageUpdate) -> None:
        """Write this with the next transaction."""
        self._updates.append(update)

    def give_back(self, item: OutboxItem) -> None:
        """Not tried after all."""
        paused = self._sender.paused_until if self._sender.is_paused() else None
        self.record(MessageUpdate(item.message.id or 0, "ready", None, paused))

    async def close(self) -> None:
        """Settle what is left; what the database refuses to take goes back to the sender."""
        while self._task is not None or (self._updates and self.trouble is None):
            self._start()
            if self._task is not None:
                await self._task
        self._sender._unwritten += self._updates
        self._updates = []

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._settle())

    async def _settle(self) -> None:
        try:
            while self._questions or self._updates:
                questions, self._questions = self._questions, []
                updates, self._updates = self._updates, []
                if not await self._settle_these(questions, updates) or not self._questions:
                    break
        finally:
            self._task = None

    async def _settle_these(
        self, questions: list[tuple[int, asyncio.Future[bool]]], updates: list[MessageUpdate]
    ) -> bool:
        subjects = {
            key: self.under_way[key].content.headline for key, answer in questions if not answer.done()
        }
        try:
            answers = await asyncio.to_thread(self._transaction, subjects, updates)
        except BaseException as error:  # noqa: BLE001  # those who wait must hear of it
            self.trouble = error
            self._updates = updates + self._updates
            questions, self._questions = questions + self._questions, []
            for _, answer in questions:
                if not answer.done():
                    answer.set_exception(error)
            return False
        for key, answer in questions:
            if not answer.done():
                answer.set_result(answers.get(key, False))
        return True

    def _transaction(self, subjects: dict[int, str], updates: list[MessageUpdate]) -> dict[int, bool]:
        """Record receipts, look once more at those about to go, and record the intent of those that may."""
        sender, now = self._sender, self._sender.clock.now()
        sender.tell_bounces(now)
        with sender.store.page("gate") as page:
            marked = page.mark(updates, now, worker=sender.worker) if updates else set()
            answers = self._answers(page, subjects, now) if subjects else {}
            ended = {update.id for update in updates if update.state in ("sent", "bounced")}
            if ended & marked:
                page.tally_outcomes(ended & marked, now)
            return answers

    def _answers(self, page: Page, subjects: dict[int, str], now: datetime) -> dict[int, bool]:
        sender = self._sender
        decided = [
            self._decided(key, look, subjects[key], now)
            for key, look in page.looks(subjects).items()
            if look.claimed_by == sender.worker
        ]
        written = page.mark(decided, now, worker=sender.worker)
        return {update.id: update.state == "in_data" and update.id in written for update in decided}

    def _decided(self, key: int, look: Look, subject: str, now: datetime) -> MessageUpdate:
        policy = self.running.world.policy
        standing = look.journey_status or "live"
        match look_again(look.message, look.contact, policy, look.left_reason, look.attempts, now, standing):
            case Go():
                return MessageUpdate(key, "in_data", subject=subject)
            case Hold(until, reason):
                return MessageUpdate(key, "deferred", reason, until, subject)
            case Rest(reason):
                return MessageUpdate(key, "deferred", reason, subject=subject, rests=True)
            case Drop(reason, detail):
                words = f"just before DATA: {reason} {detail}".strip()
                return MessageUpdate(key, "dropped", reason, subject=subject, reply=words)
