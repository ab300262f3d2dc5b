"""The loop of what comes back: mails are fetched, taken in a transaction, and then moved out of the way.

A crash in between takes them again, which changes nothing. What cannot be read is set aside with its reason
and holds nobody up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from engine.errors import JourneysError, ReadError, RefusedError, UsageError
from engine.intake.mail_files import MailFile
from engine.service.returning import Apart, Trust, take_apart, take_returned
from engine.service.running import Running
from engine.store.database import Store

log = logging.getLogger(__name__)

#: Mails of one round, and of one transaction.
_ROUND, _PAGE = 500, 20

_Read = tuple[MailFile, Apart]


class MailSource(Protocol):
    """Where mails come back to; everything is asked between `begin` and `end`."""

    @property
    def every(self) -> timedelta:
        """How long to wait before looking again."""

    @property
    def name(self) -> str:
        """For the log."""

    def begin(self) -> None:
        """Open what must be open."""

    def waiting(self, limit: int) -> Iterator[MailFile]:
        """Mails that have not been taken."""

    def done(self, mail: MailFile) -> None:
        """It is on record."""

    def set_aside(self, mail: MailFile) -> None:
        """It cannot be read."""

    def end(self) -> None:
        """Close it again; never raises."""


@dataclass(slots=True)
class Returns:
    """`once` looks at each source whose time has come; how many mails were there."""

    store: Store
    running: Callable[[], Running]
    sources: tuple[MailSource, ...]
    trust: Trust
    _looked_at: dict[int, datetime] = field(default_factory=dict)
    _trouble: dict[int, str] = field(default_factory=dict)  # what was said last, by source

    def once(self, now: datetime) -> int:
        """Raises what the database does. A source that does not answer is said, and holds nobody up."""
        due = [number for number in range(len(self.sources)) if self._is_due(number, now)]
        return sum(self._try(number, now) for number in due)

    def _try(self, number: int, now: datetime) -> int:
        try:
            count = self._look(number, now)
        except (RefusedError, UsageError) as error:
            words = f"{error.message}. {error.help}"
            log.log(logging.DEBUG if self._trouble.get(number) == words else logging.ERROR, "%s", words)
            self._trouble[number] = words
            return 0
        if self._trouble.pop(number, None) is not None:
            log.warning("%s: works again", self.sources[number].name)
        return count

    def _is_due(self, number: int, now: datetime) -> bool:
        last = self._looked_at.get(number)
        return last is None or not last <= now < last + self.sources[number].every

    def _look(self, number: int, now: datetime) -> int:
        source, count = self.sources[number], 0
        self._looked_at[number] = now
        source.begin()
        try:
            page: list[_Read] = []
            for mail in source.waiting(_ROUND):
                count += 1
                page += self._read(source, mail, now)
                if len(page) == _PAGE:
                    self._take(source, page, now)
                    page = []
            self._take(source, page, now)
        finally:
            source.end()
        return count

    def _read(self, source: MailSource, mail: MailFile, now: datetime) -> list[_Read]:
        """The mail taken apart, or nothing where it cannot be."""
        try:
            return [(mail, take_apart(mail.raw, self.trust.paths))]
        except ReadError as error:
            self._set_aside(source, mail, f"{error.message}. {error.help}", now)
        except Exception as error:  # a mistake of ours must not hold up the other mails
            log.error("%s: %s: %s", source.name, mail.name, error, exc_info=error)
            self._set_aside(source, mail, f"it cannot be understood ({type(error).__name__})", now)
        return []

    def _take(self, source: MailSource, page: list[_Read], now: datetime) -> None:
        """All in one transaction; if that breaks, each by itself, so that nobody fails for another's sake."""
        if not page:
            return
        try:
            told = [apart for _, apart in page]
            counts = take_returned(self.store, self.running(), told, self.trust, now)
        except JourneysError:
            raise
        except Exception as error:
            if len(page) > 1:
                for one in page:
                    self._take(source, [one], now)
                return
            log.error("%s: %s: %s", source.name, page[0][0].name, error, exc_info=error)
            self._set_aside(source, page[0][0], f"it cannot be taken ({type(error).__name__})", now)
            return
        for mail, _ in page:
            source.done(mail)
        log.info("%s: %s", source.name, ", ".join(f"{count} {what}" for what, count in counts.items()))

    def _set_aside(self, source: MailSource, mail: MailFile, reason: str, now: datetime) -> None:
        log.warning("%s: %s is set aside: %s", source.name, mail.name, reason)
        with self.store.page("rejects") as page:
            page.keep_rejected([(reason, f"{source.name}: {mail.name}")], "bounces", now)
        source.set_aside(mail)
