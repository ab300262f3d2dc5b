"""Turns: codes are taken and contacts dealt out by one page after the other, so that none is given twice.

One lock for both: a contact may come to a code before it is dealt, and another to its dealing before its
code, so two pages with a lock for each would wait for each other.
"""

from __future__ import annotations

from engine.store.link import Link

#: Any number, the same in every process.
_TURN = 7_044_002


def take(link: Link) -> None:
    """From here to the end of the transaction it is ours; on SQLite it is anyway, as the only writer's."""
    if link.is_postgres:
        link.run("SELECT pg_advisory_xact_lock(?)", _TURN)
