"""Whom contacts were dealt to: one page after the other deals, so that no turn is given twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from engine.core.case import Case
from engine.store import turn
from engine.store.link import Link, inserting
from engine.store.names import Names

_UPSERT = inserting(
    "assignment",
    {"journey": "integer", "step": "integer", "contact": "bigint", "name": "text"},
    "ON CONFLICT (journey, step, contact) DO UPDATE SET name = excluded.name",
)

#: What was given and is still held: the contact's attribute says so now.
_HELD = "FROM assignment a CROSS JOIN contact c WHERE c.key = a.contact AND a.journey = ? AND a.step = ?"


class Dealing:
    """The dealer of one page. It reads when it is first asked; most pages deal nothing.

    Turns are a counter of the step (`dealt`), saved with all others; what was given is saved with its case.
    """

    def __init__(self, link: Link, names: Names) -> None:
        self._link = link
        self._names = names
        self._is_locked = False
        self._turns: dict[tuple[str, str], int] = {}
        self._loads: dict[tuple[str, str], Counter[str]] = {}
        self._given: dict[tuple[str, str, int], str | None] = {}  # what each contact asked about holds

    def take_turn(self, journey: str, step: str) -> int:
        """How many were dealt here before, by this page too."""
        if (journey, step) not in self._turns:
            self._lock()
            sql = "SELECT n FROM counter WHERE journey = ? AND step = ? AND what = 'dealt'"
            self._turns[journey, step] = self._link.value(sql, *self._ids(journey, step)) or 0
        self._turns[journey, step] += 1
        return self._turns[journey, step] - 1

    def loads(self, case: Case, journey: str, step: str, attribute: tuple[str, ...]) -> Mapping[str, int]:
        """How many other contacts, dealt here before, each one still has.

        Of contacts that became different in this page without being dealt, it is what was before.
        """
        if (journey, step) not in self._loads:
            self._lock()
            sql = f"SELECT a.name, count(*) {_HELD} AND {self._value()} = a.name GROUP BY a.name"
            rows = self._link.rows(sql, *self._ids(journey, step), self._path(attribute))
            self._loads[journey, step] = Counter(dict(rows))
        if (journey, step, case.key) not in self._given:
            sql = f"SELECT a.name {_HELD} AND {self._value()} = a.name AND a.contact = ?"
            held = self._link.value(sql, *self._ids(journey, step), self._path(attribute), case.key)
            self._given[journey, step, case.key] = held
        own = self._given[journey, step, case.key]
        loads = self._loads[journey, step]
        return loads if own is None else loads - Counter({own: 1})

    def give(self, case: Case, journey: str, step: str, name: str) -> None:
        """Counted for whoever is dealt next in this page."""
        before = self._given.get((journey, step, case.key))
        if before is not None:
            self._loads[journey, step][before] -= 1
        self._loads[journey, step][name] += 1
        self._given[journey, step, case.key] = name

    def _ids(self, journey: str, step: str) -> tuple[int, int]:
        return self._names.find(self._link, journey), self._names.find(self._link, step)

    def _lock(self) -> None:
        """On SQLite the page is the only writer. Taken before all that is locked at the end of a page."""
        if not self._is_locked:
            turn.take(self._link)
        self._is_locked = True

    def _value(self) -> str:
        return "c.attributes::jsonb #>> ?" if self._link.is_postgres else "json_extract(c.attributes, ?)"

    def _path(self, attribute: tuple[str, ...]) -> list[str] | str:
        if self._link.is_postgres:
            return list(attribute[1:])
        return "$" + "".join(f'."{part}"' for part in attribute[1:])


def save(link: Link, names: Names, cases: Sequence[Case]) -> None:
    """Who was given to whom; of a contact that was dealt twice the last."""
    given = {(journey, step, case.key): name for case in cases for journey, step, name in case.dealt}
    if given:
        ids = names.ids(link, {word for journey, step, _ in given for word in (journey, step)})
        rows = [(ids[journey], ids[step], key, name) for (journey, step, key), name in given.items()]
        link.run_many(_UPSERT, sorted(rows))
