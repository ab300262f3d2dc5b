"""Items from outside that could not be taken, kept with their reason, so that the sender can be mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.store.instants import instant, micros
from engine.store.link import Link, inserting
from engine.store.texts import cell

#: So many are kept, the newest; a sender that is wrong all day must not fill the disk.
KEPT = 10_000

_INSERT = inserting("rejected_item", {"at": "bigint", "source": "text", "reason": "text", "text": "text"})


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """`text` is the beginning of what came."""

    at: datetime
    source: str
    reason: str
    text: str


def keep(link: Link, rejects: Sequence[tuple[str, str]], source: str, now: datetime) -> None:
    """Pairs of reason and text."""
    if not rejects:
        return
    link.run_many(_INSERT, [(micros(now), source, cell(reason), cell(text)) for reason, text in rejects])
    link.run("DELETE FROM rejected_item WHERE id <= (SELECT max(id) FROM rejected_item) - ?", KEPT)


def load(link: Link, limit: int) -> list[RejectedItem]:
    """The newest first."""
    sql = "SELECT at, source, reason, text FROM rejected_item ORDER BY id DESC LIMIT ?"
    return [RejectedItem(instant(at), *rest) for at, *rest in link.rows(sql, limit)]


def count(link: Link) -> int:
    """How many are kept."""
    return int(link.value("SELECT count(*) FROM rejected_item"))
