"""Every setting of config.yaml: its place, and how its value is read. One line here is one setting."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine.calendar.durations import read_duration
from engine.errors import ReadError
from engine.model.channels import CHANNELS
from engine.model.spelling import did_you_mean
from engine.service.return_paths import has_room

_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True, slots=True)
class Setting:
    """`read` takes the text as written and raises ReadError. A secret must not stand in the file itself."""

    path: tuple[str, ...]
    read: Callable[[str], Any]
    is_secret: bool = False

    @property
    def name(self) -> str:
        """As people say it: smtp.port."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment variable that overrides it: JOURNEYS_SMTP__PORT."""
        return "JOURNEYS_" + "__".join(self.path).upper()


def a_text(written: str) -> str:
    """Any text."""
    return written


def a_whole_number(written: str) -> int:
    """587."""
    if not re.fullmatch(r"[0-9]{1,9}", written):
        raise ReadError(f"`{written}` is no whole number", "Write digits only, such as 587.")
    return int(written)


def one_of(*words: str) -> Callable[[str], str]:
    """One of a few words."""

    def read(written: str) -> str:
        if written not in words:
            listed = " or ".join(f"`{word}`" for word in words)
            raise ReadError(
                f"`{written}` cannot stand here.{did_you_mean(written, words)}", f"Write {listed}."
            )
        return written

    return read


def a_length(written: str) -> timedelta:
    """`72 hours`, `3 days`; a limit is exact, so a day is 24 hours and months are refused."""
    duration = read_duration(written)
    if duration.months:
        raise ReadError(f"`{written}` is not always equally long", "Count in days: `30 days`.")
    return timedelta(days=duration.days, seconds=duration.seconds)


def a_share(written: str) -> float:
    """`5 %`, `0.3%`: more than nothing, and not more than all."""
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%", written)
    if found is None or not 0 < float(found[1]) <= 100:
        raise ReadError(f"`{written}` is no percentage", "Write for example `5 %` or `0.3 %`.")
    return float(found[1]) / 100


def a_mailto(written: str) -> str:
    """A bare address, with or without `mailto:` before it."""
    address = written.removeprefix("mailto:")
    if not _ADDRESS.fullmatch(address):
        raise ReadError(f"`{written}` is no mail address", "Write for example unsubscribe@shop.example.")
    return address


def a_return_path(written: str) -> str:
    """bounces@shop.example, with room for a token behind it."""
    if not _ADDRESS.fullmatch(written):
        raise ReadError(f"`{written}` is no mail address", "Write for example bounces@shop.example.")
    if not has_room(written):
        raise ReadError(
            f"`{written}` is too long: a token of 25 characters is put before the @",
            "Choose a shorter name, such as bounces@shop.example.",
        )
    return written


def yes_or_no(written: str) -> bool:
    """true or false."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    if written.lower() not in words:
        raise ReadError(f"`{written}` is neither yes nor no", "Write `true` or `false`.")
    return words[written.lower()]


def a_color(written: str) -> str:
    """#1f4fd8, as in CSS."""
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", written):
        raise ReadError(f"`{written}` is no colour", 'Write for example "#1f4fd8".')
    return written.lower()


def an_address(written: str) -> str:
    """https://mail.shop.example; plain http only to this machine, to try it out."""
    if not re.fullmatch(r"(https://[^/\s?#]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/[^\s?#]*)?", written):
        raise ReadError(f"`{written}` is no https address", "Write for example https://mail.shop.example.")
    return written


def a_database(written: str) -> str:
    """A file of SQLite, or a PostgreSQL server. The value is not repeated: it may hold a password."""
    if not written.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ReadError(
            "this is no address of a database",
            "Write `sqlite:///journeys.db` or `postgresql://user@host/database`.",
        )
    return written


SETTINGS: tuple[Setting, ...] = (
    Setting(("database",), a_database),
    Setting(("delivery", "email"), one_of("capture", "smtp")),
    *(
        Setting(("delivery", channel), one_of("capture", "http"))
        for channel in CHANNELS
        if channel != "email"
    ),
    Setting(("delivery", "capture_dir"), a_text),
    Setting(("smtp", "host"), a_text),
    Setting(("smtp", "port"), a_whole_number),
    Setting(("smtp", "user"), a_text),
    Setting(("smtp", "password"), a_text, is_secret=True),
    Setting(("smtp", "tls"), one_of("required", "implicit", "none")),
    Setting(("smtp", "connections"), a_whole_number),
    Setting(("limits", "late_after"), a_length),
    Setting(("limits", "misfire_grace"), a_length),
    Setting(("limits", "max_lateness"), a_length),
    Setting(("limits", "retry_within"), a_length),
    Setting(("limits", "keep_trace"), a_length),
    Setting(("alarms", "bounces"), a_share),
    Setting(("alarms", "complaints"), a_share),
    Setting(("alarms", "at_least"), a_whole_number),
    Setting(("alarms", "within"), a_length),
    Setting(("alarms", "late"), a_length),
    Setting(("bounces", "return_path"), a_return_path),
    Setting(("bounces", "by_address"), yes_or_no),
    Setting(("bounces", "maildir"), a_text),
    Setting(("bounces", "imap", "host"), a_text),
    Setting(("bounces", "imap", "port"), a_whole_number),
    Setting(("bounces", "imap", "user"), a_text),
    Setting(("bounces", "imap", "password"), a_text, is_secret=True),
    Setting(("bounces", "imap", "tls"), one_of("implicit", "required", "none")),
    Setting(("bounces", "imap", "folder"), a_text),
    Setting(("http", "host"), a_text),
    Setting(("http", "port"), a_whole_number),
    Setting(("http", "public_url"), an_address),
    Setting(("pages", "name"), a_text),
    Setting(("pages", "color"), a_color),
    Setting(("pages", "logo"), a_text),
    Setting(("pages", "self_service"), yes_or_no),
    Setting(("unsubscribe_mailto",), a_mailto),
    Setting(("on_unsure",), one_of("resend", "hold")),
)

SECTIONS = frozenset(setting.path[0] for setting in SETTINGS if len(setting.path) > 1)
