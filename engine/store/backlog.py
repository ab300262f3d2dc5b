"""The backlog: what should have happened by now and what is still to leave, for whoever watches the daemon.

Asked every few seconds by a machine, so it reads indexes that hold nothing but work that waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.store.link import Link
from engine.store.positions import next_due

#: Each narrows to a partial index; together they are every state that somebody may have to look at.
_WAITING = (
    "next_try_at IS NOT NULL",
    "claimed_by IS NOT NULL",
    "state IN ('failed', 'bounced', 'unsure') AND state <> 'bounced'",
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """`due_since`: when the oldest timer that is overdue fell due. `messages` by channel and state."""

    due_since: datetime | None
    messages: dict[tuple[str, str], int]


def load(link: Link, now: datetime) -> Backlog:
    """As of now."""
    oldest = next_due(link)
    messages: dict[tuple[str, str], int] = {}
    for narrow in _WAITING:
        sql = f"SELECT channel, state, count(*) FROM message WHERE {narrow} GROUP BY channel, state"
        messages |= {(channel, state): int(count) for channel, state, count in link.rows(sql)}
    return Backlog(oldest if oldest is not None and oldest <= now else None, messages)
