"""The sender: takes released messages, renders them, hands them to the channel, and records what became of them.

Just before DATA each message passes the gate: one transaction that looks at consent, suppression and
exits once more and records the intent. Questions and receipts that arrive while a transaction runs share
the next one, so each open connection has at most one message whose fate is not on record.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from engine.core.last_look import look_again
from engine.core.permit import Drop, Go, Hold
from engine.core.retry import next_try, relay_pause
from engine.errors import RenderError
from engine.model.message import Channel, Content, Message, Parcel, Receipt
from engine.service.clock import Clock
from engine.service.running import Running
from engine.store.database import Store
from engine.store.outbox import MessageUpdate, OutboxItem

log = logging.getLogger(__name__)

_BATCH = 500


@dataclass(slots=True)
class _Held:
    """A message under way: what was rendered and how often it was tried."""

    message: Message
    attempts: int
    content: Content


@dataclass(slots=True)
class Sender:
    """One sender of one daemon. `worker` names it in the outbox; `running` answers what is applied now."""

    store: Store
    running: Callable[[], Running]
    channel: Channel
    clock: Clock
    worker: str
    may_go_on: list[bool] = field(default_factory=lambda: [True])
    paused_until: datetime | None = None
    relay_faults: int = 0
    unrendered: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _loop: asyncio.AbstractEventLoop | None = None

    def once(self) -> int:
        """Send what may be sent now; how many messages were taken in hand."""
        sent = 0
        while self.may_go_on[0] and not self.is_paused():
            items = self.store.claim_messages(self.clock.now(), self.worker, _BATCH)
            if not items:
                break
            self.loop().run_until_complete(self._send_all(items))
            sent += len(items)
        return sent

    def is_paused(self) -> bool:
        """Whether the relay is left alone for a while."""
        return self.paused_until is not None and self.clock.now() < self.paused_until

    def loop(self) -> asyncio.AbstractEventLoop:
        """Connections live as long as their event loop, so there is one for all rounds."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop

    def close(self) -> None:
        """Say goodbye to the servers."""
        if self._loop is not None:
            self._loop.run_until_complete(self.channel.close())
            self._loop.close()
            self._loop = None

    # --- one batch ---

    async def _send_all(self, items: list[OutboxItem]) -> None:
        gate = _Gate(self)
        waiting = iter(items)

        async def carry() -> None:
            for item in waiting:
                if not self.may_go_on[0] or self.is_paused():
                    gate.give_back(item)
                    continue
                await self._send(item, gate)

        await asyncio.gather(*(carry() for _ in range(self.channel.connections)))
        await gate.close()
        for (journey, step, words), count in self.unrendered.items():
            log.warning("%d messages of %s/%s cannot be rendered: %s", count, journey, step, words)
        self.unrendered.clear()

    async def _send(self, item: OutboxItem, gate: _Gate) -> None:
        message = item.message
        try:
            version = self.running().version(message.journey, message.version)
            if version is None:
                raise RenderError("its version is not in the database any more")
            parcel, content = self.running().letters.parcel(message, version, self.clock.now())
        except RenderError as error:
            self.unrendered[message.journey, message.step, error.message] += 1
            gate.record(MessageUpdate(message.id or 0, "failed", "render_failed", reply=_words(error)))
            return
        gate.under_way[parcel.key] = _Held(message, item.attempts, content)
        receipt = await self.channel.deliver(parcel, gate.may_go)
        held = gate.under_way.pop(parcel.key)
        update = self._outcome(held, receipt)
        if update is not None:
            gate.record(update)

    def _outcome(self, held: _Held, receipt: Receipt) -> MessageUpdate | None:
        """What the receipt means for the outbox (guarantees: only what the server said of this message bounces it)."""
        id = held.message.id or 0
        words = f"{receipt.code or ''} {receipt.text}".strip()
        match receipt.kind:
            case "sent":
                self.relay_faults = 0
                return MessageUpdate(id, "sent", subject=held.content.subject, reply=words, is_attempt=True)
            case "bounced":
                return MessageUpdate(id, "bounced", "bounced", subject=held.content.subject, reply=words, is_attempt=True)
            case "deferred":
                return self._deferred(held, words)
            case "unsure":
                log.warning("message %s: the line broke after DATA; the server may have it", id)
                return MessageUpdate(id, "unsure", "line_broke_after_data", subject=held.content.subject, reply=words, is_attempt=True)
            case "relay_fault":
                return self._relay_fault(id, receipt, words)
            case "withheld":
                return None

    def _deferred(self, held: _Held, words: str) -> MessageUpdate:
        id, now = held.message.id or 0, self.clock.now()
        again = next_try(held.message.at, held.attempts + 1, held.message.message_id, now)
        if again is None:
            return MessageUpdate(id, "failed", "gave_up", subject=held.content.subject, reply=words, is_attempt=True)
        return MessageUpdate(id, "deferred", "deferred", again, held.content.subject, words, True)

    def _relay_fault(self, id: int, receipt: Receipt, words: str) -> MessageUpdate:
        """The relay is at fault: nobody bounces, everything waits."""
        now = self.clock.now()
        if not self.is_paused():
            self.relay_faults += 1
            self.paused_until = now + relay_pause(self.relay_faults)
            log.error("the mail relay refuses at %s (%s); nothing is sent until %s", receipt.phase, words, self.paused_until)
        return MessageUpdate(id, "ready", None, self.paused_until, reply=words)


def _words(error: RenderError) -> str:
    return f"{error.message} {error.help}".strip()


class _Gate:
    """Collects questions and receipts, and settles all that wait in one transaction."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._questions: list[tuple[int, asyncio.Future[bool]]] = []
        self._updates: list[MessageUpdate] = []
        self._task: asyncio.Task[None] | None = None
        self.under_way: dict[int, _Held] = {}

    async def may_go(self, parcel: Parcel) -> bool:
        """Asked by a connection just before DATA."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._questions.append((parcel.key, answer))
        self._start()
        return await answer

    def record(self, update: MessageUpdate) -> None:
        """Write this with the next transaction."""
        self._updates.append(update)

    def give_back(self, item: OutboxItem) -> None:
        """Not tried after all."""
        paused = self._sender.paused_until if self._sender.is_paused() else None
        self.record(MessageUpdate(item.message.id or 0, "ready", None, paused))

    async def close(self) -> None:
        """Settle what is left."""
        while self._task is not None or self._updates:
            self._start()
            if self._task is not None:
                await self._task

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._settle())

    async def _settle(self) -> None:
        try:
            while self._questions or self._updates:
                questions, self._questions = self._questions, []
                updates, self._updates = self._updates, []
                try:
                    answers = await asyncio.to_thread(self._transaction, [key for key, _ in questions], updates)
                except BaseException as error:
                    for _, answer in questions:
                        answer.set_exception(error)
                    raise
                for key, answer in questions:
                    answer.set_result(answers.get(key, False))
                if not self._questions:
                    break
        finally:
            self._task = None

    def _transaction(self, keys: list[int], updates: list[MessageUpdate]) -> dict[int, bool]:
        """Record receipts, look once more at those about to go, and record the intent of those that may."""
        sender, now = self._sender, self._sender.clock.now()
        with sender.store.page("gate") as page:
            if updates:
                page.mark(updates, now, worker=sender.worker)
            if not keys:
                return {}
            policy = sender.running().world.policy
            decided: list[MessageUpdate] = []
            for key, look in page.looks(keys).items():
                subject = self.under_way[key].content.subject
                if look.claimed_by != sender.worker:
                    continue
                match look_again(look.message, look.contact, policy, look.left_reason, look.attempts, now):
                    case Go():
                        decided.append(MessageUpdate(key, "in_data", subject=subject))
                    case Hold(until, reason):
                        decided.append(MessageUpdate(key, "deferred", reason, until, subject))
                    case Drop(reason, detail):
                        words = f"just before DATA: {reason} {detail}".strip()
                        decided.append(MessageUpdate(key, "dropped", reason, subject=subject, reply=words))
            written = page.mark(decided, now, worker=sender.worker)
            return {update.id: update.state == "in_data" and update.id in written for update in decided}
