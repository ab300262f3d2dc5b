"""The process beside the writer: it loads pages, decides them, and hands back rows. It writes nothing.

It lives as long as its pipe: when the daemon is gone, however it went, the pipe ends and so does the process.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread

from msgspec import msgpack

from engine.core.case import Case, World
from engine.core.live import fire_timers
from engine.core.versions import find_journey
from engine.errors import JourneysError
from engine.model.policy import Policy
from engine.service.running import Running, load_running
from engine.store.database import Store
from engine.store.pages import Page
from engine.store.write_set import WriteSet

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A page to decide. `serial` is of the apply that the writer goes by."""

    number: int
    serial: int
    keys: list[int]
    now: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a page: `done` contacts in rows; `left_out` is for the writer to do itself."""

    done: int
    left_out: list[int]
    rows: WriteSet


@dataclass(frozen=True, slots=True)
class Answer:
    """None: the writer is to do the whole page."""

    number: int
    decided: Decided | None


#: What goes through the pipe: MessagePack, which takes a tenth of pickle's time. None: the process is ready.
pack = msgpack.Encoder().encode
unpack_job = msgpack.Decoder(Job).decode
unpack_answer: Callable[[bytes], Answer | None] = msgpack.Decoder(Answer | None).decode


# --- one page ----------------------------------------------------------------------------------


def decide(store: Store, running: Running, keys: list[int], now: datetime) -> Decided | None:
    """The page as of the last commit. A contact whose work breaks or reaches further than what is due is left
    out; the page as a whole is None while a step or version has never been written to this database."""
    with store.snapshot() as page:
        cases = page.load(keys, now=now, **running.reach(now))
        looks = looks_due(page, running.world, keys, now)
        done: list[Case] = []
        left_out: list[int] = []
        for case in cases:
            if case.key not in looks and _is_decided(case, running.world, now):
                done.append(case)
            else:
                left_out.append(case.key)
        rows = page.pack(done, now)
    return None if rows is None else Decided(len(done), left_out, rows)


def _is_decided(case: Case, world: World, now: datetime) -> bool:
    """Fire what is due; False when the result is not to be used."""
    if may_change_contact(case, world) or _asks_the_shop(case, world):
        return False
    there = len(case.enrollments)
    try:
        fire_timers(case, world, now, now)
    except Exception:  # noqa: BLE001  # the writer meets it again, says it aloud and sets the contact aside
        return False
    has_entered = len(case.enrollments) > there
    return not (case.is_contact_changed or case.are_members_changed or case.told or case.kept or has_entered)


def looks_due(page: Page, world: World, keys: Collection[int], now: datetime) -> Collection[int]:
    """The contacts whose stage is to be looked at again by now: that may concern more than what is due."""
    return page.looks_due(keys, now) if world.lifecycle is not None else ()


def may_change_contact(case: Case, world: World) -> bool:
    """Whether what is due has steps that change attributes or topics, asks about other journeys, or is asked
    about or followed by them; a journey that is unknown may. A moment lets the contact enter, which reaches
    far; where releases are listened to, whatever is due does."""
    if case.moments or (world.hears_releases and case.enrollments):
        return True
    for enrollment in case.enrollments:
        journey = find_journey(world, enrollment)
        if journey is None or journey.version in world.far_reaching:
            return True
    return False


def _asks_the_shop(case: Case, world: World) -> bool:
    """Whether what is due reads products or takes codes: what was read or taken is written by the writer."""
    if not world.asking_the_shop:
        return False
    found = (find_journey(world, one) for one in case.enrollments)
    return any(journey is not None and journey.version in world.asking_the_shop for journey in found)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """A page makes a hundred thousand objects, none of them in a cycle: looking for cycles among them again
    and again costs a third of the time and finds nothing. They go as soon as the page lets go of them, which
    is to be before this ends: otherwise all are looked at once more."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# --- the process -------------------------------------------------------------------------------


def serve(pipe: Connection, url: str, limits: Policy) -> None:
    """Answer jobs in their order until the pipe ends."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a signal to the whole group is for the daemon to obey
        signal.signal(number, signal.SIG_IGN)
    jobs: SimpleQueue[Job] = SimpleQueue()
    Thread(target=_receive, args=(pipe, jobs), daemon=True).start()
    store = Store.open(url)
    running = load_running(store, limits, None)
    gc.freeze()
    gc.disable()
    try:
        _send(pipe, None)
        while True:
            job = jobs.get()
            running = _newest(store, running, job.serial, limits)
            _send(pipe, Answer(job.number, _decided(store, running, job)))
            gc.collect()  # after the page's objects are gone, for the few that exceptions left in cycles
    except OSError:  # nobody listens any more
        os._exit(0)


def _receive(pipe: Connection, jobs: SimpleQueue[Job]) -> None:
    """In a thread of its own: the writer never waits for us to take a job, and its end is noticed at once."""
    try:
        while True:
            jobs.put(unpack_job(pipe.recv_bytes()))
    except (EOFError, OSError):
        os._exit(0)


def _send(pipe: Connection, answer: Answer | None) -> None:
    """None says that this process is ready."""
    pipe.send_bytes(pack(answer))


def _newest(store: Store, running: Running, serial: int, limits: Policy) -> Running:
    return running if running.serial == serial else load_running(store, limits, None, running)


def _decided(store: Store, running: Running, job: Job) -> Decided | None:
    """A database that does not answer is the writer's trouble: it asks the same question and tells of it."""
    if running.serial != job.serial:
        return None
    try:
        return decide(store, running, job.keys, job.now)
    except JourneysError as error:
        log.warning("a page is left to the writer: %s", error.message)
        return None
