"""One state of the database, read from end to end in pages: for exports. Work goes on beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec import structs

from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.suppression import Suppression
from engine.store import consents, contacts, events, outbox, suppressions
from engine.store.link import Link
from engine.store.names import Names
from engine.store.outbox import OutboxItem

T = TypeVar("T")

#: Rows in memory at once.
_PAGE = 2_000


class Extract:
    """Handed out by `Store.extract()`. Things come in the order in which they were first stored.

    `after` is the number of the thing that came last, so that an export that broke off can go on.
    """

    def __init__(self, link: Link, names: Names) -> None:
        self._link = link
        self._names = names

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self._link.value(f"SELECT count(*) FROM {table}"))

    def contacts(self, after: int = 0) -> Iterator[Contact]:
        """All contacts."""
        return _each(lambda last: contacts.load_after(self._link, last, _PAGE), after)

    def told_contacts(self, after: int = 0) -> Iterator[Contact]:
        """All contacts, with what shows that their yes was one: as they would be told again."""

        def load(last: int) -> list[tuple[int, Contact]]:
            page = contacts.load_after(self._link, last, _PAGE)
            proofs = consents.load_proofs(self._link, dict(page))
            return [(key, structs.replace(one, proof=proofs.get(key))) for key, one in page]

        return _each(load, after)

    def suppressions(self) -> Iterator[Suppression]:
        """The suppression list; of erased people it has no address."""
        after = ("", "")
        while page := suppressions.load(self._link, after, _PAGE):
            yield from (one for _, one in page)
            after = page[-1][0]

    def events(self, after: int = 0) -> Iterator[Event]:
        """The whole history, also what was said of contacts, under its own name."""
        return _each(lambda last: events.load_after(self._link, last, _PAGE), after)

    def messages(self, after: int = 0) -> Iterator[OutboxItem]:
        """The outbox, whatever became of it."""
        texts = self._names.texts(self._link)
        return _each(lambda last: outbox.load_after(self._link, texts, last, _PAGE), after)

    def number_of_contact(self, id: str) -> int | None:
        """None for one that is not there."""
        return contacts.find_keys(self._link, [id]).get(id)

    def number_of_event(self, message_id: str) -> int | None:
        """None for one that is not there."""
        found = self._link.value("SELECT id FROM event WHERE message_id = ?", message_id)
        return None if found is None else int(found)


def _each(load: Callable[[int], list[tuple[int, T]]], after: int) -> Iterator[T]:
    while page := load(after):
        yield from (one for _, one in page)
        after = page[-1][0]
