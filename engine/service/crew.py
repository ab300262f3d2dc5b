"""The crew: processes that decide pages while the one writer writes them.

They start with the first burst and stay; until all are ready, and again once one of them has died, the writer
does everything by itself.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from engine.model.policy import Policy
from engine.service.decide import (
    Answer,
    Decided,
    Job,
    collector_at_rest,
    pack,
    serve,
    unpack_answer,
)

log = logging.getLogger(__name__)

#: One writer keeps no more of them busy.
_MOST = 3
#: Pages that each of them has in hand, so that it has work while its last answer is written.
_DEPTH = 2
#: Seconds after which one that says nothing counts as dead; a page takes a fifth of one.
_PATIENCE = 60.0


@dataclass(slots=True)
class Member:
    """One process, and our end of its pipe."""

    process: BaseProcess
    pipe: Connection
    is_ready: bool = False


@dataclass(slots=True)
class Crew:
    """For one database. `size` 0 is no crew: the writer is alone."""

    url: str
    limits: Policy
    size: int = field(default_factory=lambda: size_for(cores()))
    members: list[Member] = field(default_factory=list)  # none before the first burst
    _numbers: Iterator[int] = field(default_factory=count)
    _is_over: bool = False

    # --- begin and end ---

    def call(self, patience: float = 0.0) -> bool:
        """Start them if they are not there; True once all are ready. `patience`: seconds to wait for each."""
        if self._is_over or self.size < 1:
            return False
        try:
            if not self.members:
                self.members = [self._start() for _ in range(self.size)]
            return all(_is_ready(member, patience) for member in self.members)
        except (OSError, EOFError) as error:
            self._give_up(error)
            return False

    def _start(self) -> Member:
        """Spawned, not forked: the daemon has threads. They are told nothing of each other's pipes."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, self.url, self.limits), daemon=True, name="decide"
        )
        process.start()
        theirs.close()
        return Member(process, ours)

    def _give_up(self, error: BaseException) -> None:
        words = str(error) or "it ended"
        log.error("a process that decides pages is lost (%s); from now on the writer works alone", words)
        self._is_over = True
        self.close()

    def close(self) -> None:
        """Let them go: at the end of its pipe each ends by itself."""
        members, self.members = self.members, []
        for member in members:
            member.pipe.close()
        for member in members:
            member.process.join(5)
            if member.process.is_alive():
                member.process.kill()
                member.process.join()

    # --- work ---

    def decide(
        self, serial: int, pages: Sequence[list[int]], now: datetime
    ) -> Iterator[tuple[list[int], Decided | None]]:
        """Each page in its order with what was decided; None for one that the writer is to do by itself."""
        jobs = [Job(next(self._numbers), serial, keys, now) for keys in pages]
        begun = 0
        for done, job in enumerate(jobs):
            for position in range(begun, min(done + _DEPTH * len(self.members), len(jobs))):
                self._hand_out(position, jobs[position])
                begun = position + 1
            yield job.keys, self._collect(done, job)

    def _hand_out(self, position: int, job: Job) -> None:
        """In turn, so that answers are awaited in the order of pages."""
        if not self.members:
            return
        try:
            self._of(position).pipe.send_bytes(pack(job))
        except OSError as error:
            self._give_up(error)

    def _collect(self, position: int, job: Job) -> Decided | None:
        if not self.members:
            return None
        try:
            return _answer(self._of(position), job.number).decided
        except (OSError, EOFError) as error:
            self._give_up(error)
            return None

    def _of(self, position: int) -> Member:
        return self.members[position % len(self.members)]


def _is_ready(member: Member, patience: float) -> bool:
    if not member.is_ready and member.pipe.poll(patience):
        member.pipe.recv_bytes()
        member.is_ready = True
    return member.is_ready


def _answer(member: Member, number: int) -> Answer:
    """Answers to what a walk asked that was broken off are passed over."""
    while True:
        if not member.pipe.poll(_PATIENCE):
            raise TimeoutError(f"it said nothing for {_PATIENCE:.0f} seconds")
        with collector_at_rest():
            answer = unpack_answer(member.pipe.recv_bytes())
        if answer is not None and answer.number == number:
            return answer


def cores() -> int:
    """Those that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def size_for(cores: int) -> int:
    """As many as there are cores, since the writer mostly waits for them; none on a single one."""
    return min(cores, _MOST) if cores > 1 else 0
