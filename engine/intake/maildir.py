"""A maildir as a way in: what lies in new is taken, and moves to cur once it is on record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from engine.errors import UsageError
from engine.intake.mail_files import MailFile
from engine.intake.returned_mail import LARGEST

log = logging.getLogger(__name__)

#: What cannot be read goes into this folder of the maildir, where a mail program shows it.
_ASIDE = ".unreadable"


@dataclass(frozen=True, slots=True)
class Maildir:
    """`folder` holds new, cur and tmp. A mail that disappears meanwhile was somebody else's."""

    folder: Path
    every: timedelta = timedelta(seconds=10)

    @property
    def name(self) -> str:
        """For the log."""
        return str(self.folder)

    def begin(self) -> None:
        """Nothing to open."""

    def end(self) -> None:
        """Nothing to close."""

    def waiting(self, limit: int) -> Iterator[MailFile]:
        """The oldest of what has not been taken; the name of each is that of its file in new."""
        new = self.folder / "new"
        try:
            files = sorted(file for file in new.iterdir() if file.is_file())
        except OSError as error:
            raise UsageError(
                f"bounces.maildir: {new} cannot be read: {error.strerror}",
                "Name a maildir (with new and cur) that the user of the daemon may read and write.",
            ) from None
        for file in islice(files, limit):
            try:
                with file.open("rb") as opened:
                    yield MailFile(file.name, opened.read(LARGEST + 1))
            except FileNotFoundError:
                continue
            except OSError as error:
                log.error("%s cannot be read (%s); it stays where it is", file, error.strerror)

    def done(self, mail: MailFile) -> None:
        """It is on record: from now on it counts as seen."""
        self._move(mail, self.folder / "cur", ":2,S")

    def set_aside(self, mail: MailFile) -> None:
        """It cannot be read by us, and waits for people."""
        aside = self.folder / _ASIDE
        for part in ("new", "cur", "tmp"):
            (aside / part).mkdir(parents=True, exist_ok=True)
        self._move(mail, aside / "new", "")

    def _move(self, mail: MailFile, to: Path, flags: str) -> None:
        to.mkdir(exist_ok=True)
        try:
            (self.folder / "new" / mail.name).rename(to / f"{mail.name.partition(':')[0]}{flags}")
        except FileNotFoundError:
            log.info("%s in %s was moved by somebody else", mail.name, self.folder)
