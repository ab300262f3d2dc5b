"""Failures: what did not leave, grouped by cause, and taken up again by one command.

Causes are alike when they differ only in whom they name: addresses and numbers in the words of a server are
left out before they are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2s

from engine.errors import RefusedError
from engine.model.message import State
from engine.service.running import Running
from engine.store.database import Store
from engine.store.failures import ByHand, Cause, Trouble

_ADDRESS = re.compile(r"<?[^\s<>:;,()\"']+@[^\s<>:;,()\"']+>?")
#: What differs from message to message: longer words with a digit in them, and figures behind the code.
_NUMBER = re.compile(r"\b(?=\w*\d)\w{5,}\b")
_CODE = re.compile(r"[2-5]\d\d(?:[ -]\d\.\d{1,3}\.\d{1,3})?")

#: What to do about it, by state or reason.
_ADVICE = {
    "render_failed": "Mend the message, `journeys apply`, then retry: the newest version is taken.",
    "gave_up": "The other side put it off for four days. Retry once it takes mail from you again.",
    "bounced": "Refused for good. Retry only if it is about you (a block list), not about the person.",
    "unsure": "The other side may have it: `journeys messages resend`, or `journeys messages mark-sent`.",
    "deferred": "It is tried again by itself; a retry does so at once.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Messages of one cause. `message`: the id of the newest, to look at."""

    id: str
    journey: str
    step: str
    channel: str
    state: State
    reason: str | None
    words: str
    count: int
    first_at: datetime
    last_at: datetime
    message: int

    @property
    def advice(self) -> str:
        """What to do, in one line."""
        return _ADVICE.get(self.reason or "") or _ADVICE.get(self.state, "See the words of the other side.")


def find_failures(store: Store) -> list[Failure]:
    """Every group, the largest first."""
    groups: dict[str, Failure] = {}
    for trouble in store.troubles():
        found = _failure(trouble)
        known = groups.get(found.id)
        groups[found.id] = found if known is None else _together(known, found)
    return sorted(groups.values(), key=lambda failure: (-failure.count, failure.id))


def _failure(trouble: Trouble) -> Failure:
    cause = trouble.cause
    return Failure(
        _id(cause),
        cause.journey,
        cause.step,
        cause.channel,
        cause.state,
        cause.reason,
        _alike(cause.reply or ""),
        trouble.count,
        trouble.first_at,
        trouble.last_at,
        trouble.message,
    )


def _together(one: Failure, other: Failure) -> Failure:
    return Failure(
        one.id,
        one.journey,
        one.step,
        one.channel,
        one.state,
        one.reason,
        one.words,
        one.count + other.count,
        min(one.first_at, other.first_at),
        max(one.last_at, other.last_at),
        max(one.message, other.message),
    )


@lru_cache(maxsize=4096)
def _id(cause: Cause) -> str:
    """Six signs that people can type; the same cause has the same ones tomorrow."""
    words = "\0".join(str(part) for part in (*cause[:-1], _alike(cause.reply or "")))
    return blake2s(words.encode("utf-8", "replace"), digest_size=3).hexdigest()


def _alike(reply: str) -> str:
    code = _CODE.match(reply)
    end = 0 if code is None else code.end()
    return reply[:end] + _NUMBER.sub("…", _ADDRESS.sub("<address>", reply[end:]))


# --- by hand ------------------------------------------------------------------------------------


def retry(
    store: Store, running: Running, groups: Collection[str] | None, by: str, now: datetime
) -> dict[str, int]:
    """Try all messages of some groups, or with None of all, again now. How many, by group.

    What is `unsure` is not retried: whether the other side has it is for people to decide. RefusedError for a
    group that is not there.
    """
    known = {failure.id: failure for failure in find_failures(store)}
    for id in groups or ():
        _require_retriable(id, known)
    wanted = {
        id for id, failure in known.items() if failure.state != "unsure" and (groups is None or id in groups)
    }
    done: dict[str, int] = {}
    for page in store.troubled():
        chosen = {id: cause for id, cause in page if _id(cause) in wanted}
        for message in _retried(store, running, chosen.keys(), by, now):
            group = _id(chosen[message])
            done[group] = done.get(group, 0) + 1
    return done


def _require_retriable(id: str, known: dict[str, Failure]) -> None:
    failure = known.get(id)
    if failure is None:
        raise RefusedError(f"there is no failure `{id}` now", "`journeys failures` lists what there is.")
    if failure.state == "unsure":
        raise RefusedError(f"`{id}` may have arrived, so it is not retried", failure.advice)


def retry_messages(store: Store, running: Running, ids: Collection[int], by: str, now: datetime) -> int:
    """Single messages; how many were in a state in which they are retried."""
    return len(_retried(store, running, ids, by, now))


def _retried(store: Store, running: Running, ids: Collection[int], by: str, now: datetime) -> list[int]:
    """They are made by the version that runs now: what could not be made must not fail for the old words."""
    act = ByHand(("failed", "bounced", "deferred"), "ready", f"tried again by {by}")
    with store.page("by_hand") as page:
        changed = page.decide_messages(ids, act, now)
        by_version: dict[str, list[int]] = {}
        for id, journey, step in changed:
            version = running.current.get(journey)
            if version is not None and step in version.templates:
                by_version.setdefault(version.journey.version, []).append(id)
        for hash, its in by_version.items():
            page.renew_messages(its, hash)
    return [id for id, _, _ in changed]


def resend(store: Store, ids: Collection[int], by: str, now: datetime) -> int:
    """Messages that may have arrived go out once more, under the same Message-ID; how many."""
    act = ByHand(("unsure",), "ready", f"sent again by {by}, though it may have arrived", may_be_double=True)
    return _decided(store, ids, act, now)


def mark_sent(store: Store, ids: Collection[int], by: str, now: datetime) -> int:
    """Messages that may have arrived count as sent; how many."""
    return _decided(store, ids, ByHand(("unsure",), "sent", f"taken for sent by {by}"), now)


def unsure_ids(store: Store, journey: str | None) -> list[int]:
    """All messages that may have arrived, of one journey or of all."""
    return [
        id
        for page in store.troubled()
        for id, cause in page
        if cause.state == "unsure" and journey in (None, cause.journey)
    ]


def _decided(store: Store, ids: Iterable[int], act: ByHand, now: datetime) -> int:
    with store.page("by_hand") as page:
        return len(page.decide_messages(list(ids), act, now))


#: What a command does to messages.
Act = Callable[[Store, Collection[int], str, datetime], int]
