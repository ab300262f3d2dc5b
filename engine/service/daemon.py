"""The daemon: loops that are kicked, one lease on the database, and an orderly end.

`once` and `until_idle` run the same loops in the caller's thread; tests use them instead of sleeping.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread
from uuid import uuid4

from engine.errors import LeaseError, RefusedError
from engine.model.message import Channel
from engine.model.policy import Policy
from engine.service.clock import Clock, WallClock
from engine.service.running import Running, load_running
from engine.service.sender import Sender
from engine.service.timetable import Timetable
from engine.service.walk import walk
from engine.store.database import Store
from engine.store.outbox import OnUnsure

log = logging.getLogger(__name__)

LEASE = "daemon"
_WALK_EVERY = 1.0
_SEND_EVERY = 1.0
_RELOAD_EVERY = 2.0
_BEAT_EVERY = 5.0


@dataclass(slots=True)
class Daemon:
    """Everything one process does. `clock` is the wall's, or a virtual one in a replay."""

    store: Store
    channel: Channel
    limits: Policy
    unsubscribe: str | None = None
    on_unsure: OnUnsure = "resend"
    clock: Clock = field(default_factory=WallClock)
    token: str = field(default_factory=lambda: uuid4().hex)
    _running: Running | None = None
    _sender: Sender | None = None
    _may_go_on: list[bool] = field(default_factory=lambda: [True])
    _flags: list[Flag] = field(default_factory=list)
    _failure: BaseException | None = None

    # --- beginning and end ---

    def begin(self) -> None:
        """Take the lease, load what runs, give back what a dead worker had in hand."""
        self.store.take_lease(LEASE, os.getpid(), socket.gethostname(), self.token, WallClock().now(), is_alive)
        self.reload()
        found = self.store.recover_messages(None, self.clock.now(), self.on_unsure)
        if found.given_back or found.unsure:
            log.warning(
                "after a crash: %d messages given back, %d unsure (%d of them sent again)",
                found.given_back,
                found.unsure,
                found.resent,
            )

    def end(self) -> None:
        """Close connections and give the lease back."""
        if self._sender is not None:
            self._sender.close()
        self.store.release_lease(LEASE, self.token)

    def stop(self) -> None:
        """Finish the page and the messages under way, then end. Safe from a signal handler."""
        self._may_go_on[0] = False
        for flag in self._flags:
            flag.set()

    @property
    def may_go_on(self) -> bool:
        """False once `stop` was called."""
        return self._may_go_on[0]

    # --- what the loops do, once ---

    def running(self) -> Running:
        """What is applied."""
        if self._running is None:
            self.reload()
        assert self._running is not None  # noqa: S101  # reload always sets it
        return self._running

    def reload(self) -> None:
        """Look for a newer apply."""
        if self._running is not None and self._running.serial == self.store.serial():
            return
        self._running = load_running(self.store, self.limits, self.unsubscribe, self._running)
        log.info("running: %s", ", ".join(sorted(self._running.current)) or "nothing; `journeys apply` makes journeys run")

    def walk_once(self) -> int:
        """Fire what is due."""
        return walk(self.store, self.running(), self.clock.now(), may_go_on=self._may_go_on)

    def send_once(self) -> int:
        """Send what may be sent."""
        return self.sender().once()

    def sender(self) -> Sender:
        """Made when first needed."""
        if self._sender is None:
            self._sender = Sender(self.store, self.running, self.channel, self.clock, self.token, self._may_go_on)
        return self._sender

    def beat(self) -> None:
        """Say that we live."""
        self.store.beat_lease(LEASE, self.token, WallClock().now())

    # --- ways to run ---

    def once(self) -> None:
        """One round of everything."""
        self.walk_once()
        self.send_once()

    def until_idle(self) -> None:
        """Rounds until nothing is due and the outbox has nothing for now."""
        while self._may_go_on[0] and (self.walk_once() + self.send_once()) > 0:
            self.beat()

    def forever(self) -> None:
        """Loops in threads, kicked by the timetable, until `stop`. Raises what broke a loop beyond repair."""
        timetable = Timetable()
        walking, sending = Flag(), Flag()

        def walk_and_kick() -> None:
            if self.walk_once():
                sending.set()

        threads = [
            self._loop_of("walk", walking, walk_and_kick, timetable, _WALK_EVERY),
            self._loop_of("send", sending, self.send_once, timetable, _SEND_EVERY),
            self._loop_of("reload", Flag(), self.reload, timetable, _RELOAD_EVERY),
            self._loop_of("beat", Flag(), self.beat, timetable, _BEAT_EVERY),
        ]
        timetable.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        timetable.stop()
        if self._failure is not None:
            raise self._failure

    def _loop_of(self, name: str, flag: Flag, work: Callable[[], object], timetable: Timetable, every: float) -> Thread:
        """A thread that works each time its flag is set; trouble of one round does not end the loop."""
        self._flags.append(flag)
        timetable.every(every, flag.set)
        flag.set()

        def loop() -> None:
            while self._may_go_on[0]:
                flag.wait()
                flag.clear()
                if not self._may_go_on[0]:
                    break
                try:
                    work()
                except LeaseError as error:
                    log.critical("%s", error.message)
                    self._failure = error
                    self.stop()
                except Exception as error:
                    log.error("%s: %s; trying again", name, error, exc_info=error)

        return Thread(target=loop, name=name)


def is_alive(pid: int, host: str) -> bool:
    """Whether the process exists; of another host nobody can know, so yes."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """A killed process whose parent has not looked yet is dead all the same (Linux)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return False


def refuse_unsafe_marketing(running: Running, *, relay_is_remote: bool, unsubscribe: str | None) -> None:
    """Marketing to real people needs a way out that works."""
    if not relay_is_remote or unsubscribe is not None:
        return
    for version in running.current.values():
        if any(step.is_send for step in version.journey.steps.values()) and version.journey.status != "draft":
            raise RefusedError(
                f"`{version.journey.id}` would send marketing mail over a real relay without an unsubscribe address",
                "Set `unsubscribe_mailto: unsubscribe@your-shop.example` in config.yaml.",
            )
