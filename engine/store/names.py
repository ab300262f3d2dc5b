"""Words that repeat on millions of rows are stored once; rows hold their number.

The cache is shared by the threads of a process. What a transaction adds is taken back when it fails.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import StoreError
from engine.store.link import Link


class UnnumberedError(StoreError):
    """A word that no row has held yet; only a transaction that writes gives out its number."""


class Numbers(dict[str, int]):
    """The number of each text that has one."""

    def __missing__(self, text: str) -> int:
        raise UnnumberedError(f"`{text}` has no number in this database yet.", "Let a writer do the page.")


class Names:
    """Both directions, in memory; there are as many names as there are journeys, versions and steps."""

    def __init__(self) -> None:
        self._ids = Numbers()
        self._texts: dict[int, str] = {}

    def ids(self, link: Link, texts: Iterable[str]) -> Numbers:
        """The number of each text, given out now if it is new. Inside a writing transaction only."""
        wanted = set(texts)
        known = self._ids
        if not wanted <= known.keys():
            known = self._load(link)[0]
        missing = sorted(wanted - known.keys())
        for text in missing:  # sorted, so that two workers wait for each other rather than deadlock
            link.run("INSERT INTO name (text) VALUES (?) ON CONFLICT (text) DO NOTHING", text)
        return self._load(link)[0] if missing else known

    def known(self, link: Link) -> Numbers:
        """The number of each text that has one, as of this transaction, which may be one that only reads.

        Whoever asks it for another is told so: UnnumberedError.
        """
        self.texts(link)
        return self._ids

    def find(self, link: Link, text: str) -> int:
        """The number of a text, or -1, which no row holds."""
        known = self._ids if text in self._ids else self._load(link)[0]
        return known.get(text, -1)

    def texts(self, link: Link) -> dict[int, str]:
        """All names by number, as of this transaction; ask once per load, before reading rows."""
        known = self._texts
        is_complete = link.value("SELECT count(*) FROM name") == len(known)
        return known if is_complete else self._load(link)[1]

    def forget(self) -> None:
        """After a rollback: what was added may not exist."""
        self._ids, self._texts = Numbers(), {}

    def _load(self, link: Link) -> tuple[Numbers, dict[int, str]]:
        rows = link.rows("SELECT id, text FROM name")
        self._texts = dict(rows)
        self._ids = Numbers((text, number) for number, text in rows)
        return self._ids, self._texts
