"""The daemon: loops that are kicked, one lease on the database, and an orderly end.

`once` and `until_idle` run the same loops in the caller's thread; tests use them instead of sleeping.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event as Flag
from threading import Lock, Thread
from uuid import uuid4

from engine.core.alarm import AlarmLimits
from engine.errors import JourneysError, LeaseError, RefusedError
from engine.model.channels import CHANNELS
from engine.model.message import Channel
from engine.model.policy import Policy
from engine.service.alarms import Watch
from engine.service.clock import Clock, VirtualClock, WallClock
from engine.service.crew import Crew
from engine.service.figures import EVERY, count_sales, is_wanted
from engine.service.follower import Follower
from engine.service.letters import Sign
from engine.service.links import Links
from engine.service.return_paths import ReturnPaths
from engine.service.returning import Trust
from engine.service.returns import MailSource, Returns
from engine.service.running import Running, load_running, under_newest
from engine.service.sender import Sender
from engine.service.settling import settle
from engine.service.sweep import Sweep
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
_WATCH_EVERY = 30.0
_LOOK_EVERY = 10.0
_SWEEP_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class Daemon:
    """Everything one process does. `clock` is the wall's, or a virtual one in a replay."""

    store: Store
    channel: Channel
    limits: Policy
    unsubscribe: str | None = None
    on_unsure: OnUnsure = "resend"
    clock: Clock = field(default_factory=WallClock)
    links: Links | None = None  # pages for contacts, where people can reach them
    reaches_people: bool = False  # mail leaves this machine, so its links must lead somewhere
    may_market: bool = True  # False: mail reaches real people, and has no address to unsubscribe at
    ways: Callable[[str], Channel] | None = None  # opens a channel besides mail; None: `channel` takes all
    return_paths: ReturnPaths | None = None
    sources: tuple[MailSource, ...] = ()  # where mail comes back to
    takes_by_address: bool = False
    alarms: AlarmLimits = field(default_factory=AlarmLimits)
    keep_trace: timedelta = timedelta(days=400)
    sign: Sign | None = None  # by DKIM
    token: str = field(default_factory=lambda: uuid4().hex)
    walked_at: datetime | None = None  # when the walk was last through
    _running: Running | None = None
    _senders: dict[str, Sender] = field(default_factory=dict)
    _left: frozenset[str] = frozenset()  # channels of messages that were waiting when we began
    _crew: Crew | None = None
    _swept_at: datetime | None = None
    _may_go_on: list[bool] = field(default_factory=lambda: [True])
    _flags: list[Flag] = field(default_factory=list)
    _failure: JourneysError | None = None
    _counted_at: datetime | None = None
    _loading: Lock = field(default_factory=Lock)
    _heart: Thread | None = None
    _has_ended: Flag = field(default_factory=Flag)
    _watch: Watch = field(init=False)
    _returns: Returns = field(init=False)
    _sweep: Sweep = field(init=False)

    def __post_init__(self) -> None:
        trust = Trust(self.return_paths, self.takes_by_address)
        self._returns = Returns(self.store, self.running, self.sources, trust)
        self._watch = Watch(self.store, self.running, self.alarms)
        self._sweep = Sweep(self.store, self.keep_trace)

    # --- beginning and end ---

    def begin(self) -> None:
        """Take the lease, load what runs, give back what a dead worker had in hand."""
        self.store.take_lease(
            LEASE, os.getpid(), socket.gethostname(), self.token, WallClock().now(), is_alive
        )
        try:
            self.reload()
            self._recover()
        except BaseException:
            self.store.release_lease(LEASE, self.token)
            raise
        self._has_ended.clear()
        self._heart = Thread(target=self._live_on, name="beat", daemon=True)
        self._heart.start()

    def _recover(self) -> None:
        if isinstance(self.clock, VirtualClock):
            self._catch_up(self.clock)
        found = self.store.recover_messages(None, self.clock.now(), self.on_unsure)
        if self.ways is not None:
            self._left = self.store.waiting_channels()
        if found.given_back or found.unsure:
            log.warning(
                "after a crash: %d messages given back, %d unsure (%d of them sent again)",
                found.given_back,
                found.unsure,
                found.resent,
            )

    def _catch_up(self, clock: VirtualClock) -> None:
        """An interrupted replay goes on at the instant at which the messages in hand were taken."""
        for item in self.store.messages(states=("claimed", "in_data"), limit=1):
            clock.set(item.changed_at)

    def end(self) -> None:
        """Close connections and give the lease back."""
        self._has_ended.set()
        if self._heart is not None:
            self._heart.join()
            self._heart = None
        try:
            if self._crew is not None:
                self._crew.close()
            for sender in self._senders.values():
                sender.close()
        finally:
            self.store.release_lease(LEASE, self.token)

    def stop(self) -> None:
        """Finish the page and the messages under way, then end. Safe from a signal handler."""
        self._may_go_on[0] = False
        for flag in self._flags:
            flag.set()

    def wake(self) -> None:
        """Let every loop look at once, because something came in."""
        for flag in self._flags:
            flag.set()

    @property
    def may_go_on(self) -> bool:
        """False once `stop` was called."""
        return self._may_go_on[0]

    # --- what the loops do, once ---

    def running(self) -> Running:
        """What is applied, as last looked at."""
        if self._running is None:
            self.reload()
        assert self._running is not None  # noqa: S101  # reload always sets it
        return self._running

    def reload(self) -> None:
        """Look for a newer apply."""
        with self._loading:
            before = self._running
            self._running = load_running(self.store, self.limits, self.unsubscribe, before)
            follower = None if self.links is None else Follower(self.links.base, self.links.keys)
            self._running.letters = replace(
                self._running.letters,
                links=self.links,
                follower=follower,
                return_paths=self.return_paths,
                sign=self.sign,
                reaches_people=self.reaches_people,
            )
        if self._running is not before:
            names = ", ".join(sorted(self._running.current))
            log.info("running: %s", names or "nothing; `journeys apply` makes journeys run")

    def walk_once(self) -> int:
        """Fire what is due."""
        self.reload()
        self._count_sales()
        crew, now = self.crew(), self.clock.now()
        self._forget_kept(now)
        if self.running().unsettled:
            under_newest(
                self.running(), lambda running: settle(self.store, running, now, may_go_on=self._may_go_on)
            )
            self.reload()
        done = walk(self.store, self.running(), now, may_go_on=self._may_go_on, crew=crew)
        self.walked_at = self.clock.now()
        return done

    def take_returned(self) -> int:
        """Take what came back; how many mails that were."""
        return self._returns.once(self.clock.now())

    def _count_sales(self) -> None:
        """Now and then, where some journey recommends what sells."""
        now, last = self.clock.now(), self._counted_at
        if is_wanted(self.running()) and (last is None or not last <= now < last + EVERY):
            count_sales(self.store, now)
            self._counted_at = now

    def _forget_kept(self, now: datetime) -> None:
        """Entries whose grace is over would never be asked again; nobody needs them gone at once."""
        if self.running().keeps_entries and (self._swept_at is None or now - self._swept_at >= _SWEEP_EVERY):
            self._swept_at = now
            with self.store.page("sweep") as page:
                page.drop_kept(now)

    def watch_once(self) -> None:
        """Look whether something must be told or stopped, and forget what is old."""
        now = self.clock.now()
        self._watch.once(now)
        self._sweep.once(now)

    def crew(self) -> Crew:
        """Made when first needed; its processes start with the first burst."""
        if self._crew is None:
            self._crew = Crew(self.store.url, self.limits)
        return self._crew

    def send_once(self) -> int:
        """Send what may be sent, over all channels in use side by side."""
        senders = [self.sender(channel) for channel in ("email", *self._others_in_use())]
        if len(senders) == 1 or isinstance(self.clock, VirtualClock):  # a replay is the same each time
            return sum(sender.once() for sender in senders)
        with ThreadPoolExecutor(len(senders)) as pool:
            return sum(pool.map(Sender.once, senders))

    def sender(self, channel: str = "email") -> Sender:
        """Of a channel; made when first needed. One for each, so that a slow one delays no other."""
        if channel not in self._senders:
            is_mail = channel == "email" or self.ways is None
            self._senders[channel] = Sender(
                self.store,
                self.running,
                self.channel if is_mail or self.ways is None else self.ways(channel),
                self.clock,
                self.token,
                self._may_go_on,
                self.on_unsure,
                self.may_market or not is_mail,  # who gets a text answers it, or tells the provider
                None if self.ways is None else channel,
            )
        return self._senders[channel]

    def _others_in_use(self) -> list[str]:
        """Channels besides mail over which something may have to leave."""
        if self.ways is None:
            return []
        used = self.running().channels | self._left
        return [channel for channel in CHANNELS if channel != "email" and channel in used]

    @property
    def paused_until(self) -> datetime | None:
        """The end of the first pause, where some way out is left alone."""
        pauses = [sender.paused_until for sender in self._senders.values()]
        return min((pause for pause in pauses if pause is not None), default=None)

    def _send_over(self, channel: str) -> int:
        """One round of one channel; nothing where nobody uses it."""
        if channel != "email" and channel not in self._others_in_use():
            return 0
        return self.sender(channel).once()

    def beat(self) -> None:
        """Say that we live. LeaseError when another took our place; then everything stops."""
        try:
            self.store.beat_lease(LEASE, self.token, WallClock().now())
        except LeaseError as error:
            self._failure = error
            self.stop()
            raise

    # --- ways to run ---

    def once(self) -> None:
        """One round of everything."""
        self.take_returned()
        self.walk_once()
        self.send_once()
        self.watch_once()
        self.raise_failure()

    def until_idle(self) -> None:
        """Rounds until nothing is due and the outbox has nothing for now."""
        while self._may_go_on[0] and (self.take_returned() + self.walk_once() + self.send_once()) > 0:
            pass
        self.raise_failure()

    def forever(self) -> None:
        """Loops in threads, kicked by the timetable, until `stop`. Raises what made it stop by itself."""
        timetable = Timetable()
        walking = Flag()
        sending = {channel: Flag() for channel in (CHANNELS if self.ways is not None else ("email",))}

        def walk_and_kick() -> None:
            if self.walk_once():
                for flag in sending.values():
                    flag.set()

        threads = [
            self._loop_of("walk", walking, walk_and_kick, timetable, _WALK_EVERY),
            *(
                self._loop_of(
                    f"send {channel}", flag, partial(self._send_over, channel), timetable, _SEND_EVERY
                )
                for channel, flag in sending.items()
            ),
            *(
                [
                    self._loop_of(
                        "bounces", Flag(), self._take_returned_and_kick(walking), timetable, _LOOK_EVERY
                    )
                ]
                if self.sources
                else []
            ),
            self._loop_of("reload", Flag(), self.reload, timetable, _RELOAD_EVERY),
            self._loop_of("watch", Flag(), self.watch_once, timetable, _WATCH_EVERY),
        ]
        timetable.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        timetable.stop()
        self.raise_failure()

    def _take_returned_and_kick(self, walking: Flag) -> Callable[[], None]:
        def work() -> None:
            if self.take_returned():
                walking.set()

        return work

    def raise_failure(self) -> None:
        """What made the daemon stop by itself, if anything did."""
        if self._failure is not None:
            raise self._failure

    def _loop_of(
        self, name: str, flag: Flag, work: Callable[[], object], timetable: Timetable, every: float
    ) -> Thread:
        """A thread that works each time its flag is set, until `stop`."""
        self._flags.append(flag)
        timetable.every(every, flag.set)
        flag.set()
        rounds = _Round(name, work)

        def loop() -> None:
            while True:
                flag.wait()
                flag.clear()
                if not self._may_go_on[0]:
                    return
                rounds.run()

        return Thread(target=loop, name=name)

    def _live_on(self) -> None:
        """Beat beside whatever else goes on, however long it takes."""
        rounds = _Round("beat", self.beat)
        while not self._has_ended.wait(_BEAT_EVERY) and self._failure is None:
            rounds.run()


class _Round:
    """One loop's work. Its trouble does not end the loop; it is said once, and once when it is over."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name = name
        self._work = work
        self._trouble = ""

    def run(self) -> None:
        """Work once; never raises."""
        try:
            self._work()
        except LeaseError as error:
            log.critical("%s", error.message)
        except JourneysError as error:
            self._tell(f"{error.message} {error.help}".strip(), None)
        except Exception as error:  # noqa: BLE001  # a mistake of ours must not end the others' work
            self._tell(f"{type(error).__name__}: {error}", error)
        else:
            if self._trouble:
                log.warning("%s: works again", self._name)
            self._trouble = ""

    def _tell(self, words: str, error: Exception | None) -> None:
        level = logging.DEBUG if words == self._trouble else logging.ERROR
        self._trouble = words
        log.log(level, "%s: %s; trying again", self._name, words, exc_info=error)


def is_alive(pid: int, host: str) -> bool:
    """Whether the process exists; of another host nobody can know, so yes.

    Our own pid on a lease that is not ours was a predecessor's: in a container it is often the same.
    """
    if host != socket.gethostname():
        return True
    if pid == os.getpid():
        return False
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


def refuse_unsafe_marketing(running: Running) -> None:
    """Marketing to real people needs a way out that works; what is transactional goes without.

    Asked once, when the daemon is about to begin. What is applied later is held back by the sender.
    """
    for version in running.current.values():
        may_send = version.journey.status not in ("draft", "shadow", "stopped")
        if may_send and any(step.is_marketing for step in version.journey.steps.values()):
            raise RefusedError(
                f"`{version.journey.id}` would send marketing mail over a real relay "
                "without an unsubscribe address",
                "Set `http.public_url` or `unsubscribe_mailto: unsubscribe@shop.example` in config.yaml.",
            )
